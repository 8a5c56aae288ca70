"""Single sign-on on the page: its begin, and the cookie with the login in progress."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tiktok_organic.actions.people.single_sign_on import Provider
from tiktok_organic.errors import NotFound
from tiktok_organic.web.request_safety.cookies import set_cookie
from tiktok_organic.web.site import Site

__all__ = ["BEGUN", "begin_at", "provider_of"]

BEGUN = "tiktok_organic_sign_on"
_MINUTES = 10


def provider_of(site: Site) -> Provider:
    """Return the provider of the settings, created once. Raises NotFound without one."""
    settings = site.app.settings
    if not settings.oidc_issuer:
        raise NotFound(
            "single sign-on is not set up",
            code="sign_on_failed",
        )
    if site.provider is None:
        site.provider = Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            site.app.http(settings.oidc_issuer),
            timedelta(hours=settings.oidc_session_hours),
        )
    return site.provider


def begin_at(site: Site, request: Request, to: str, *, again: bool = False) -> Response:
    """Redirect the browser to the provider. `again`: it asks even a person whom it knows."""
    landing = f"{site.base_url(request)}/login/sso/return"
    begun, address = provider_of(site).begin(landing, to, again=again)
    response = RedirectResponse(address, 303)
    encrypted = site.app.cipher.encrypt(begun.text()).decode()
    set_cookie(request, response, BEGUN, encrypted, _MINUTES * 60)
    return response
