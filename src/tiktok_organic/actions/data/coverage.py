"""The state of every account day, from the earliest recovered or connected one to yesterday."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tiktok_organic.actions.runs.order_run import first_day
from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.sync.day_states import day_state, days_left
from tiktok_organic.sync.window import Window

__all__ = ["coverage"]


def coverage(app: App, connector: Connector) -> dict[str, Any]:
    """Return the states of all days, a summary, and missing snapshots.

    `days`: each with `date`, `status` (final, provisional, missing, lost) and, if it can still
    improve, `days_left` until TikTok no longer returns it. `summary`: the number of days per
    status. `missing_snapshots`: the sync dates that were loaded and that the warehouse lacks after
    an older copy of it was restored; `replay` into the connector's dataset writes them again.
    """
    now = app.clock.now()
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    start = first_day(connector) or today  # without the daily report, no day can be missing
    known = app.days.known(connector.id)
    days = []
    for day in Window(start, yesterday).days() if start <= yesterday else []:
        status = day_state(day, known.get(day), today)
        days.append(
            {"date": day.isoformat(), "status": status, "days_left": days_left(day, status, today)}
        )
    summary = dict.fromkeys(("final", "provisional", "missing", "lost"), 0)
    for each in days:
        summary[str(each["status"])] += 1
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "summary": summary,
        "days": days,
        "missing_snapshots": [timestamp(run.sync_date) for run in app.runs.gone(connector.id)],
    }
