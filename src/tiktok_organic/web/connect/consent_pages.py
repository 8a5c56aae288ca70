"""The first step: to TikTok's consent page and back, or the pasted address.

The `state` determines the purpose of an answer: which draft, a new connector or a reconnect, and
which TikTok. So several connections can be in progress at once, in several tabs.
"""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tiktok_organic.actions.connectors import connect as connecting
from tiktok_organic.actions.connectors import consent as consenting
from tiktok_organic.actions.connectors.connector_events import what_of
from tiktok_organic.actions.connectors.drafts import (
    Draft,
    begin_draft,
    discard_draft,
    finish_draft,
    read_draft,
    save_draft,
    unfinished_drafts,
)
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Refused, TikTokOrganicError
from tiktok_organic.store.connectors.consent_states import Purpose
from tiktok_organic.store.people.people import Person
from tiktok_organic.tiktok.consent_address import redirected, state_in
from tiktok_organic.web.connect.authorize_page import authorize_page, browser_binding, ways_back
from tiktok_organic.web.connect.connect_steps import gone, path_of, reached, refused
from tiktok_organic.web.errors.problems import problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.came_from_our_page import is_from_here
from tiktok_organic.web.request_safety.visitor import record_connector
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Editor
from tiktok_organic.web.site import Site, site_of

__all__ = ["landed", "router"]


router = APIRouter(include_in_schema=False)


@router.get("/connect")
def authorize_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    return authorize_page(site, request, person, None)


@router.get("/connect/authorize")
def authorize(
    request: Request, person: Editor, demo: str = "", connector: str = "", draft: str = ""
) -> Response:
    """Go to TikTok's consent page.

    A link, not a form: the page's policy allows no form to lead to another host. A request that
    another site has caused begins nothing.
    """
    site = site_of(request)
    if not is_from_here(request):
        return site.go(f"/connectors/{connector}/reconnect" if connector else "/connect")
    found = site.app.connectors.get(connector) if connector else None
    begun = read_draft(site.app.drafts, draft, person.id) if draft else None
    if draft and begun is None:
        return gone(site, request)
    if begun is not None and begun.connector_id:
        found = site.app.connectors.get(begun.connector_id)
    api_url = found.api_url if found else ""
    if begun is not None:
        api_url = begun.api_url
    elif demo:
        api_url = site.demo.start()
    portal = site.app.portal(api_url or None, f"{site.base_url(request)}/connect/return/")
    begun = begun or begin_draft(
        site.app.drafts, site.app.clock.now(), person.id, found.id if found else "", api_url
    )
    address = consenting.begin(site.app, browser_binding(request), found, portal, begun.id)
    return RedirectResponse(address, 303)


@router.get("/connect/return/")
def landed(request: Request, person: Editor) -> Response:
    """Receive the browser that TikTok redirected."""
    return _take(request, person, str(request.url), None)


@router.post("/connect/paste")
def paste(request: Request, person: Editor, form: Sent) -> Response:
    return _take(request, person, form.text("address"), form)


@router.post("/connect/paste/check")
def check_pasted(request: Request, person: Editor, form: Sent) -> Response:
    """Return a sentence below the field as soon as an address is pasted."""
    site, error = site_of(request), None
    try:
        answer = redirected(form.text("address"))
        if site.app.authorizations.find(answer.state, browser_binding(request)) is None:
            raise Refused("this address belongs to another attempt to connect", code="wrong_state")
    except TikTokOrganicError as wrong:
        error = problem(wrong)
    return site.page(request, "part_check.html", {"field": "paste", "error": error})


@router.post("/connect/hide")
def hide(request: Request, person: Editor) -> Response:
    """Hide the drafts on the start page; the first step still lists them."""
    site = site_of(request)
    for draft in unfinished_drafts(site.app.drafts, person.id):
        save_draft(site.app.drafts, site.app.clock.now(), replace(draft, hidden=True))
    return site.go("/")


@router.get("/connect/{draft_id}")
def authorize_draft(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 1)
    if isinstance(draft, Response):
        return draft
    if draft.connector_id:
        connector = site.app.connectors.get(draft.connector_id)
        return reconnect_page(site, request, connector, draft)
    return authorize_page(site, request, person, draft)


@router.get("/connect/{draft_id}/cancel")
def ask_to_cancel(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 1)
    if isinstance(draft, Response):
        return draft
    values = {"draft": draft, "back": path_of(draft, draft.step)}
    return site.page(request, "connect_cancel.html", values)


@router.post("/connect/{draft_id}/discard")
def discard(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 1)
    if isinstance(draft, Response):
        return draft
    discard_draft(site.app.drafts, draft_id, person.id)
    return site.go("/", said="dropped")


def reconnect_page(
    site: Site, request: Request, connector: Connector, draft: Draft | None
) -> Response:
    """Show the first step for an existing connector."""
    values = {
        **ways_back(site, request),
        "connector": connector,
        "draft": draft,
        "problem": draft.problem if draft else None,
    }
    return site.page(request, "reconnect.html", values)


def _take(request: Request, person: Person, address: str, form: Form | None) -> Response:
    """Use the address at which the browser arrived, or the one pasted into `form`.

    Only its state determines its purpose.
    """
    site = site_of(request)
    purpose = site.app.authorizations.find(state_in(address), browser_binding(request))
    if purpose is None:
        return _unknown(site, request, person, address, form)
    draft = read_draft(site.app.drafts, purpose.draft_id or "", person.id)
    if draft is None or draft.finished:
        return gone(site, request)
    try:
        consent = consenting.finish(site.app, address, browser_binding(request))
        if purpose.connector_id is not None:
            return _reconnected(site, request, person, draft, purpose, consent)
    except TikTokOrganicError as error:
        if error.code == "state_used" and draft.consent is not None:
            return site.go(path_of(draft, draft.step))  # the landing address was loaded again
        return refused(site, draft, person, 1, error)
    save_draft(site.app.drafts, site.app.clock.now(), draft.with_consent(consent))
    return site.go(path_of(draft, 2))


def _unknown(
    site: Site, request: Request, person: Person, address: str, form: Form | None
) -> Response:
    """Answer an address without a state of this browser.

    Only our own form stores something then.
    """
    try:
        redirected(address)
        error: TikTokOrganicError = Refused(
            "this address belongs to another attempt to connect", code="wrong_state"
        )
    except TikTokOrganicError as wrong:
        error = wrong
    if form is None:
        return authorize_page(site, request, person, None, error)
    draft = read_draft(site.app.drafts, form.text("draft"), person.id)
    if draft is None and form.text("connector"):
        connector = site.app.connectors.get(form.text("connector"))
        draft = begin_draft(
            site.app.drafts, site.app.clock.now(), person.id, connector.id, connector.api_url
        )
    return refused(site, draft, person, 1, error)


def _reconnected(
    site: Site,
    request: Request,
    person: Person,
    draft: Draft,
    purpose: Purpose,
    consent: consenting.Consent,
) -> Response:
    connector = site.app.connectors.get(str(purpose.connector_id))
    connector = connecting.reconnect(site.app, connector, consent)
    finish_draft(site.app.drafts, site.app.clock.now(), draft, connector.id)
    record_connector(request, person.email, what_of(connector, "reconnected"))
    run_id = connecting.order_after_reconnect(site.app, connector)
    return site.go(f"/runs/{run_id}", said="reconnected")
