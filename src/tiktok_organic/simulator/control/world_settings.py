"""Control calls about the whole world: clock, settings, app, faults, recorded requests."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.accounts import change_account
from tiktok_organic.simulator.control.call_values import Body, account_of, instant
from tiktok_organic.simulator.faults.ordered_faults import catalogue

if TYPE_CHECKING:
    from tiktok_organic.simulator.world import World


def summarize(world: World, _body: Body) -> Body:
    return {
        "now": world.clock.now().isoformat(),
        "client_key": world.app.client_key,
        "client_secret": world.app.client_secret,
        "accounts": world.accounts.usernames(),
        "settings": world.settings.document(),
    }


def add_fault(world: World, body: Body) -> Body:
    return asdict(world.faults.add(**(body.pop("parameters", {}) | body)))


def list_faults(world: World, _body: Body) -> Body:
    return {"faults": world.faults.document(), "catalogue": catalogue()}


def clear_faults(world: World, _body: Body) -> Body:
    world.faults.clear()
    return {}


def change_clock(world: World, body: Body) -> Body:
    """`set` (ISO 8601 with zone) or `days`, `hours`, `seconds` to move by."""
    if "set" in body:
        world.clock.set(instant("set", body["set"]))
    moves = {name: float(body[name]) for name in ("days", "hours", "seconds") if name in body}
    world.clock.move(timedelta(**moves))
    return {
        "now": world.clock.now().isoformat(),
        "offset_seconds": world.clock.offset.total_seconds(),
    }


def change_settings(world: World, body: Body) -> Body:
    """Change settings; with `username`, only those of that account that may differ by account."""
    if "username" not in body:
        world.settings.update(**body)
        return world.settings.document()
    account = account_of(world, body)
    own = {name: value for name, value in body.items() if name != "username"}
    change_account(account, {"settings": own})
    return world.settings_of(account).document()


def list_settings(world: World, body: Body) -> Body:
    if "username" not in body:
        return world.settings.document()
    return world.settings_of(account_of(world, body)).document()


def change_app(world: World, body: Body) -> Body:
    """The developer app: `client_key`, `client_secret`, `scopes`, `redirect_urls`."""
    for name, value in body.items():
        if name not in ("client_key", "client_secret", "scopes", "redirect_urls"):
            raise KeyError(name)
        setattr(world.app, name, tuple(value) if name == "scopes" else value)
    return asdict(world.app)


def list_requests(world: World, body: Body) -> Body:
    return world.journal.document(int(body.get("latest", 20_000)))


def clear_requests(world: World, _body: Body) -> Body:
    world.journal.clear()
    return {}


def reset_world(world: World, _body: Body) -> Body:
    world.reset()
    return {}
