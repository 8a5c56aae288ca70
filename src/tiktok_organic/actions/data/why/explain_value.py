"""Explain one value of the dataset: its source, its earlier values, or why it is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tiktok_organic.actions.data.why.inputs_of_view_value import inputs_of
from tiktok_organic.actions.data.why.origin_of_value import Origins
from tiktok_organic.actions.data.why.reason_for_empty_value import Reasons
from tiktok_organic.actions.data.why.value_conversion import as_stored, conditions_on, json_value
from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.errors import NotFound
from tiktok_organic.history.table_columns import COVERAGE_DAY, PROFILE_DAILY_METRIC_CHANGE
from tiktok_organic.history.tables_and_views import Key, Relation, read_key, relations
from tiktok_organic.reports import DAILY_REPORT, VIDEO_REPORT
from tiktok_organic.table_definition import Column
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["why"]


Row = Mapping[str, Any]

_EARLIER = 10


def why(app: App, connector: Connector, table: str, key: str, column: str) -> dict[str, Any]:
    """Explain one value.

    Raises NotFound for an unknown table, column or row, and BadValue for an unreadable key;
    DestinationBusy and DestinationRefused if the warehouse cannot be read.
    """
    relation = _relation(table)
    described = _column(relation, column)
    wanted = read_key(relation, key)
    with app.warehouse(connector.destination) as warehouse:
        return _Explanation(app, connector, warehouse, relation, described).document(wanted)


def _relation(name: str) -> Relation:
    known = relations()
    if name not in known:
        raise NotFound(
            f"the table or view {name!r} does not exist",
            code="unknown_table",
            tables=list(known),
        )
    return known[name]


def _column(relation: Relation, name: str) -> Column:
    try:
        return relation.table.column(name)
    except KeyError:
        raise NotFound(
            f"{relation.name} has no column {name!r}",
            code="unknown_column",
            columns=list(relation.table.names),
        ) from None


class _Explanation:
    """The explanation of one value of one connector."""

    def __init__(
        self,
        app: App,
        connector: Connector,
        warehouse: Warehouse,
        relation: Relation,
        column: Column,
    ) -> None:
        self._app = app
        self._connector = connector
        self._warehouse = warehouse
        self._relation = relation
        self._column = column
        runs = app.runs.loaded(connector.id)
        self._origins = Origins(app.archive, runs, relation, column)
        self._reasons = Reasons(warehouse, connector.dataset, relation, column)

    def document(self, wanted: Key) -> dict[str, Any]:
        """Return everything known about the value of the row that `wanted` names."""
        row = self._row(wanted)
        value = row[self._column.name]
        found = self._origins.of(row)
        is_empty = value is None or (self._column.json and value == "[]")
        return {
            "connector": {"id": self._connector.id, "name": self._connector.name},
            "table": self._relation.name,
            "key": {name: json_value(row[name]) for name in self._relation.table.key},
            "column": self._column.name,
            "meaning": self._column.about,
            "value": json_value(value),
            "day_state": self._day_state(row),
            "run_id": found.run.id if found.run else None,
            "sync_date": timestamp(found.run.sync_date) if found.run else self._sync_of(row),
            "request_id": found.origin.request_id if found.origin else None,
            "answer": found.origin.document() if found.origin else None,
            "answer_missing": found.lost,
            "earlier": self._earlier(row),
            "empty": self._reasons.of(row) if is_empty else None,
            "computed_from": list(self._relation.reads),
            "inputs": inputs_of(self._relation, self._column, row),
        }

    def _row(self, wanted: Key) -> Row:
        self._refuse_other_account(wanted)
        relation = self._relation
        conditions: list[Condition] = []
        absent = []
        for name in relation.asked_key:
            value = wanted.get(name)
            if value is None and name != relation.sync_column:
                absent.append(name)
            elif value is not None:
                conditions += conditions_on(relation, name, value)
        order = [f"-{relation.sync_column}"] if relation.sync_column else []
        rows = self._rows(relation, conditions, order, None if absent else 1)
        for row in rows:
            if all(row[name] is None for name in absent):
                return row
        raise self._unknown(wanted)

    def _rows(
        self,
        relation: Relation,
        where: Iterable[Condition] = (),
        order: Iterable[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        return self._warehouse.rows(
            self._connector.dataset,
            relation.table,
            where=list(where),
            order=list(order),
            limit=limit,
        )

    def _refuse_other_account(self, wanted: Key) -> None:
        own = {
            self._connector.account_id,
            self._connector.username,
            *self._connector.former_usernames,
        }
        for name in self._relation.own_key:
            if name in wanted and wanted[name] not in own:
                raise NotFound(
                    f"{name} {wanted[name]!r} is not the account of {self._connector.name!r}",
                    code="unknown_key",
                    case="account",
                    username=self._connector.username,
                    account_id=self._connector.account_id,
                )

    def _unknown(self, wanted: Key) -> NotFound:
        relation = self._relation
        key = "|".join(str(json_value(value)) for value in wanted.values())
        asked = relation.asked_key[0] if relation.asked_key else relation.table.key[0]
        first = self._rows(relation, order=[asked], limit=1)
        last = self._rows(relation, order=[f"-{asked}"], limit=1)
        if not first:
            return NotFound(
                f"{relation.name} has no rows in {self._connector.dataset}",
                code="unknown_key",
                case="no_rows",
            )
        low, high = (json_value(row[0][asked]) for row in (first, last))
        state = self._state_of(wanted.get("date"))
        return NotFound(
            f"{relation.name} has no row {key!r}" + (f": that day is {state}" if state else ""),
            code="unknown_key",
            key=asked,
            first=str(low),
            last=str(high),
        )

    def _sync_of(self, row: Row) -> str | None:
        """Return the sync of a history row or a view's row, if it names one."""
        return timestamp(row.get("sync_date"))

    def _earlier(self, row: Row) -> list[dict[str, Any]]:
        if self._relation.kind != "report":
            return []
        if self._relation.name == DAILY_REPORT:
            return self._corrections(row)
        sync_date = row.get("_quanti_sync_date")
        if sync_date is None:
            return []
        conditions = [Condition("_quanti_sync_date", "<", sync_date)]
        if self._relation.name == VIDEO_REPORT:
            conditions.append(Condition("item_id", "=", row["item_id"]))
        rows = self._rows(self._relation, conditions, ["-_quanti_sync_date"], _EARLIER)
        return [
            {
                "value": json_value(one[self._column.name]),
                "sync_date": timestamp(one["_quanti_sync_date"]),
                "replaced_at": None,
            }
            for one in rows
        ]

    def _corrections(self, row: Row) -> list[dict[str, Any]]:
        """Return the earlier values of the day, newest first."""
        changes = self._warehouse.rows(
            self._connector.dataset,
            PROFILE_DAILY_METRIC_CHANGE,
            where=[
                Condition("date", "=", row["date"]),
                Condition("metric", "=", self._column.name),
            ],
            order=["sync_date"],
        )
        covered = self._coverage(row["date"])
        since = covered["first_read_at"] if covered else None
        earlier = []
        for change in changes:
            earlier.append(
                {
                    "value": as_stored(self._column, change["old_value"]),
                    "sync_date": timestamp(since),
                    "replaced_at": timestamp(change["sync_date"]),
                }
            )
            since = change["sync_date"]
        return earlier[::-1]

    def _day_state(self, row: Row) -> str | None:
        day = row.get("date") if self._relation.name in (DAILY_REPORT, "account_daily") else None
        return self._state_of(day)

    def _state_of(self, day: object) -> str | None:
        covered = self._coverage(day) if isinstance(day, date) else None
        return covered["state"] if covered else None

    def _coverage(self, day: date) -> Row | None:
        rows = self._warehouse.rows(
            self._connector.dataset, COVERAGE_DAY, where=[Condition("date", "=", day)], limit=1
        )
        return rows[0] if rows else None
