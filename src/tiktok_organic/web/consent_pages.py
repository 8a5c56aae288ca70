"""The first step: off to TikTok's consent page and back, or the pasted address; for new connections and old ones."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tiktok_organic.actions import connect as connecting
from tiktok_organic.actions import consent as consenting
from tiktok_organic.actions.drafts import Draft, forget_draft, read_draft, write_draft
from tiktok_organic.app import Portal
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.sessions import hashed
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.guard import Editor, session_token
from tiktok_organic.web.problems import status_of
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.steps import step_page, told

__all__ = ["landed", "router"]

router = APIRouter(include_in_schema=False)


@router.get("/connect")
def authorize_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    return _authorize_page(site, request, read_draft(site.app, person.id), None)


@router.get("/connect/authorize")
def authorize(request: Request, person: Editor, demo: str = "", connector: str = "") -> Response:
    """Off to TikTok's consent page. A link, not a form: a form's redirect would have to be allowed to other hosts."""
    site = site_of(request)
    found = site.app.connectors.get(connector) if connector else None
    api_url = found.api_url if found else site.demo.start() if demo else ""
    draft = replace(
        read_draft(site.app, person.id),
        asked_api_url=api_url,
        reconnecting=found.id if found else "",
    )
    address = consenting.begin(site.app, _browser(request), found, _portal(site, request, draft))
    write_draft(site.app, person.id, draft)
    return RedirectResponse(address, 303)


@router.get("/connect/return/")
def landed(request: Request, person: Editor) -> Response:
    """TikTok has sent the person back."""
    return _take(request, person.id, str(request.url))


@router.post("/connect/paste")
def paste(request: Request, person: Editor, form: Sent) -> Response:
    return _take(request, person.id, form.text("address"))


@router.post("/connect/drop")
def drop(request: Request, person: Editor) -> Response:
    site = site_of(request)
    forget_draft(site.app, person.id)
    return site.go("/", said="dropped")


def _take(request: Request, person_id: str, address: str) -> Response:
    """The address that the browser landed on: a consent, or what to do instead."""
    site = site_of(request)
    draft = read_draft(site.app, person_id)
    found: Connector | None = None
    try:
        found = site.app.connectors.get(draft.reconnecting) if draft.reconnecting else None
        consent = consenting.finish(site.app, address, _browser(request))
        if found is not None:
            connecting.reconnect(site.app, found, consent)
            write_draft(site.app, person_id, replace(draft, reconnecting=""))
            return site.go(f"/connectors/{found.id}", said="reconnected")
    except TikTokOrganicError as error:
        if found is not None:
            values = {"connector": found, "error": told(error)}
            return site.page(request, "reconnect.html", values, status_of(error))
        return _authorize_page(site, request, draft, error)
    write_draft(site.app, person_id, Draft(asked_api_url=draft.asked_api_url, consent=consent))
    return site.go("/connect/account")


def _portal(site: Site, request: Request, draft: Draft) -> Portal:
    return site.app.portal(draft.asked_api_url or None, f"{site.base_url(request)}/connect/return/")


def _browser(request: Request) -> str:
    """What a begun consent is bound to: this session of this browser."""
    return f"session:{hashed(session_token(request))}"


def _authorize_page(
    site: Site, request: Request, draft: Draft, error: TikTokOrganicError | None
) -> Response:
    settings = site.app.settings_for("CLIENT_KEY", "CLIENT_SECRET", "REDIRECT_URL")
    values = {
        "configured": bool(
            settings.client_key and settings.client_secret and settings.redirect_url
        ),
        "redirect_url": settings.redirect_url,
        "our_redirect": f"{site.base_url(request)}/connect/return/",
        "scopes": SCOPES,
    }
    return step_page(site, request, 1, draft, values, error)
