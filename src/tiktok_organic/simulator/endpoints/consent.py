"""TikTok's consent page: a user chooses account and scopes (facts 1.1, 1.2)."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tiktok_organic.simulator.endpoints.consent_page import render_consent, render_error
from tiktok_organic.simulator.server.answer import Answer, html, redirect

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.server.request import Request
    from tiktok_organic.simulator.world import World

_COOKIE = "simulator_account"


def answer_consent(world: World, request: Request) -> Answer:
    """Return the page, or the redirect if the query has a decision.

    `simulator_decision=allow|deny`, `simulator_account=<username>` and `simulator_scopes=a,b`
    (default: all requested ones) decide at once; the page's own form sends the same names.
    """
    query = request.query
    if request.method != "GET":
        return html(render_error("This page answers GET only."), 405)
    problem = _problem(world, query)
    if problem:
        return html(render_error(problem), 400)
    scopes = _asked_scopes(query)
    if query.get("error") or not scopes or not set(scopes) <= set(world.app.scopes):
        return _invalid_scope(request)
    if query.get("simulator_decision"):
        return _decide(world, request, scopes)
    return _remembered(world, request, scopes) or _page(world, request, scopes)


def _problem(world: World, query: dict[str, str]) -> str | None:
    if query.get("client_key") != world.app.client_key:
        return "Something went wrong: client_key."
    if query.get("response_type") != "code":
        return "Something went wrong: response_type must be code."
    return world.app.refuses_redirect(
        query.get("redirect_uri", ""), world.settings.strict_redirects
    )


def _asked_scopes(query: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(name.strip() for name in query.get("scope", "").split(",") if name.strip())
    )


def _invalid_scope(request: Request) -> Answer:
    """Return the error page.

    TikTok does not redirect back here, but adds the error to its own address (facts 1.2).
    """
    if request.query.get("error"):
        return html(render_error("Something went wrong: scope."))
    return redirect(
        f"{request.target}&{urlencode({'error': 'invalid_scope', 'error_type': 'scope'})}"
    )


def _page(world: World, request: Request, scopes: tuple[str, ...]) -> Answer:
    kept = {name: value for name, value in request.pairs if not name.startswith("simulator_")}
    return html(render_consent(world.accounts.usernames(), scopes, kept))


def _decide(world: World, request: Request, scopes: tuple[str, ...]) -> Answer:
    query = request.query
    if query["simulator_decision"] != "allow":
        return _denied(query)
    try:
        account = world.account(query.get("simulator_account") or world.accounts.usernames()[0])
    except (KeyError, IndexError):
        return html(render_error("This account does not exist."), 400)
    granted = _granted(request, scopes)
    return _allowed(world, query, account, granted) if granted else _denied(query)


def _granted(request: Request, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requested scopes that were ticked.

    The form identifies itself, because it sends nothing without a tick.
    """
    values = [value for name, value in request.pairs if name == "simulator_scopes"]
    if not values and "simulator_form" not in request.query:
        return asked
    ticked = {name.strip() for name in ",".join(values).split(",")}
    return tuple(name for name in asked if name in ticked)


def _allowed(
    world: World, query: dict[str, str], account: Account, scopes: tuple[str, ...]
) -> Answer:
    code = world.grants.issue_code(
        account.open_id, scopes, query["redirect_uri"], world.clock.now()
    )
    answer = _back(query, {"code": code, "scopes": ",".join(scopes)})
    answer.headers["Set-Cookie"] = f"{_COOKIE}={account.open_id}; Path=/; HttpOnly; SameSite=Lax"
    return answer


def _denied(query: dict[str, str]) -> Answer:
    return _back(
        query,
        {
            "error": "access_denied",
            "error_description": "The user denied the authorization request.",
        },
    )


def _back(query: dict[str, str], values: dict[str, str]) -> Answer:
    if "state" in query:
        values["state"] = query["state"]
    # `*` and `!` of the code are percent-encoded, as TikTok sends them (facts 1.2).
    text = "&".join(f"{name}={_encoded(value)}" for name, value in values.items())
    separator = "&" if "?" in query["redirect_uri"] else "?"
    return redirect(f"{query['redirect_uri']}{separator}{text}")


def _encoded(value: str) -> str:
    return quote(value, safe="").replace("*", "%2A").replace("!", "%21")


def _remembered(world: World, request: Request, scopes: tuple[str, ...]) -> Answer | None:
    """Redirect back at once if the account granted the same before.

    Not with `disable_auto_auth=1`.
    """
    if request.query.get("disable_auto_auth") == "1":
        return None
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return None
    account = world.accounts.by_open_id(cookie.value) if cookie else None
    if account is None or not world.grants.holds(account.open_id, scopes, world.clock.now()):
        return None
    return _allowed(world, request.query, account, scopes)
