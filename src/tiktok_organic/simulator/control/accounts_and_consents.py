"""Control calls about accounts: their traits, posts, names, figures and consents."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.absences import HIDDEN, REMOVED
from tiktok_organic.simulator.accounts.accounts import change_account
from tiktok_organic.simulator.control.call_values import Body, account_of, instant, time_at
from tiktok_organic.simulator.endpoints.fields import SCOPES

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.world import World


def _account_document(account: Account) -> Body:
    names = (
        "username", "display_name", "open_id", "is_business_account", "is_registered",
        "is_verified", "followers",
        "following", "bio_description", "country", "anchor", "created", "analytics_on",
        "likes_per_view", "ad_share", "settings",
    )  # fmt: skip
    return {**{name: getattr(account, name) for name in names}, "videos": len(account.posts)}


def list_accounts(world: World, _body: Body) -> Body:
    return {
        "accounts": [_account_document(world.account(name)) for name in world.accounts.usernames()]
    }


def put_account(world: World, body: Body) -> Body:
    """Add an account, or change the traits of the one with that username."""
    username = body.pop("username")
    if username not in world.accounts.usernames():
        return _account_document(world.add_account(username, **body))
    account = world.account(username)
    change_account(account, body)
    return _account_document(account)


def add_post(world: World, body: Body) -> Body:
    seconds = int(body.get("create_time") or world.clock.now().timestamp())
    post = account_of(world, body).posts.add(seconds)
    return {"item_id": post.item_id, "create_time": post.create_time}


def remove_post(world: World, body: Body) -> Body:
    """`kind`: "removed" (by default) or "hidden"; `at`: an instant, now by default."""
    kind = body.get("kind", REMOVED)
    if kind not in (REMOVED, HIDDEN):
        raise ValueError(f"kind must be {REMOVED} or {HIDDEN}, not {kind!r}")
    posts = account_of(world, body).posts
    return {"removed": posts.remove(str(body["item_id"]), time_at(body), kind)}


def bring_post_back(world: World, body: Body) -> Body:
    return {
        "returned": account_of(world, body).posts.bring_back(str(body["item_id"]), time_at(body))
    }


def rename_account(world: World, body: Body) -> Body:
    """`new_username`, from the instant `at` on (default: now)."""
    account = account_of(world, body)
    world.rename(account.username, str(body["new_username"]), time_at(body))
    return _account_document(account)


def restate_day(world: World, body: Body) -> Body:
    """Return the day `date` too high by `share` until `at`."""
    day, at = date.fromisoformat(body["date"]), instant("at", body["at"])
    world.restate(day, at, float(body.get("share", 0.1)), account_of(world, body).username)
    return {}


def revoke_consent(world: World, body: Body) -> Body:
    return {"revoked": world.revoke(account_of(world, body).username)}


def expire_consent(world: World, body: Body) -> Body:
    return {"expired": world.expire(account_of(world, body).username)}


def issue_token(world: World, body: Body) -> Body:
    return world.token(account_of(world, body).username, body.get("scopes", SCOPES))


def issue_code(world: World, body: Body) -> Body:
    return {
        "code": world.code(
            body["redirect_uri"], account_of(world, body).username, body.get("scopes", SCOPES)
        )
    }
