"""The actions on a connector: the buttons of its pages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.connectors import pause_resume_remove
from tiktok_organic.actions.connectors.connector_events import connected_what, what_of
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.actions.runs.order_run import order_run, window_for_recovery
from tiktok_organic.errors import AlreadyRunning, BadValue
from tiktok_organic.sync.window import REACH
from tiktok_organic.web.connect.consent_pages import reconnect_page
from tiktok_organic.web.connectors.connector_head import head
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.visitor import record_connector, visitor_of
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Editor
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.post("/connectors/{connector_id}/sync")
def sync_now(request: Request, person: Editor, connector_id: str) -> Response:
    return _ordered(site_of(request), connector_id, recover=None)


@router.post("/connectors/{connector_id}/recover")
def recover(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:
    return _ordered(site_of(request), connector_id, recover=form)


@router.post("/connectors/{connector_id}/pause")
def pause(request: Request, person: Editor, connector_id: str) -> Response:
    site = site_of(request)
    connector = pause_resume_remove.pause(
        site.app.connectors, site.app.connectors.get(connector_id)
    )
    record_connector(request, person.email, what_of(connector, "paused"))
    return site.go(f"/connectors/{connector.id}", said="paused")


@router.post("/connectors/{connector_id}/resume")
def resume(request: Request, person: Editor, connector_id: str) -> Response:
    site = site_of(request)
    connector = pause_resume_remove.resume(
        site.app.connectors, site.app.connectors.get(connector_id), site.app.clock.now()
    )
    record_connector(request, person.email, what_of(connector, "resumed"))
    return site.go(f"/connectors/{connector.id}", said="resumed")


@router.get("/connectors/{connector_id}/reconnect")
def reconnect(request: Request, person: Editor, connector_id: str) -> Response:
    site = site_of(request)
    return reconnect_page(site, request, site.app.connectors.get(connector_id), None)


@router.get("/connectors/{connector_id}/remove")
def ask_removal(request: Request, person: Editor, connector_id: str) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return site.page(
        request, "remove.html", {**head(site, connector, "settings"), "sure": False, "error": None}
    )


@router.post("/connectors/{connector_id}/remove")
def remove(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:
    """Ask once before removing the connector.

    Ask again, with its name, before deleting its data.
    """
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    erase = form.text("data") == "delete"
    values = {**head(site, connector, "settings"), "sure": erase, "error": None}
    if erase and form.text("typed").strip() != connector.name:
        if form.given("typed") is not None:
            values["error"] = BadValue(
                "name", "it is not this connector's", example=connector.name
            ).message
        return site.page(request, "remove.html", values, 422 if values["error"] else 200)
    pause_resume_remove.remove(site.app, connector, delete_data=erase)
    what = f"{connector.name} ({connector.id}){' with its data' if erase else ''}"
    record(site.app, "connector_removed", "success", person.email, visitor_of(request), what)
    return site.go("/", said="erased" if erase else "removed")


@router.post("/demo")
def demo(request: Request, person: Editor) -> Response:
    """Start the demo with invented data: the simulator, a connector, 60 days of history."""
    site = site_of(request)
    known = {each.id for each in site.app.connectors.all()}
    connector = site.demo.connect()
    if connector.id not in known:
        record_connector(request, person.email, connected_what(connector))
    if not site.app.runs.newest(connector.id, 1):
        order_run(
            site.app,
            connector,
            window=window_for_recovery(connector, site.app.clock.now().date(), days=60),
        )
    return site.go(f"/connectors/{connector.id}/first")


def _ordered(site: Site, connector_id: str, *, recover: Form | None) -> Response:
    connector = site.app.connectors.get(connector_id)
    running = next((r for r in site.app.runs.newest(connector.id, 5) if r.unfinished), None)
    if running is not None:
        return site.go(f"/runs/{running.id}", said="running")
    window = None
    if recover is not None:
        days = recover.number("days", REACH)
        window = window_for_recovery(connector, site.app.clock.now().date(), days=days)
    try:
        run = order_run(site.app, connector, window=window)
    except AlreadyRunning:
        return site.go(f"/connectors/{connector.id}/runs", said="running")
    return site.go(f"/runs/{run.id}")
