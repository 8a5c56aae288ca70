"""Whose rows stand in a dataset. Its address cannot tell: a server has several names, and data outlives connectors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from tiktok_organic.errors import Conflict
from tiktok_organic.reports import REPORTS
from tiktok_organic.warehouse.base import Warehouse

__all__ = ["days", "refuse_strangers"]

_DAILY = REPORTS["profile_daily_metric"].table
_NAMED = ("profile", "profile_snapshot_metric")
_NAMELESS = REPORTS["video_snapshot_metric"].table


def days(warehouse: Warehouse, dataset: str, account_id: str) -> set[date]:
    """The days that have their row. Raises Conflict when another account has rows there too."""
    found = warehouse.distinct(dataset, _DAILY, ["_quanti_ad_account", "date"])
    others = {str(account) for account, _ in found if account != account_id}
    if others:
        raise _taken(dataset, f"rows of the account {min(others)}")
    return {day for _, day in found}


def refuse_strangers(
    warehouse: Warehouse, dataset: str, account_id: str, usernames: Collection[str]
) -> None:
    """Raises Conflict when the dataset holds rows that are not this account's, or that nothing tells to be its own.

    The days carry the account's id; where there are none, the names must be those under which the account was known.
    """
    if days(warehouse, dataset, account_id):
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
        advice="A dataset belongs to one connector: choose another one with --dataset.",
    )
