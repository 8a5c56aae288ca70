"""Why a value is empty: a sentence for each reason, and the reason in older snapshots.

The view `absence` has the reason for stored days and for the newest snapshots. This module applies
the same rules to older snapshots; a test compares it with the view.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tiktok_organic.history.table_columns import SYNC_RUN
from tiktok_organic.history.tables_and_views import Relation, relations
from tiktok_organic.history.when_columns_are_filled import Fact, facts
from tiktok_organic.reports import DAILY_REPORT, DAILY_TABLE, VIDEO_REPORT
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["REASONS", "Reasons", "reason_of_snapshot"]

Row = Mapping[str, Any]

REASONS = {
    "permission_withheld": "The owner withheld the permission for it on TikTok's consent page.",
    "not_business": "TikTok has it for Business accounts only, and this account is not one.",
    "under_100_followers": "TikTok has it from 100 followers on.",
    "before_analytics": "TikTok had no analytics of the account yet.",
    "too_fresh": "TikTok had not counted it yet; it counts 24 to 48 hours late.",
    "frozen_video": "TikTok stops counting a video 365 days after it was published.",
    "idle_video": "TikTok omits it when a video had no activity for 7 days.",
    "not_registered_business": "TikTok never sent it for this account: it has it for registered "
    "Business accounts only.",
    "nothing_sent": "TikTok sent nothing, and did not say why.",
}
# TikTok counts 24 to 48 hours late.
_YOUNG = timedelta(days=2)
# After a year, TikTok no longer counts a video.
_FROZEN = timedelta(days=365)


class Reasons:
    """The reasons for the empty values of one column of a dataset."""

    def __init__(
        self, warehouse: Warehouse, dataset: str, relation: Relation, column: Column
    ) -> None:
        self._warehouse = warehouse
        self._dataset = dataset
        self._relation = relation
        self._column = column

    def of(self, row: Row) -> dict[str, str | None]:
        """Return why the value is empty, by the rules of the view `absence`."""
        if self._relation.kind != "report":
            return {"reason": None, "sentence": "See the inputs, or the tables it is read from."}
        reason = self._reason_in_view(row)
        sync_date = row.get("_quanti_sync_date")
        if reason is None and sync_date is not None:
            reason = self._reason_in_snapshot(row, sync_date)
        sentence = REASONS.get(reason or "", "The view `absence` does not exist in this dataset.")
        return {"reason": reason, "sentence": sentence}

    def _reason_in_view(self, row: Row) -> str | None:
        where = [
            Condition("table_name", "=", self._relation.name),
            Condition("column_name", "=", self._column.name),
        ]
        if self._relation.name == DAILY_REPORT:
            where.append(Condition("date", "=", row["date"]))
        if self._relation.name == VIDEO_REPORT:
            where.append(Condition("item_id", "=", row["item_id"]))
        sync_date = row.get("_quanti_sync_date")
        if sync_date is not None and self._is_followed(row, sync_date):
            return None
        rows = self._rows(relations()["absence"], where, limit=1)
        return rows[0]["reason"] if rows else None

    def _is_followed(self, row: Row, sync_date: datetime) -> bool:
        """Whether a newer snapshot exists; the view contains only the newest one."""
        where = [Condition("_quanti_sync_date", ">", sync_date)]
        if self._relation.name == VIDEO_REPORT:
            where.append(Condition("item_id", "=", row["item_id"]))
        return bool(self._rows(self._relation, where, limit=1))

    def _reason_in_snapshot(self, row: Row, sync_date: datetime) -> str | None:
        dataset = self._dataset
        run = self._warehouse.rows(
            dataset, SYNC_RUN, where=[Condition("sync_date", "=", sync_date)], limit=1
        )
        daily = DAILY_TABLE
        days = self._warehouse.rows(dataset, daily, order=["date"])
        others = []
        first: datetime | None = None
        if self._relation.name == VIDEO_REPORT:
            where = [Condition("item_id", "=", row["item_id"])]
            others = self._rows(self._relation, where)
            oldest = self._rows(self._relation, order=["_quanti_sync_date"], limit=1)
            first = oldest[0]["_quanti_sync_date"]
        return reason_of_snapshot(
            self._relation.table,
            self._column.name,
            row,
            withheld=run[0]["withheld_columns"] if run else None,
            has_days=any(day["video_views"] is not None for day in days),
            others=others,
            first_sync=first,
        )

    def _rows(
        self,
        relation: Relation,
        where: Iterable[Condition] = (),
        order: Iterable[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        return self._warehouse.rows(
            self._dataset, relation.table, where=list(where), order=list(order), limit=limit
        )


def reason_of_snapshot(
    table: Table,
    column: str,
    row: Row,
    *,
    withheld: str | None,
    has_days: bool,
    others: Sequence[Row],
    first_sync: datetime | None,
) -> str | None:
    """Return why `column` is empty in a snapshot; None for a column that TikTok does not fill.

    `withheld`: the columns whose permission was withheld at that time, from `sync_run`.
    `has_days`: whether TikTok sent any day of the account. `others`: all snapshots of the same
    video. `first_sync`: the first sync of any video.
    """
    fact = next((one for one in facts(table.name) if one.column == column), None)
    if fact is None:
        return None
    if f"{table.name}.{column}" in json.loads(withheld or "[]"):
        return "permission_withheld"
    if table.name == VIDEO_REPORT:
        return _reason_of_video(fact, row, others, first_sync)
    followers = row["followers_count"]
    under = followers < 100 if followers is not None else row[column] == "[]"
    if fact.hundred and under:
        return "under_100_followers"
    return "before_analytics" if fact.hundred and not has_days else "nothing_sent"


def _reason_of_video(
    fact: Fact, row: Row, others: Sequence[Row], first_sync: datetime | None
) -> str:
    created = row["create_time"]
    age = row["_quanti_sync_date"] - created if created is not None else None
    if fact.counted and age is not None and age < _YOUNG:
        return "too_fresh"
    if fact.counted and age is not None and age > _FROZEN:
        return "frozen_video"
    perishable = [one for one in facts(VIDEO_REPORT) if one.perishable]
    all_expired = all(_is_empty(one, row) for one in perishable)
    earlier = [one for one in others if one["_quanti_sync_date"] <= row["_quanti_sync_date"]]
    was_present = any(one[name.column] is not None for one in earlier for name in perishable)
    from_the_start = any(one["_quanti_sync_date"] == first_sync for one in earlier)
    if fact.perishable and all_expired and (was_present or from_the_start):
        return "idle_video"
    return "nothing_sent"


def _is_empty(fact: Fact, row: Row) -> bool:
    value = row[fact.column]
    return value is None or (fact.json and value == "[]")
