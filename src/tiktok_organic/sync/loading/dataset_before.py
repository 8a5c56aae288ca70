"""What a dataset holds before a load: its days, its profile, and whether it is an older copy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tiktok_organic.reports import DAILY_REPORT, PROFILE_REPORT, REPORTS, SNAPSHOT_REPORTS
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.loading.companion_tables import Companion
from tiktok_organic.sync.loading.dataset_owner import (
    DAYS,
    PROFILE,
    StoredProfile,
    days_in,
    newest_snapshot,
    profile_in,
)
from tiktok_organic.sync.run import Run
from tiktok_organic.warehouse.contract import Held, Warehouse

__all__ = ["DatasetBefore", "older_copy", "read_before"]

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DatasetBefore:
    """The content of a dataset before a load.

    `days` and `profile`: None if the load does not write their report. `held`: for each companion,
    what it wanted.
    """

    days: set[date] | None = None
    profile: StoredProfile | None = None
    held: Sequence[Sequence[Held]] = ()


def read_before(
    task: AttemptTask,
    reports: Collection[str],
    companions: Sequence[Companion],
    newest: Run | None,
    warehouse: Warehouse,
) -> DatasetBefore:
    """Read everything that the load needs to know of the dataset, at once.

    `newest`: the newest loaded run that the store knows. Raises Conflict when the dataset has days
    of another account.
    """
    if not reports:
        return DatasetBefore()
    days = [DAYS] if DAILY_REPORT in task.reports else []
    profile = [PROFILE] if PROFILE_REPORT in reports else []
    wanted = [companion.wanted() for companion in companions]
    # In one call: each one is a connection or several requests, depending on the warehouse.
    asked = [*days, *profile, *(one for each in wanted for one in each)]
    last = None if newest is None else newest.id
    found = iter(warehouse.rows_of(task.dataset, asked, last_run=last) if asked else ())
    return DatasetBefore(
        days_in(next(found), task.dataset, task.account_id) if days else None,
        profile_in(next(found)) if profile else None,
        [[next(found) for _ in each] for each in wanted],
    )


def older_copy(
    newest: Run | None, profile: StoredProfile | None, task: AttemptTask, warehouse: Warehouse
) -> datetime | None:
    """Return the time since which every load is missing, if an older copy was restored.

    None if the newest load that the store knows is in the warehouse, or wrote no row with a time
    (days alone).
    """
    # In a retry of the newest run, its own rows prove nothing about the loads before it.
    if newest is None or newest.id == task.run_id:
        return None
    wrote = {name for name, result in newest.results.items() if result.succeeded and result.rows}
    if profile is not None and PROFILE_REPORT in wrote:
        # That run wrote the row after it began; an older row is from an older copy.
        begun = newest.started_at or newest.created_at
        written = profile.loaded_at
        return None if written and written >= begun else written or _BEGINNING
    for name in SNAPSHOT_REPORTS:
        if name in wrote:
            snapshot = newest_snapshot(warehouse, task.dataset, REPORTS[name].table)
            found = snapshot is not None and snapshot >= newest.sync_date
            return None if found else snapshot or _BEGINNING
    return None
