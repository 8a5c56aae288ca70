"""Check each part of an installation: settings, app, store, archive, destination, data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tiktok_organic.actions.notifications.send_alerts import messenger
from tiktok_organic.app import App
from tiktok_organic.archive import Archive
from tiktok_organic.connector import UNREADABLE, Connector, consent_ends_soon
from tiktok_organic.connector_rules import zone
from tiktok_organic.errors import (
    Facts,
    ReconnectNeeded,
    Refused,
    TikTokOrganicError,
    WrongKey,
)
from tiktok_organic.loopback import is_loopback
from tiktok_organic.settings import (
    PREFIX,
    Settings,
    env_file_warning,
    hide_password,
    listed,
    unknown_settings,
)
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.clock_skew import clock_is_right, skew_words
from tiktok_organic.tiktok.consent_address import App as TikTokApp
from tiktok_organic.tiktok.consent_address import redirect_problems
from tiktok_organic.tiktok.oauth import OAuth

__all__ = [
    "Check",
    "check_archive",
    "check_data",
    "check_destination",
    "check_notifications",
    "check_redirect",
    "check_settings",
    "check_store",
    "check_tiktok_app",
    "check_tokens",
    "failed_check",
    "try_app",
]


@dataclass(frozen=True)
class Check:
    """One check: `status` ok, warning or failed, and its result.

    `code`, `facts`: the input for the advice, as for an error; empty if the check passed.
    """

    name: str
    status: Literal["ok", "warning", "failed"]
    message: str
    code: str = ""
    facts: Facts = field(default_factory=dict)


def try_app(app: App, tiktok_app: TikTokApp) -> None:
    """Ask TikTok to exchange a code that cannot exist.

    TikTok answers a wrong secret differently from a wrong code. Raises Refused when TikTok does not
    know the app or its secret, and other errors when it could not be asked.
    """
    try:
        OAuth(app.transport(app.settings.api_url), tiktok_app).exchange("doctor")
    except Refused as error:
        if error.code == "authorization_failed":
            return
        raise
    raise TikTokOrganicError(
        "tokens were given for a code that does not exist",
        code="tiktok_error",
        case="not_tiktok",
    )


def failed_check(name: str, error: TikTokOrganicError) -> Check:
    return Check(name, "failed", error.message, error.code, error.facts)


def check_settings(settings: Settings, variables: dict[str, str]) -> Check:
    unknown = unknown_settings(variables)
    if unknown:
        return Check(
            "settings", "warning", f"unknown: {', '.join(unknown)}", "check.unknown_settings"
        )
    readable = env_file_warning(Path.cwd())
    if readable:
        return Check("settings", "warning", readable, "check.readable_env_file")
    everyone = [one for one in listed(settings.trusted_proxies) if one.endswith("/0")]
    if everyone:
        return Check(
            "settings",
            "warning",
            f"{PREFIX}TRUSTED_PROXIES trusts every address ({everyone[0]}): anyone can claim to "
            "be another client",
            "check.trusts_everyone",
        )
    host = urlsplit(settings.api_url).hostname or ""
    if not host.endswith(".tiktok.com") and not is_loopback(host):
        return Check(
            "settings",
            "warning",
            f"{PREFIX}API_URL leads to {host}, which receives the app's secret and every token",
            "check.other_api",
        )
    return Check("settings", "ok", "every setting can be read")


def check_tiktok_app(app: App) -> Check:
    try:
        try_app(app, app.portal(app.settings.api_url).tiktok_app)
    except Refused as error:
        return failed_check("TikTok app", error)
    except TikTokOrganicError as error:
        return replace(failed_check("TikTok app", error), status="warning")
    return Check("TikTok app", "ok", "TikTok knows the app and its secret")


def check_redirect(address: str) -> Check:
    if not address:
        return Check(
            "redirect address",
            "failed",
            f"{PREFIX}REDIRECT_URL is not set",
            "check.no_redirect_address",
        )
    problems = redirect_problems(address)
    if problems:
        return Check(
            "redirect address",
            "warning",
            f"TikTok would refuse {address}: {'; '.join(problems)}",
            "check.redirect_address",
        )
    return Check("redirect address", "ok", address)


def check_store(settings: Settings, connectors: Connectors) -> Check:
    count = len(connectors.all())
    return Check("store", "ok", f"{hide_password(settings.store)}, {count} connectors")


def check_archive(settings: Settings, archive: Archive) -> Check:
    made = "" if archive.check() else ", made when the first answer comes"
    retention = f"kept {settings.archive_days} days" if settings.archive_days else "kept forever"
    return Check("archive", "ok", f"{hide_password(settings.archive)}, {retention}{made}")


def check_destination(app: App, url: str) -> Check:
    from tiktok_organic.warehouse.destinations import absolute
    from tiktok_organic.warehouse.reader_programs import readers

    address = absolute(url, app.folder)
    with app.warehouse(address) as warehouse:
        warehouse.check("tiktokorganic")
    facts = [hide_password(address), readers(address)]
    return Check("destination", "ok", ", ".join(filter(None, facts)))


def check_notifications(app: App) -> Check:
    to = messenger(app)
    if to is None:
        return Check("notifications", "ok", f"no messages are sent: {PREFIX}NOTIFY is not set")
    to.check()
    return Check(
        "notifications", "ok", "apprise understands every address", "check.test_notifications"
    )


def check_data(runs: Runs, connector: Connector) -> Iterator[Check]:
    """Check for loaded rows that the warehouse lost, and for effects of a wrong clock."""
    name = f"data of {connector.name}"
    missing = runs.gone(connector.id)
    if missing:
        yield Check(
            name,
            "warning",
            f"the snapshots of {len(missing)} syncs are missing since an older copy of the "
            "warehouse was restored",
            "check.rows_gone",
            {"connector": connector.id, "dataset": connector.dataset},
        )
    newest = next(iter(runs.newest(connector.id, limit=1)), None)
    ahead = newest.fetched[-1].summary.clock_ahead if newest and newest.fetched else None
    wrong = newest is not None and (newest.error or {}).get("code") == "clock_wrong"
    if wrong or not clock_is_right(ahead):
        off = skew_words(ahead) if ahead is not None else "far from TikTok's"
        yield Check(
            name, "warning", f"at its last sync this machine's clock was {off}", "check.clock"
        )


def check_tokens(app: App, connector: Connector) -> Check:
    name = f"tokens of {connector.name}"
    app.tokens.read(connector.id)
    zone(connector.schedule.timezone)
    if connector.destination == UNREADABLE:
        raise WrongKey(f"the destination of {connector.name!r} cannot be decrypted")
    needs = partial(Check, code=ReconnectNeeded.code, facts={"connector": connector.id})
    if connector.state == "reconnect_needed":
        return needs(name, "failed", f"reconnect needed: {connector.state_reason}")
    ends = connector.consent_ends
    if ends is None:
        return needs(name, "failed", "the connector has no tokens")
    left = ends - app.clock.now()
    if left <= timedelta(0):
        return needs(name, "failed", f"the consent ended on {ends:%Y-%m-%d}")
    if consent_ends_soon(ends, app.clock.now()):
        return needs(name, "warning", f"the consent ends on {ends:%Y-%m-%d}, in {left.days} days")
    return Check(name, "ok", f"the consent lasts until {ends:%Y-%m-%d}")
