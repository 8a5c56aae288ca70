"""Settings → API tokens: which programs may use the JSON API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.people import api_tokens
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import ConfirmedOwner
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Owner
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

LIVES = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until it is revoked"}
"""How long a new token is valid: days, and the label."""


@router.get("/settings/tokens")
def tokens(request: Request, person: Owner) -> Response:
    return _tokens(site_of(request), request, {})


@router.post("/settings/tokens")
def make_token(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    site = site_of(request)
    life = form.text("life")
    try:
        token = api_tokens.api_token(
            site.app,
            person,
            form.text("name"),
            form.text("scope"),
            visitor_of(request),
            life=timedelta(days=int(life)) if life and life in LIVES else None,
        )
    except TikTokOrganicError as error:
        return _tokens(site, request, {"error": problem(error)}, http_status(error))
    return _tokens(site, request, {"made": token})


@router.get("/settings/tokens/{token_id}/revoke")
def confirm_revocation(request: Request, person: Owner, token_id: str) -> Response:
    """Ask before a token is revoked."""
    site = site_of(request)
    found = next((one for one in site.app.api_tokens.all() if one.id == token_id), None)
    if found is None:
        return site.go("/settings/tokens", said="token_gone")
    values = {
        "tab": "tokens",
        "error": None,
        "question": f"Revoke the token “{found.name}”?",
        "follows": "Programs that use it are refused at once. A revoked token cannot be restored.",
        "verb": "Revoke",
        "back": "/settings/tokens",
    }
    return site.page(request, "settings_confirm.html", values)


@router.post("/settings/tokens/{token_id}/revoke")
def revoke_token(request: Request, person: Owner, token_id: str) -> Response:
    site = site_of(request)
    api_tokens.revoke_token(site.app, person, token_id, visitor_of(request))
    return site.go("/settings/tokens", said="token_revoked")


def _tokens(site: Site, request: Request, said: dict[str, Any], status: int = 200) -> Response:
    values = {
        "tab": "tokens",
        "tokens": site.app.api_tokens.all(),
        "lives": LIVES,
        "error": None,
        "made": "",
    }
    return site.page(request, "settings_tokens.html", {**values, **said}, status)
