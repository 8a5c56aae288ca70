"""Values in the bodies of control calls."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.world import DEMO_USERNAME

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.world import World

Body = dict[str, Any]


def account_of(world: World, body: Body) -> Account:
    return world.account(body.get("username", DEMO_USERNAME))


def time_at(body: Body) -> datetime | None:
    return instant("at", body["at"]) if "at" in body else None


def instant(name: str, text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{name}: give the zone, such as 2026-01-31T12:00:00+00:00")
    return instant
