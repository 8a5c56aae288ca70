"""Steps 3 and 4 of connecting (reports, name, dataset, destination), and reconnecting."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from tiktok_organic.actions.connectors.connector_choices import (
    Choices,
    check_choices,
    refuse_data,
    suggest,
)
from tiktok_organic.actions.connectors.consent import Consent
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.app import App
from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.connector_rules import check_schedule
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.errors import (
    AlreadyRunning,
)
from tiktok_organic.reports import DAILY_REPORT

__all__ = ["create", "order_after_reconnect", "reconnect"]


def create(app: App, consent: Consent, choices: Choices) -> Connector:
    """Store the connector together with its tokens.

    Raises what `check_choices` raises; nothing is stored then.
    """
    checked, now = check_choices(app, choices), app.clock.now()
    connector = _new_connector(app, consent, checked, now)
    with app.warehouse(connector.destination) as warehouse:
        # Before anything is stored: with a wrong destination, every sync would fail.
        warehouse.check(connector.dataset)
    refuse_data(app.warehouse, connector.destination, connector.dataset, consent)
    with app.database.begin() as connection:
        app.connectors.add(connector, connection)
        app.tokens.write(connector.id, consent.tokens, now, connection)
    return connector


def _new_connector(app: App, consent: Consent, checked: Choices, now: datetime) -> Connector:
    """Return the connector with the choices, or what is proposed for those that are missing."""
    destination = str(checked.destination)
    name, dataset = suggest(app, consent, destination)
    schedule = Schedule(
        every=check_schedule(checked.schedule),
        timezone=checked.timezone or app.settings_for("TIMEZONE").timezone,
    )
    account = consent.account
    return Connector(
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
