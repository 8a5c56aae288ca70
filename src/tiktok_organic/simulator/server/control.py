"""`/_simulator/...`: control calls with which tests change a world, over HTTP and JSON."""

# Long, because it is one list of short calls, in the order of the table at its end.

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.accounts.absences import HIDDEN, REMOVED
from tiktok_organic.simulator.accounts.accounts import change_account
from tiktok_organic.simulator.accounts.days import correction_stage
from tiktok_organic.simulator.endpoints.fields import SCOPES
from tiktok_organic.simulator.faults.ordered_faults import catalogue
from tiktok_organic.simulator.server.answer import Answer, plain_json
from tiktok_organic.simulator.world import DEMO_USERNAME, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.server.request import Request

Body = dict[str, Any]


def answer_control(world: World, request: Request) -> Answer:
    """Serve one control call; 400 with `error` for invalid input, 404 for an unknown call."""
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
        "username", "display_name", "open_id", "is_business_account", "is_registered",
        "is_verified", "followers",
        "following", "bio_description", "country", "anchor", "created", "analytics_on",
        "likes_per_view", "ad_share", "settings",
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
    """Add an account, or change the traits of the one with that username."""
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
    """`kind`: "removed" (by default) or "hidden"; `at`: an instant, now by default."""
    kind = body.get("kind", REMOVED)
    if kind not in (REMOVED, HIDDEN):
        raise ValueError(f"kind must be {REMOVED} or {HIDDEN}, not {kind!r}")
    posts = _account(world, body).posts
    return {"removed": posts.remove(str(body["item_id"]), _at(body), kind)}


def _bring_post_back(world: World, body: Body) -> Body:
    return {"returned": _account(world, body).posts.bring_back(str(body["item_id"]), _at(body))}


def _at(body: Body) -> datetime | None:
    return _instant("at", body["at"]) if "at" in body else None


def _instant(name: str, text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{name}: give the zone, such as 2026-01-31T12:00:00+00:00")
    return instant


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
        world.clock.set(_instant("set", body["set"]))
    moves = {name: float(body[name]) for name in ("days", "hours", "seconds") if name in body}
    world.clock.move(timedelta(**moves))
    return {
        "now": world.clock.now().isoformat(),
        "offset_seconds": world.clock.offset.total_seconds(),
    }


def _change_settings(world: World, body: Body) -> Body:
    """Change settings; with `username`, only those of that account that may differ by account."""
    if "username" not in body:
        world.settings.update(**body)
        return world.settings.document()
    account = _account(world, body)
    own = {name: value for name, value in body.items() if name != "username"}
    change_account(account, {"settings": own})
    return world.settings_of(account).document()


def _list_settings(world: World, body: Body) -> Body:
    if "username" not in body:
        return world.settings.document()
    return world.settings_of(_account(world, body)).document()


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
    """`new_username`, from the instant `at` on (default: now)."""
    account = _account(world, body)
    world.rename(account.username, str(body["new_username"]), _at(body))
    return _account_document(account)


def _restate(world: World, body: Body) -> Body:
    """Return the day `date` too high by `share` until `at`."""
    day, at = date.fromisoformat(body["date"]), _instant("at", body["at"])
    world.restate(day, at, float(body.get("share", 0.1)), _account(world, body).username)
    return {}


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


def _span(world: World, body: Body) -> tuple[date, date]:
    """The days `start` to `end`; the sixty complete days before today by default."""
    today = world.clock.today()
    return (
        date.fromisoformat(body.get("start", (today - timedelta(days=60)).isoformat())),
        date.fromisoformat(body.get("end", (today - timedelta(days=1)).isoformat())),
    )


def _truth(world: World, body: Body) -> Body:
    """Return the truth, regardless of permissions: days from `start` to `end`, posts, events."""
    account = _account(world, body)
    truth, now = world.truth(account.username), world.clock.now()
    settings = world.settings_of(account)
    first, last = _span(world, body)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    posts = account.posts.page(int(now.timestamp() * 1000), len(account.posts))
    return {
        "days": [
            {
                "date": day.isoformat(),
                "stage": correction_stage(settings, day, now),
                **truth.day_metrics(day),
                "followers": truth.followers_on(day),
                "net_likes": truth.account_day(day).likes,
            }
            for day in days
        ],
        "posts": [{"item_id": post.item_id, "create_time": post.create_time} for post in posts],
        "events": [{**asdict(event), "at": event.at.isoformat()} for event in truth.events()],
    }


def _truth_of_videos(world: World, body: Body) -> Body:
    """Return the true gains of every video ever published on each day from `start` to `end`."""
    truth = world.truth(_account(world, body).username)
    return {"videos": [asdict(day) for day in truth.video_days(*_span(world, body))]}


def _reset(world: World, _body: Body) -> Body:
    world.reset()
    return {}


_CALLS: dict[tuple[str, str], Callable[[World, Body], Body]] = {
    ("GET", ""): _summary,
    ("GET", "accounts"): _list_accounts,
    ("POST", "accounts"): _put_account,
    ("POST", "posts"): _add_post,
    ("POST", "posts/remove"): _remove_post,
    ("POST", "posts/return"): _bring_post_back,
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
    ("POST", "restate"): _restate,
    ("POST", "token"): _token,
    ("POST", "code"): _code,
    ("GET", "requests"): _requests,
    ("POST", "requests/clear"): _clear_requests,
    ("GET", "truth"): _truth,
    ("GET", "truth/videos"): _truth_of_videos,
    ("POST", "reset"): _reset,
}
