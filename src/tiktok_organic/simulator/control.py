"""`/_simulator/...`: everything that tests change in a world, over HTTP and JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.accounts import change_account
from tiktok_organic.simulator.answer import Answer, plain_json
from tiktok_organic.simulator.days import LAST_STAGE, correction_stage, day_values
from tiktok_organic.simulator.faults import catalogue
from tiktok_organic.simulator.fields import SCOPES
from tiktok_organic.simulator.world import DEMO_USERNAME, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiktok_organic.simulator.account import Account
    from tiktok_organic.simulator.request import Request

Body = dict[str, Any]


def answer_control(world: World, request: Request) -> Answer:
    """Serve one control call; 400 with `error` for what makes no sense, 404 for an unknown call."""
    call = _CALLS.get((request.method, request.path.removeprefix("/_simulator").strip("/")))
    if call is None:
        return plain_json(
            {"error": "unknown control call", "calls": sorted(f"{m} {p}" for m, p in _CALLS)}, 404
        )
    body = (
        dict(request.query) if request.method == "GET" or not request.body else request.json_object
    )
    if body is None:
        return plain_json({"error": "the body must be a JSON object"}, 400)
    try:
        return plain_json(call(world, body))
    except KeyError as error:
        return plain_json({"error": f"missing or unknown: {error.args[0]}"}, 400)
    except (ValueError, TypeError, OverflowError) as error:
        return plain_json({"error": str(error)}, 400)


def _account(world: World, body: Body) -> Account:
    return world.account(body.get("username", DEMO_USERNAME))


def _account_document(account: Account) -> Body:
    names = (
        "username", "display_name", "open_id", "is_business_account", "is_registered", "is_verified", "followers",
        "following", "bio_description", "country", "anchor", "created", "analytics_on",
    )  # fmt: skip
    return {**{name: getattr(account, name) for name in names}, "videos": len(account.posts)}


def _summary(world: World, _body: Body) -> Body:
    return {
        "now": world.clock.now().isoformat(),
        "client_key": world.app.client_key,
        "client_secret": world.app.client_secret,
        "accounts": world.accounts.usernames(),
        "settings": world.settings.document(),
    }


def _list_accounts(world: World, _body: Body) -> Body:
    return {
        "accounts": [_account_document(world.account(name)) for name in world.accounts.usernames()]
    }


def _put_account(world: World, body: Body) -> Body:
    """Adds an account, or changes the traits of the one that has the username."""
    username = body.pop("username")
    if username not in world.accounts.usernames():
        return _account_document(world.add_account(username, **body))
    account = world.account(username)
    change_account(account, body)
    return _account_document(account)


def _add_post(world: World, body: Body) -> Body:
    seconds = int(body.get("create_time") or world.clock.now().timestamp())
    post = _account(world, body).posts.add(seconds)
    return {"item_id": post.item_id, "create_time": post.create_time}


def _remove_post(world: World, body: Body) -> Body:
    return {"removed": _account(world, body).posts.remove(str(body["item_id"]))}


def _add_fault(world: World, body: Body) -> Body:
    return asdict(world.faults.add(**(body.pop("parameters", {}) | body)))


def _list_faults(world: World, _body: Body) -> Body:
    return {"faults": world.faults.document(), "catalogue": catalogue()}


def _clear_faults(world: World, _body: Body) -> Body:
    world.faults.clear()
    return {}


def _clock(world: World, body: Body) -> Body:
    """`set` (ISO 8601 with zone) or `days`, `hours`, `seconds` to move by."""
    if "set" in body:
        instant = datetime.fromisoformat(body["set"])
        if instant.tzinfo is None:
            raise ValueError("set: give the zone, such as 2026-01-31T12:00:00+00:00")
        world.clock.set(instant)
    moves = {name: float(body[name]) for name in ("days", "hours", "seconds") if name in body}
    world.clock.move(timedelta(**moves))
    return {
        "now": world.clock.now().isoformat(),
        "offset_seconds": world.clock.offset.total_seconds(),
    }


def _change_settings(world: World, body: Body) -> Body:
    world.settings.update(**body)
    return world.settings.document()


def _list_settings(world: World, _body: Body) -> Body:
    return world.settings.document()


def _change_app(world: World, body: Body) -> Body:
    """The developer app: `client_key`, `client_secret`, `scopes`, `redirect_urls`."""
    for name, value in body.items():
        if name not in ("client_key", "client_secret", "scopes", "redirect_urls"):
            raise KeyError(name)
        setattr(world.app, name, tuple(value) if name == "scopes" else value)
    return asdict(world.app)


def _revoke(world: World, body: Body) -> Body:
    return {"revoked": world.revoke(_account(world, body).username)}


def _expire(world: World, body: Body) -> Body:
    return {"expired": world.expire(_account(world, body).username)}


def _rename(world: World, body: Body) -> Body:
    world.rename(_account(world, body).username, str(body["new_username"]))
    return _account_document(world.account(str(body["new_username"])))


def _token(world: World, body: Body) -> Body:
    return world.token(_account(world, body).username, body.get("scopes", SCOPES))


def _code(world: World, body: Body) -> Body:
    return {
        "code": world.code(
            body["redirect_uri"], _account(world, body).username, body.get("scopes", SCOPES)
        )
    }


def _requests(world: World, body: Body) -> Body:
    return world.journal.document(int(body.get("latest", 20_000)))


def _clear_requests(world: World, _body: Body) -> Body:
    world.journal.clear()
    return {}


def _truth(world: World, body: Body) -> Body:
    """What is so, whoever may see it: final day values from `start` to `end`, and every post's id."""
    account = _account(world, body)
    today = world.clock.today()
    first = date.fromisoformat(body.get("start", (today - timedelta(days=60)).isoformat()))
    last = date.fromisoformat(body.get("end", (today - timedelta(days=1)).isoformat()))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    posts = account.posts.page(int(world.clock.now().timestamp() * 1000), len(account.posts))
    return {
        "days": [
            {
                "date": day.isoformat(),
                "stage": correction_stage(world.settings, day, world.clock.now()),
                **day_values(account, day, LAST_STAGE, world.settings),
            }
            for day in days
        ],
        "posts": [{"item_id": post.item_id, "create_time": post.create_time} for post in posts],
    }


def _reset(world: World, _body: Body) -> Body:
    world.reset()
    return {}


_CALLS: dict[tuple[str, str], Callable[[World, Body], Body]] = {
    ("GET", ""): _summary,
    ("GET", "accounts"): _list_accounts,
    ("POST", "accounts"): _put_account,
    ("POST", "posts"): _add_post,
    ("POST", "posts/remove"): _remove_post,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("POST", "faults/clear"): _clear_faults,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _clock,
    ("GET", "settings"): _list_settings,
    ("POST", "settings"): _change_settings,
    ("POST", "app"): _change_app,
    ("POST", "revoke"): _revoke,
    ("POST", "expire"): _expire,
    ("POST", "rename"): _rename,
    ("POST", "token"): _token,
    ("POST", "code"): _code,
    ("GET", "requests"): _requests,
    ("POST", "requests/clear"): _clear_requests,
    ("GET", "truth"): _truth,
    ("POST", "reset"): _reset,
}
