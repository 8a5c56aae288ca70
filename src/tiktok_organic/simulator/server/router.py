"""Route requests: the API, its faults, and the other pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tiktok_organic.simulator.accounts.pictures import answer_picture
from tiktok_organic.simulator.control.control_calls import answer_control
from tiktok_organic.simulator.endpoints.consent import answer_consent
from tiktok_organic.simulator.endpoints.parameters import refuse
from tiktok_organic.simulator.endpoints.profile_endpoint import answer_profile
from tiktok_organic.simulator.endpoints.refusal import RefusalError
from tiktok_organic.simulator.endpoints.token_endpoints import TOKEN_CALLS, answer_token_call
from tiktok_organic.simulator.endpoints.video_endpoint import answer_videos
from tiktok_organic.simulator.faults.damage import DAMAGES
from tiktok_organic.simulator.faults.substitutes import SUBSTITUTES, Call
from tiktok_organic.simulator.server.answer import Answer, compact, envelope, html
from tiktok_organic.simulator.server.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.endpoints.grants import Grant
    from tiktok_organic.simulator.faults.ordered_faults import Fault, Hits
    from tiktok_organic.simulator.world import World

API_PATH = "/open_api/v1.3"
AUTHORIZE_PATH = "/v2/auth/authorize"

_DATA_CALLS: dict[str, Callable[[World, Account, Grant, Request, datetime], str]] = {
    "/business/get/": answer_profile,
    "/business/video/list/": answer_videos,
}


def answer(world: World, request: Request) -> Answer:
    """Serve one request: API, consent page, pictures or control.

    Never raises for what a client may send.
    """
    path = request.path
    if path.startswith(API_PATH + "/"):
        return answer_api(world, request)
    if path.rstrip("/") == AUTHORIZE_PATH:
        return answer_consent(world, request)
    if path.startswith("/_simulator"):
        return answer_control(world, request)
    if path.startswith("/pictures/"):
        return answer_picture(world, request)
    return _not_found()


def _not_found() -> Answer:
    # An edge server answers here, not the API: no envelope (facts 4.1).
    return html(
        "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>",
        404,
    )


def answer_api(world: World, request: Request) -> Answer:
    """Serve one API request, with the faults that fall on it, and note it in the journal."""
    world.catch_up(world.accounts.by_open_id(_concerned(world, request)))
    hits = world.faults.hit(request, _page_number(world, request), world.clock.now())
    delay = sum(_interfere(world, request, fault) for fault in hits.interferences)
    answer = _answer_with_faults(world, request, hits)
    answer.fault = hits.names()
    answer.delay += (
        delay + world.settings.latency + world.settings.latency_jitter * world.random.random()
    )
    world.journal.record(request, answer, world.clock.now())
    return answer


def _answer_with_faults(world: World, request: Request, hits: Hits) -> Answer:
    fault = hits.substitute
    if fault is None or fault.when == "after":
        rotates = (
            False
            if any(fault.name == "same_refresh_token" for fault in hits.interferences)
            else None
        )
        answer = _real_answer(world, _as_served(request, hits), rotates)
        for damage in hits.damages:
            DAMAGES[damage.name].harm(answer, _damage_parameters(damage, request))
    if fault is not None:
        now = world.clock.now()
        call = Call(request, now, world.request_id(now), fault.parameters)
        answer = SUBSTITUTES[fault.name].answer(call)
    return answer


def _as_served(request: Request, hits: Hits) -> Request:
    """Return the request as the simulated server reads it.

    With the fault `endless_list` the server ignores the cursor.
    """
    if not any(fault.name == "endless_list" for fault in hits.damages):
        return request
    pairs = [(name, value) for name, value in request.pairs if name != "cursor"]
    target = f"{request.path}?{urlencode(pairs)}"
    return Request(request.method, target, request.headers, request.body)


def _damage_parameters(fault: Fault, request: Request) -> dict[str, object]:
    cursor = request.query.get("cursor", "0")
    return fault.parameters | (
        {"asked_cursor": int(cursor)}
        if fault.name in ("stuck_cursor", "endless_list") and cursor.isdigit()
        else {}
    )


def _page_number(world: World, request: Request) -> int:
    """Return the page number of a request for posts: 1 without a cursor, then one more each."""
    key = (request.query.get("business_id", ""), request.path)
    if request.query.get("cursor", "0") in ("", "0"):
        world.walks[key] = 0
    world.walks[key] = world.walks.get(key, 0) + 1
    return world.walks[key]


def _interfere(world: World, request: Request, fault: Fault) -> float:
    """Apply the faults that change the world; return the seconds to wait."""
    if fault.name == "slow":
        return float(fault.parameters["seconds"])
    if fault.name == "clock_moved":
        world.clock.move(timedelta(seconds=float(fault.parameters["seconds"])))
    account = world.accounts.by_open_id(_concerned(world, request))
    if account is None:
        return 0.0
    if fault.name == "renamed":
        now = world.clock.now()
        account.rename(str(fault.parameters["username"]), now, now)
    elif fault.name == "turned_personal":
        account.is_business_account = account.is_registered = False
    elif fault.name == "revoked":
        world.grants.revoke_account(account.open_id)
    elif fault.name == "access_expired":
        world.grants.expire_access(account.open_id, world.clock.now())
    elif fault.name == "post_removed":
        account.posts.remove(str(fault.parameters["item_id"]))
    return 0.0


def _concerned(world: World, request: Request) -> str:
    """Return the open_id of a request: from its query, or of the refresh token in its body."""
    if "business_id" in request.query:
        return request.query["business_id"]
    return world.grants.owner(str((request.json_object or {}).get("refresh_token", "")))


def _real_answer(world: World, request: Request, rotates: bool | None) -> Answer:
    path = request.path.removeprefix(API_PATH)
    now = world.clock.now()
    if path not in _DATA_CALLS and path not in TOKEN_CALLS:
        return _not_found()
    try:
        data = _data(world, path, request, now, rotates)
    except RefusalError as refusal:
        return envelope(refusal.code, refusal.message, world.request_id(now))
    return envelope(0, "OK", world.request_id(now), data)


def _data(world: World, path: str, request: Request, now: datetime, rotates: bool | None) -> str:
    wanted = "GET" if path in _DATA_CALLS else "POST"
    if request.method != wanted:
        raise RefusalError(40006, f"The method is not supported: use {wanted}.")
    if wanted == "POST":
        return compact(answer_token_call(world, path, request, now, rotates))
    grant = world.grants.access(request.headers.get("access-token", ""), now)
    world.limits.admit(grant.open_id, path, now)
    business_id = request.query.get("business_id")
    if not business_id:
        raise refuse("business_id: Missing data for required field.")
    account = world.accounts.by_open_id(business_id)
    if account is None or business_id != grant.open_id:
        raise RefusalError(40001, "No permission to operate this business account.")
    return _DATA_CALLS[path](world, account, grant, request, now)
