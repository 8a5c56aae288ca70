"""The page that leads to TikTok, and the ways back from it."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response

from tiktok_organic.actions.connectors.drafts import (
    Draft,
    unfinished_drafts,
)
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import bound_to_session, hashed
from tiktok_organic.tiktok.consent_address import redirect_problems
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.web.connect.connect_steps import show_step
from tiktok_organic.web.sign_in_and_roles.session_cookie import session_token
from tiktok_organic.web.site import Site

__all__ = ["authorize_page", "browser_binding", "ways_back"]


def authorize_page(
    site: Site,
    request: Request,
    person: Person,
    draft: Draft | None,
    error: TikTokOrganicError | None = None,
) -> Response:
    settings = site.app.settings_for("CLIENT_KEY", "CLIENT_SECRET", "REDIRECT_URL")
    landing = f"{site.base_url(request)}/connect/return/"
    named = bool(settings.client_key and settings.client_secret and settings.redirect_url)
    values = {
        **ways_back(site, request),
        "configured": named,
        "our_redirect": landing,
        "our_redirect_problems": redirect_problems(landing),
        "scopes": SCOPES,
        "drafts": [d for d in unfinished_drafts(site.app.drafts, person.id) if d != draft],
    }
    if draft is not None and draft.api_url:  # the simulator redirects to the present address
        values |= {"configured": True, "returns_here": True}
    return show_step(site, request, 1, draft, values, error)


def ways_back(site: Site, request: Request) -> dict[str, object]:
    """Return where TikTok redirects to, and whether that address is ours."""
    registered = site.app.settings_for("REDIRECT_URL").redirect_url
    theirs, ours = urlsplit(registered), urlsplit(site.base_url(request))
    same_host = (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
    return {
        "redirect_url": registered,
        "returns_here": same_host and theirs.path.startswith(site.at("/")),
    }


def browser_binding(request: Request) -> str:
    """Return what a begun consent is bound to: this session of this browser.

    If a proxy signs people on there are no sessions, and it is the person.
    """
    if getattr(request.state, "signed_on_by_proxy", False):
        return f"person:{request.state.person.id}"
    return bound_to_session(hashed(session_token(request)))
