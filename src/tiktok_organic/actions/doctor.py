"""Check every part of the installation; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tiktok_organic.actions.send_alerts import messenger
from tiktok_organic.app import App
from tiktok_organic.connector import UNREADABLE, Connector, consent_ends_soon, zone
from tiktok_organic.errors import (
    Defect,
    Facts,
    ReconnectNeeded,
    Refused,
    TikTokOrganicError,
    WrongKey,
)
from tiktok_organic.loopback import is_loopback
from tiktok_organic.settings import (
    PREFIX,
    SETTINGS,
    Settings,
    env_file_warning,
    hide_password,
    listed,
    unknown_settings,
)
from tiktok_organic.sync.clock_skew import clock_is_right, skew_words
from tiktok_organic.tiktok.consent_address import App as TikTokApp
from tiktok_organic.tiktok.consent_address import redirect_problems
from tiktok_organic.tiktok.oauth import OAuth

__all__ = ["Check", "checks", "setting_values", "try_app"]

# Secret settings that are shown, without their password.
_ADDRESSES = ("DESTINATION", "STORE_URL", "ARCHIVE_URL")


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


def checks(app: App, variables: dict[str, str]) -> Iterator[Check]:
    """Check every part, in the order of their dependencies.

    `variables`: the environment variables that were read.
    """
    yield _settings(app.settings, variables)
    yield _tiktok_app(app)
    yield _tried("redirect address", lambda: _redirect(app))
    store = _tried("store", lambda: _store(app))
    yield store
    yield _tried("archive", lambda: _archive(app))
    yield _tried(
        "destination", lambda: _destination(app, app.settings_for("DESTINATION").warehouse)
    )
    yield _tried("notifications", lambda: _notifications(app))
    if store.status == "ok":
        for connector in app.connectors.all():
            yield _tried(f"tokens of {connector.name}", partial(_tokens, app, connector))
            yield from _all_tried(f"data of {connector.name}", partial(_data, app, connector))


def setting_values(app: App) -> list[dict[str, Any]]:
    """Return every setting with its value (secrets hidden), default, meaning and source."""
    settings, chosen = _known(app)
    listed = []
    for setting in SETTINGS:
        value = getattr(settings, setting.attribute)
        shown = None if value in (None, "") else str(value)
        if shown:
            shown = (
                "(set)"
                if setting.secret and setting.name not in _ADDRESSES
                else hide_password(shown)
            )
        listed.append(
            {
                "name": setting.variable,
                "value": shown,
                "default": setting.shown_default,
                "meaning": setting.meaning,
                "source": _source(app.settings, setting.name, chosen),
            }
        )
    return listed


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


def _known(app: App) -> tuple[Settings, Collection[str]]:
    """Return the effective settings and which of them were set on the page.

    A store that cannot be read is a check of its own.
    """
    try:
        chosen = app.chosen_settings.texts()
    except TikTokOrganicError:
        return app.settings, ()
    return app.settings.completed(chosen), chosen


def _source(settings: Settings, name: str, chosen: Collection[str]) -> str:
    if settings.decides(name):
        return "environment"
    return "page" if name in chosen else "default"


def _tried(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except TikTokOrganicError as error:
        return _failed(name, error)
    except Exception as error:  # noqa: BLE001 - one part that breaks hides no other
        return _failed(name, Defect(f"{type(error).__name__}: {error}"))


def _all_tried(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """What each look found; one that breaks is a check that failed."""
    try:
        return list(look())
    except TikTokOrganicError as error:
        return [_failed(name, error)]
    except Exception as error:  # noqa: BLE001 - one connector hides no other
        return [_failed(name, Defect(f"{type(error).__name__}: {error}"))]


def _failed(name: str, error: TikTokOrganicError) -> Check:
    return Check(name, "failed", error.message, error.code, error.facts)


def _settings(settings: Settings, variables: dict[str, str]) -> Check:
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


def _tiktok_app(app: App) -> Check:
    try:
        try_app(app, app.portal(app.settings.api_url).tiktok_app)
    except Refused as error:
        return _failed("TikTok app", error)
    except TikTokOrganicError as error:
        return replace(_failed("TikTok app", error), status="warning")
    return Check("TikTok app", "ok", "TikTok knows the app and its secret")


def _redirect(app: App) -> Check:
    address = app.settings_for("REDIRECT_URL").redirect_url
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


def _store(app: App) -> Check:
    count = len(app.connectors.all())
    return Check("store", "ok", f"{hide_password(app.settings.store)}, {count} connectors")


def _archive(app: App) -> Check:
    made = "" if app.archive.check() else ", made when the first answer comes"
    kept = f"kept {app.settings.archive_days} days" if app.settings.archive_days else "kept forever"
    return Check("archive", "ok", f"{hide_password(app.settings.archive)}, {kept}{made}")


def _destination(app: App, url: str) -> Check:
    from tiktok_organic.warehouse.destinations import absolute
    from tiktok_organic.warehouse.duckdb_readers import readers

    address = absolute(url, app.folder)
    with app.warehouse(address) as warehouse:
        warehouse.check("tiktokorganic")
    facts = [hide_password(address), readers(address)]
    return Check("destination", "ok", ", ".join(filter(None, facts)))


def _notifications(app: App) -> Check:
    to = messenger(app)
    if to is None:
        return Check("notifications", "ok", f"no messages are sent: {PREFIX}NOTIFY is not set")
    to.check()
    return Check(
        "notifications", "ok", "apprise understands every address", "check.test_notifications"
    )


def _data(app: App, connector: Connector) -> Iterator[Check]:
    """Check for loaded rows that the warehouse lost, and for effects of a wrong clock."""
    name = f"data of {connector.name}"
    gone = app.runs.gone(connector.id)
    if gone:
        yield Check(
            name,
            "warning",
            f"the snapshots of {len(gone)} syncs are missing since an older copy of the "
            "warehouse was restored",
            "check.rows_gone",
            {"connector": connector.id, "dataset": connector.dataset},
        )
    newest = next(iter(app.runs.newest(connector.id, limit=1)), None)
    ahead = newest.fetched[-1].summary.clock_ahead if newest and newest.fetched else None
    wrong = newest is not None and (newest.error or {}).get("code") == "clock_wrong"
    if wrong or not clock_is_right(ahead):
        off = skew_words(ahead) if ahead is not None else "far from TikTok's"
        yield Check(
            name, "warning", f"at its last sync this machine's clock was {off}", "check.clock"
        )


def _tokens(app: App, connector: Connector) -> Check:
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
