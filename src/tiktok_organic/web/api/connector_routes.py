"""Connectors in the API: read, sync, recover, change, pause, resume, remove."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from tiktok_organic.actions.connectors import pause_resume_remove
from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.actions.connectors.connector_events import changed_what, what_of
from tiktok_organic.actions.connectors.edit_connector import edit_connector
from tiktok_organic.actions.data.chart_series import figures_document
from tiktok_organic.actions.data.coverage import coverage
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.actions.runs.order_run import order_run, window_for_recovery
from tiktok_organic.actions.runs.run_document import run_document
from tiktok_organic.connector import Connector as StoredConnector
from tiktok_organic.errors import AlreadyRunning, Refused
from tiktok_organic.store.people.api_tokens import ApiToken
from tiktok_organic.web.api.document_models import (
    Change,
    Connector,
    Coverage,
    Figures,
    Recovery,
    Removed,
    Run,
)
from tiktok_organic.web.api.token_permissions import Manager, Orderer, Reader
from tiktok_organic.web.errors.problems import advice_for
from tiktok_organic.web.request_safety.visitor import record_connector, visitor_of
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(tags=["connectors"])

Id = Annotated[str, Path(description="A connector's id or name.", max_length=300)]
Confirmation = Annotated[
    str,
    Query(description="With `delete_data`: the connector's id or name again.", max_length=300),
]


@router.get("/connectors", response_model=list[Connector], summary="All connectors")
def all_connectors(request: Request, token: Reader) -> Any:
    site = site_of(request)
    last = site.app.runs.last()
    return [connector_document(found, last.get(found.id)) for found in site.app.connectors.all()]


@router.get("/connectors/{connector}", response_model=Connector, summary="One connector")
def one(request: Request, token: Reader, connector: Id) -> Any:
    site = site_of(request)
    return _document(site, site.app.connectors.get(connector))


@router.get(
    "/connectors/{connector}/coverage", response_model=Coverage, summary="The state of every day"
)
def days(request: Request, token: Reader, connector: Id) -> Any:
    site = site_of(request)
    return coverage(site.app, site.app.connectors.get(connector))


@router.get(
    "/connectors/{connector}/figures", response_model=Figures, summary="What the charts show"
)
def figures(request: Request, token: Reader, connector: Id) -> Any:
    site = site_of(request)
    return figures_document(site.app.chart_data, site.app.connectors.get(connector))


@router.get(
    "/connectors/{connector}/runs", response_model=list[Run], summary="Its runs, newest first"
)
def runs(request: Request, token: Reader, connector: Id) -> Any:
    site = site_of(request)
    found = site.app.connectors.get(connector)
    return [run_document(run, advice_for) for run in site.app.runs.newest(found.id, 100)]


@router.post(
    "/connectors/{connector}/sync", response_model=Run, status_code=202, summary="Sync now"
)
def sync(request: Request, token: Orderer, connector: Id) -> Any:
    """Returns at once with the ordered run; read the run to see its result."""
    site = site_of(request)
    found = site.app.connectors.get(connector)
    _refuse_running(site, found)
    return run_document(order_run(site.app, found, window=None, requested_by="person"), advice_for)


@router.post(
    "/connectors/{connector}/recover",
    response_model=Run,
    status_code=202,
    summary="Recover history",
)
def recover(request: Request, token: Orderer, connector: Id, choice: Recovery) -> Any:
    site = site_of(request)
    found = site.app.connectors.get(connector)
    _refuse_running(site, found)
    window = window_for_recovery(
        found, site.app.clock.now().date(), start=choice.start, end=choice.end, days=choice.days
    )
    return run_document(
        order_run(site.app, found, window=window, requested_by="person"), advice_for
    )


@router.patch("/connectors/{connector}", response_model=Connector, summary="Change it")
def change(request: Request, token: Manager, connector: Id, choice: Change) -> Any:
    site = site_of(request)
    found = site.app.connectors.get(connector)
    changed = edit_connector(
        site.app.connectors, found, site.app.clock.now(), **choice.model_dump(exclude_none=True)
    )
    _record(request, token, changed_what(found, changed))
    return _document(site, changed)


@router.post(
    "/connectors/{connector}/pause",
    response_model=Connector,
    summary="No scheduled sync until resumed",
)
def pause(request: Request, token: Manager, connector: Id) -> Any:
    site = site_of(request)
    paused = pause_resume_remove.pause(site.app.connectors, site.app.connectors.get(connector))
    _record(request, token, what_of(paused, "paused"))
    return _document(site, paused)


@router.post(
    "/connectors/{connector}/resume", response_model=Connector, summary="Scheduled syncs again"
)
def resume(request: Request, token: Manager, connector: Id) -> Any:
    site = site_of(request)
    resumed = pause_resume_remove.resume(
        site.app.connectors, site.app.connectors.get(connector), site.app.clock.now()
    )
    _record(request, token, what_of(resumed, "resumed"))
    return _document(site, resumed)


@router.delete("/connectors/{connector}", response_model=Removed, summary="Remove it")
def remove(
    request: Request,
    token: Manager,
    connector: Id,
    delete_data: bool = False,
    confirm: Confirmation = "",
) -> Any:
    """Tables and archive remain, unless `delete_data` is true and `confirm` repeats the connector's
    id or name.
    """
    site = site_of(request)
    found = site.app.connectors.get(connector)
    if delete_data and confirm not in (found.id, found.name):
        raise Refused(
            "deleting data must be confirmed",
            code="not_confirmed",
            confirm=found.id,
        )
    removed = pause_resume_remove.remove(site.app, found, delete_data=delete_data)
    what = f"{found.name} ({found.id}){' with its data' if delete_data else ''} by {token.name}"
    record(site.app, "connector_removed", "success", token.email, visitor_of(request), what)
    return removed


def _record(request: Request, token: ApiToken, what: str) -> None:
    record_connector(request, token.email, what and f"{what} by the token {token.name!r}")


def _document(site: Site, connector: StoredConnector) -> dict[str, Any]:
    return connector_document(connector, site.app.runs.last().get(connector.id))


def _refuse_running(site: Site, connector: StoredConnector) -> None:
    running = next((run for run in site.app.runs.newest(connector.id, 5) if run.unfinished), None)
    if running is not None:
        raise AlreadyRunning(
            f"{connector.name!r} is being synced at this moment (run {running.id})"
        )
