"""Change a connector: its name, reports, schedule, lookback and views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.connector_rules import (
    check_hour,
    check_lookback,
    check_name,
    check_reports,
    check_schedule,
    check_timezone,
    check_weekday,
)
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.errors import (
    Refused,
)
from tiktok_organic.reports import DAILY_REPORT, REPORTS
from tiktok_organic.store.connectors.connectors import Connectors

__all__ = ["edit_connector"]


def edit_connector(
    connectors: Connectors,
    connector: Connector,
    now: datetime,
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
        changed = replace(changed, first_asked=now.date())
    if made != former:
        due = next_due(made, now) if connector.state == "active" else None
        changed = replace(changed, next_due=due)
    connectors.save(changed, connector)
    return connectors.get(connector.id)
