"""The account that owns a dataset's rows, and their age.

The rows decide, not the address: a server has several names, and data outlives connectors.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tiktok_organic.reports import DAILY_TABLE, REPORTS
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Held, Load, Warehouse, taken
from tiktok_organic.warehouse.wanted_rows import Wanted

__all__ = [
    "DAYS",
    "PROFILE",
    "StoredProfile",
    "claim_days",
    "days_in",
    "newest_snapshot",
    "profile_in",
    "refuse_strangers",
    "stored_days",
]

# Tables whose rows have a username; those of the videos have neither name nor id of the account.
_NAMED = ("profile", "profile_snapshot_metric")
_NAMELESS = REPORTS["video_snapshot_metric"].table


DAYS = Wanted(DAILY_TABLE, columns=("_quanti_ad_account", "date"))
"""What `days_in` looks at."""
PROFILE = Wanted(REPORTS["profile"].table, columns=("username", "_quanti_loaded_at"))
"""What `profile_in` looks at."""


def stored_days(warehouse: Warehouse, dataset: str, account_id: str) -> set[date]:
    """Return the days with a row. Raises Conflict if the dataset has another account's rows."""
    found = warehouse.distinct(dataset, DAILY_TABLE, ["_quanti_ad_account", "date"])
    return _days(found, dataset, account_id)


def days_in(held: Held, dataset: str, account_id: str) -> set[date]:
    """The same of rows that were read already."""
    found = ((row["_quanti_ad_account"], row["date"]) for row in held.rows)
    return _days(set(found), dataset, account_id)


def _days(found: Collection[tuple[Any, ...]], dataset: str, account_id: str) -> set[date]:
    others = {str(account) for account, _ in found if account != account_id}
    if others:
        raise taken(dataset, f"rows of the account {min(others)}")
    return {day for _, day in found}


def claim_days(loading: Load, account_id: str) -> None:
    """Refuse the commit if another account has days in the dataset.

    `stored_days` checks before the rows are staged; this check is part of the writing transaction.
    """
    loading.claim(DAILY_TABLE, "_quanti_ad_account", account_id)


@dataclass(frozen=True)
class StoredProfile:
    """The rows of the table `profile`: their names, and when the newest was written."""

    names: frozenset[str]
    loaded_at: datetime | None


def profile_in(held: Held) -> StoredProfile:
    """Return the content of the table `profile`: one row, and one for each former username."""
    written = (row["_quanti_loaded_at"] for row in held.rows)
    return StoredProfile(
        frozenset(str(row["username"]) for row in held.rows if row["username"] is not None),
        max((at for at in written if at is not None), default=None),
    )


def newest_snapshot(warehouse: Warehouse, dataset: str, table: Table) -> datetime | None:
    """Return the sync date of the newest snapshot in the table."""
    found = warehouse.distinct(dataset, table, ["_quanti_sync_date"])
    return max((at for (at,) in found if at is not None), default=None)


def refuse_strangers(
    warehouse: Warehouse, dataset: str, account_id: str, usernames: Collection[str]
) -> None:
    """Raise Conflict if the dataset has rows of another account, or rows of an unknown account.

    Days contain the account's id. Without days, the names must be known names of the account.
    """
    if stored_days(warehouse, dataset, account_id):
        return
    for name in _NAMED:
        names = {
            str(username)
            for (username,) in warehouse.distinct(dataset, REPORTS[name].table, ["username"])
        }
        if names:
            if not names <= set(usernames):
                raise taken(dataset, f"rows of @{min(names - set(usernames))}")
            return
    if warehouse.count(dataset, _NAMELESS):
        raise taken(dataset, "videos, without the account that they belong to")
