"""Order a run: its row with sync date and window exists before anything is fetched."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.engine.engine import Ordered
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.errors import AlreadyRunning, ReconnectNeeded, Refused
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.store.runs.due_work import DueWork
from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.run import Run, RunNotes
from tiktok_organic.sync.window import Window, daily_window, recovery_window

__all__ = ["first_day", "order_run", "window_for_recovery"]


def order_run(
    app: App,
    connector: Connector,
    *,
    window: Window | None,
    requested_by: str = "person",
    scheduled_for: datetime | None = None,
    curves: bool = False,
) -> Run:
    """Order a sync (`window` None: the daily window) or a recovery, and announce it to the engine.

    `scheduled_for`: the due time that the order serves; the connector's next one is set in the same
    transaction. `curves`: also request the videos' second-by-second curves for the archive.

    Raises ReconnectNeeded, and AlreadyRunning if a run of the connector is waiting or running, or
    if another process has ordered the due sync.
    """
    _refuse_without_consent(connector)
    now, engine = app.clock.now(), app.engine
    with app.database.begin() as connection:
        # First, because it locks the connector's row: two orders at once make one run.
        _refuse_second(connector, scheduled_for, now, connection)
        known = app.days.known(connector.id, connection)
        row = _new_row(connector, window, known, now, requested_by=requested_by, curves=curves)
        app.runs.add(row, connection)
        if engine is not None:
            # In the transaction of the run: a queue in the database has the job exactly if the run
            # exists.
            engine.announce(
                Ordered(row["id"], connector.id, by_person=requested_by != "schedule"), connection
            )
    if engine is not None:
        # After the commit, because a woken thread of another connection must see the run.
        engine.wake()
    return app.runs.get(row["id"])


def _refuse_without_consent(connector: Connector) -> None:
    if connector.state == "reconnect_needed":
        raise ReconnectNeeded(
            f"{connector.name!r} cannot be synced: "
            f"{connector.state_reason or 'its consent is gone'}",
            connector=connector.id,
            username=connector.username,
        )


def _new_row(
    connector: Connector,
    window: Window | None,
    known: Mapping[date, DayRecord],
    now: datetime,
    *,
    requested_by: str,
    curves: bool,
) -> dict[str, Any]:
    """Return the row of a new run, ordered now; `known` has the days that are stored."""
    asked = window or daily_window(now.date(), connector.lookback, first_day(connector), known)
    return {
        # It begins with the time, so that the archive's files of a connector are sorted by it.
        "id": f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        "connector_id": connector.id,
        "kind": "sync" if window is None else "recovery",
        "requested_by": requested_by,
        "sync_date": now,
        "reports": list(connector.reports),
        "window_start": asked.start,
        "window_end": asked.end,
        # The sync date may be moved to keep it unique; this is the time of the order.
        "created_at": now,
        "notes": RunNotes(curves=curves),
    }


def first_day(connector: Connector) -> date | None:
    """Return the day from which on no day may be missing.

    For connectors without a stored day, this is the day of their creation.
    """
    if connector.first_asked is None and DAILY_REPORT in connector.reports:
        return connector.created_at.date()
    return connector.first_asked


def _refuse_second(
    connector: Connector, scheduled_for: datetime | None, now: datetime, connection: Connection
) -> None:
    """Raise AlreadyRunning."""
    unfinished = DueWork.unfinished(connector.id, connection)
    if unfinished is not None:
        raise AlreadyRunning(f"{connector.name!r} is already being synced (run {unfinished})")
    if scheduled_for is not None:
        following = next_due(connector.schedule, now)
        if not DueWork.serve_due(connector.id, scheduled_for, following, connection):
            raise AlreadyRunning(
                f"another process has already ordered the due sync of {connector.name!r}"
            )


def window_for_recovery(
    connector: Connector,
    today: date,
    *,
    start: date | None = None,
    end: date | None = None,
    days: int | None = None,
) -> Window:
    """Return the window of a recovery that is ordered `today` (UTC).

    Raises BadValue for days beyond TikTok's 60, and for contradictory dates.
    """
    if days is not None and start is not None:
        raise Refused("days and from cannot be combined", case="days_and_from")
    if DAILY_REPORT not in connector.reports:
        raise Refused(
            f"only {DAILY_REPORT} can be recovered, and it is not among the connector's reports",
            case="no_past",
            connector=connector.id,
            reports=",".join((*connector.reports, DAILY_REPORT)),
        )
    return recovery_window(today, start, end, days)
