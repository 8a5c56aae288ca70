"""Steps 3 and 4 of connecting (reports, name, dataset, destination), and later changes of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tiktok_organic.actions.connector_choices import Choices, check_choices, refuse_data, suggest
from tiktok_organic.actions.consent import Consent
from tiktok_organic.actions.order_run import order_run
from tiktok_organic.app import App
from tiktok_organic.connector import (
    Connector,
    Schedule,
    check_hour,
    check_lookback,
    check_name,
    check_reports,
    check_schedule,
    check_timezone,
    check_weekday,
)
from tiktok_organic.errors import (
    AlreadyRunning,
    Refused,
)
from tiktok_organic.reports import DAILY_REPORT, REPORTS
from tiktok_organic.work.next_due_time import next_due

__all__ = ["create", "edit", "order_after_reconnect", "reconnect"]


def create(app: App, consent: Consent, choices: Choices) -> Connector:
    """Store the connector together with its tokens.

    Raises what `check_choices` raises; nothing is stored then.
    """
    checked = check_choices(app, choices)
    destination = str(checked.destination)
    name, dataset = suggest(app, consent, destination)
    now = app.clock.now()
    schedule = Schedule(
        every=check_schedule(checked.schedule),
        timezone=checked.timezone or app.settings_for("TIMEZONE").timezone,
    )
    account = consent.account
    connector = Connector(
        id=f"c-{secrets.token_hex(4)}",
        name=checked.name or name,
        account_id=consent.tokens.account_id,
        username=consent.username,
        former_usernames=(),
        display_name=consent.display_name,
        avatar=account.profile_image or "",
        dataset=checked.dataset or dataset,
        destination=destination,
        reports=tuple(checked.reports or ()),
        schedule=schedule,
        # TikTok counts 24 to 48 hours late, so the last days are read again.
        lookback=5,
        state="active",
        state_reason="",
        scopes=consent.tokens.scopes,
        api_url=consent.api_url,
        created_at=now,
        first_asked=_first_day(checked, now.date()),
        next_due=next_due(schedule, now),
        consent_ends=consent.tokens.consent_ends,
        followers=account.followers_count,
        views=checked.views,
    )
    with app.warehouse(destination) as warehouse:
        # Before anything is stored: with a wrong destination, every sync would fail.
        warehouse.check(connector.dataset)
    refuse_data(app, destination, connector.dataset, consent)
    with app.database.begin() as connection:
        app.connectors.add(connector, connection)
        app.tokens.write(connector.id, consent.tokens, now, connection)
    return connector


def _first_day(choices: Choices, today: date) -> date | None:
    """Return the day from which on no day may be missing.

    With a chosen recovery, this is its first day: the first sync requests all days since then,
    whichever sync it is.
    """
    if DAILY_REPORT not in (choices.reports or ()):
        return None
    # Days before were never requested, so `coverage` must not show them as missing.
    return min(today, choices.recover_from or today)


def order_after_reconnect(app: App, connector: Connector) -> str:
    """Order the sync that fetches the gap; return the id of its run, or of the unfinished one."""
    try:
        return order_run(app, connector, window=None).id
    except AlreadyRunning:
        return app.runs.newest(connector.id, limit=1)[0].id


def reconnect(app: App, connector: Connector, consent: Consent) -> Connector:
    """Store new tokens for the same account, and make a stopped connector active again.

    Raises NotFound when the connector was removed in the meantime; nothing is stored then.
    """
    now = app.clock.now()
    with app.database.begin() as connection:
        stored = app.connectors.locked(connector.id, connection)
        values: dict[str, Any] = {"scopes": list(consent.tokens.scopes), "state_reason": ""}
        # A paused connector stays paused.
        if stored.state == "reconnect_needed":
            values |= {"state": "active", "next_due": next_due(stored.schedule, now)}
        app.tokens.write(connector.id, consent.tokens, now, connection)
        app.connectors.change(connector.id, values, connection)
    return app.connectors.get(connector.id)


def edit(
    app: App,
    connector: Connector,
    *,
    name: str | None = None,
    reports: Sequence[str] | None = None,
    schedule: str | None = None,
    hour: int | None = None,
    weekday: str | None = None,
    timezone: str | None = None,
    lookback: int | None = None,
    views: bool | None = None,
) -> Connector:
    """Change a connector. Raises BadValue, Conflict; nothing is changed then."""
    given = (name, reports, schedule, hour, weekday, timezone, lookback, views)
    if all(value is None for value in given):
        raise Refused(
            "no change was given",
            case="nothing_to_change",
            connector=connector.id,
        )
    former = connector.schedule
    made = Schedule(
        every=former.every if schedule is None else check_schedule(schedule),
        hour=former.hour if hour is None else check_hour(hour),
        weekday=former.weekday if weekday is None else check_weekday(weekday),
        timezone=former.timezone if timezone is None else check_timezone(timezone),
    )
    changed = replace(
        connector,
        name=connector.name if name is None else check_name(name),
        reports=connector.reports if reports is None else check_reports(reports, REPORTS),
        lookback=connector.lookback if lookback is None else check_lookback(lookback),
        schedule=made,
        views=connector.views if views is None else views,
    )
    if changed.first_asked is None and DAILY_REPORT in changed.reports:
        changed = replace(changed, first_asked=app.clock.now().date())
    if made != former:
        due = next_due(made, app.clock.now()) if connector.state == "active" else None
        changed = replace(changed, next_due=due)
    app.connectors.save(changed, connector)
    return app.connectors.get(connector.id)
