"""Whose rows a dataset holds, and as of when.

Its address cannot tell: a server has several names, and data outlives connectors.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from tiktok_organic.errors import Conflict
from tiktok_organic.reports import REPORTS
from tiktok_organic.table import Table
from tiktok_organic.warehouse.base import Load, Warehouse

__all__ = [
    "StoredProfile",
    "claim_days",
    "newest_snapshot",
    "refuse_strangers",
    "stored_days",
    "stored_profile",
]

_DAILY = REPORTS["profile_daily_metric"].table
_NAMED = ("profile", "profile_snapshot_metric")
_NAMELESS = REPORTS["video_snapshot_metric"].table


def stored_days(warehouse: Warehouse, dataset: str, account_id: str) -> set[date]:
    """The days that have their row. Raises Conflict when the dataset has another account's rows."""
    found = warehouse.distinct(dataset, _DAILY, ["_quanti_ad_account", "date"])
    others = {str(account) for account, _ in found if account != account_id}
    if others:
        raise _taken(dataset, f"rows of the account {min(others)}")
    return {day for _, day in found}


def claim_days(loading: Load, account_id: str) -> None:
    """Refuse the commit when another account has days by then, however late they came.

    `stored_days` looks before the rows are staged; this is checked in the transaction that writes.
    """
    loading.claim(_DAILY, "_quanti_ad_account", account_id)


@dataclass(frozen=True)
class StoredProfile:
    """The rows of the table `profile`: their names, and when the newest was written."""

    names: frozenset[str]
    loaded_at: datetime | None


def stored_profile(warehouse: Warehouse, dataset: str) -> StoredProfile:
    """What the table `profile` holds: one row, or more from times when the account had another
    name."""
    columns = ["username", "_quanti_loaded_at"]
    found = warehouse.distinct(dataset, REPORTS["profile"].table, columns)
    written = max((at for _, at in found if at is not None), default=None)
    return StoredProfile(frozenset(str(name) for name, _ in found if name is not None), written)


def newest_snapshot(warehouse: Warehouse, dataset: str, table: Table) -> datetime | None:
    """The sync date of the newest snapshot in the table."""
    found = warehouse.distinct(dataset, table, ["_quanti_sync_date"])
    return max((at for (at,) in found if at is not None), default=None)


def refuse_strangers(
    warehouse: Warehouse, dataset: str, account_id: str, usernames: Collection[str]
) -> None:
    """Raises Conflict when the dataset holds rows that are not this account's, or that nothing
    tells to be its own.

    The days carry the account's id; where there are none, the names must be those under which the
    account was known.
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
                raise _taken(dataset, f"rows of @{min(names - set(usernames))}")
            return
    if warehouse.count(dataset, _NAMELESS):
        raise _taken(dataset, "videos, and nothing tells whose")


def _taken(dataset: str, what: str) -> Conflict:
    return Conflict(
        f"the dataset {dataset!r} holds {what}",
        code="dataset_taken",
    )
