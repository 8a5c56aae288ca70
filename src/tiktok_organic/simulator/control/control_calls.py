"""`/_simulator/...`: control calls with which tests change a world, over HTTP and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_organic.simulator.control import accounts_and_consents, true_figures, world_settings
from tiktok_organic.simulator.control.call_values import Body
from tiktok_organic.simulator.server.answer import Answer, plain_json
from tiktok_organic.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiktok_organic.simulator.server.request import Request


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


_CALLS: dict[tuple[str, str], Callable[[World, Body], Body]] = {
    ("GET", ""): world_settings.summarize,
    ("GET", "accounts"): accounts_and_consents.list_accounts,
    ("POST", "accounts"): accounts_and_consents.put_account,
    ("POST", "posts"): accounts_and_consents.add_post,
    ("POST", "posts/remove"): accounts_and_consents.remove_post,
    ("POST", "posts/return"): accounts_and_consents.bring_post_back,
    ("GET", "faults"): world_settings.list_faults,
    ("POST", "faults"): world_settings.add_fault,
    ("POST", "faults/clear"): world_settings.clear_faults,
    ("GET", "clock"): world_settings.change_clock,
    ("POST", "clock"): world_settings.change_clock,
    ("GET", "settings"): world_settings.list_settings,
    ("POST", "settings"): world_settings.change_settings,
    ("POST", "app"): world_settings.change_app,
    ("POST", "revoke"): accounts_and_consents.revoke_consent,
    ("POST", "expire"): accounts_and_consents.expire_consent,
    ("POST", "rename"): accounts_and_consents.rename_account,
    ("POST", "restate"): accounts_and_consents.restate_day,
    ("POST", "token"): accounts_and_consents.issue_token,
    ("POST", "code"): accounts_and_consents.issue_code,
    ("GET", "requests"): world_settings.list_requests,
    ("POST", "requests/clear"): world_settings.clear_requests,
    ("GET", "truth"): true_figures.account_truth,
    ("GET", "truth/videos"): true_figures.video_truth,
    ("POST", "reset"): world_settings.reset_world,
}
