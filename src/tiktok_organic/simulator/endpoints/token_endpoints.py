"""The four token calls: exchange, renewal, revocation, information (facts 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.endpoints.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tiktok_organic.simulator.server.request import Request
    from tiktok_organic.simulator.world import World


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise RefusalError(40002, f"{name}: Missing data for required field.")
    return value


def _check_app(world: World, body: dict[str, Any]) -> None:
    key, secret = _text(body, "client_id"), _text(body, "client_secret")
    if (key, secret) != (world.app.client_key, world.app.client_secret):
        raise RefusalError(40101, "Invalid partner: client_id or client_secret is incorrect.")


def _check_grant_type(body: dict[str, Any], wanted: str) -> None:
    if _text(body, "grant_type") != wanted:
        raise RefusalError(40108, f"Invalid grant_type: must be {wanted}.")


def exchange(world: World, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A code becomes a pair of tokens, once."""
    _check_app(world, body)
    _check_grant_type(body, "authorization_code")
    return world.grants.redeem(_text(body, "auth_code"), _text(body, "redirect_uri"), now)


def renew(
    world: World, body: dict[str, Any], now: datetime, rotates: bool | None = None
) -> dict[str, Any]:
    """A refresh token becomes a new pair; the year since consent runs on."""
    _check_app(world, body)
    _check_grant_type(body, "refresh_token")
    return world.grants.refresh(_text(body, "refresh_token"), now, rotates)


def revoke(world: World, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The consent behind an access token ends."""
    _check_app(world, body)
    world.grants.revoke_token(_text(body, "access_token"), now)
    return {}


def inform(world: World, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Whose token it is and what it may do; scopes come in another order than at the exchange."""
    app_id = _text(body, "app_id")
    grant = world.grants.access(_text(body, "access_token"), now)
    if app_id != world.app.client_key:
        raise RefusalError(40101, "Invalid partner: app_id is incorrect.")
    return {
        "app_id": app_id,
        "creator_id": grant.open_id,
        "scope": ",".join(sorted(grant.scopes, reverse=True)),
    }


TOKEN_CALLS: dict[str, Callable[[World, dict[str, Any], datetime], dict[str, Any]]] = {
    "/tt_user/oauth2/token/": exchange,
    "/tt_user/oauth2/refresh_token/": renew,
    "/tt_user/oauth2/revoke/": revoke,
    "/tt_user/token_info/get/": inform,
}


def answer_token_call(
    world: World, path: str, request: Request, now: datetime, rotates: bool | None
) -> dict[str, Any]:
    """The `data` of one token call. Raises RefusalError."""
    body = request.json_object
    if body is None:
        raise RefusalError(40002, "The body must be a JSON object.")
    if path == "/tt_user/oauth2/refresh_token/":
        return renew(world, body, now, rotates)
    return TOKEN_CALLS[path](world, body, now)
