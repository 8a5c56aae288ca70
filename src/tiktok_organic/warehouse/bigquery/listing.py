"""Reading whole tables of one dataset by listing them: no job, no bill, one request for a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.dataset_memory import Known
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.contract import Held, TableState

__all__ = ["BigQueryListing", "Reading"]


@dataclass(frozen=True)
class Reading:
    """The rows of a dataset that were read before a load.

    `remembered`: they were not read from BigQuery, so the commit must check them.
    """

    tables: Mapping[Table, Held]
    remembered: bool = False


class BigQueryListing:
    """The rows of the dataset that `tables` describes."""

    def __init__(self, tables: BigQueryTables) -> None:
        self._tables = tables

    def held(self, asked: Sequence[Table]) -> dict[Table, Held]:
        """What the dataset holds of each table, asked side by side.

        What is found out about the tables on the way is remembered for the load that follows.
        """
        location = self._tables.known_location()
        if location is None:
            return {table: Held(TableState.MISSING, []) for table in asked}
        with ThreadPoolExecutor(len(asked), thread_name_prefix="listing") as pool:
            found = dict(zip(asked, pool.map(self._one, asked), strict=True))
        complete = {
            table: (tuple(field.name for field in stored.schema), str(stored.created))
            for table, (_, stored) in found.items()
            if stored is not None and self._tables.complete(table, stored)
        }
        if complete:
            self._tables.memory.remember(Known(location, complete))
        return {table: held for table, (held, _) in found.items()}

    def known_values(self, table: Table, columns: Sequence[str]) -> list[tuple[Any, ...]] | None:
        """Return the values of columns of a table that this process remembers.

        None if it remembers none, or outdated ones.
        """
        known = self._tables.memory.known()
        if known is None or table not in known.tables:
            return None
        errors = library("google.api_core.exceptions")
        # Values of another type: the table was made again, with its columns in another order.
        with suppress(errors.NotFound, errors.BadRequest, ValueError, TypeError):
            return self.values(table, known.tables[table][0], columns)
        self._tables.memory.forget()
        return None

    def values(
        self, table: Table, stored: Sequence[str], columns: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """What the columns hold.

        `stored`: all columns as they are stored, in whose order values come.
        """
        places = {name.lower(): place for place, name in enumerate(stored)}
        listed = sorted(columns, key=lambda name: places[name.lower()])
        fields = [
            library().SchemaField(stored[places[name.lower()]], table.column(name).type)
            for name in listed
        ]
        rows = self._tables.patience.repeat(
            lambda: list(
                self._tables.client.list_rows(
                    self._tables.reference(table.name),
                    selected_fields=fields,
                    # `patience` repeats the request; the client would sleep without our clock.
                    retry=None,
                    timeout=60.0,
                )
            )
        )
        order = [listed.index(name) for name in columns]
        return [tuple(row[place] for place in order) for row in rows]

    def rows(self, table: Table, found: Any) -> Iterator[tuple[Any, ...]]:
        """Every stored row in the order of the table's columns; a missing column is null."""
        places = {field.name.lower(): number for number, field in enumerate(found.schema)}
        wanted = [places.get(name.lower()) for name in table.names]
        for row in self._tables.patience.ask(self._tables.client.list_rows, found):
            # Not `row.values()`, which copies each value deeply.
            yield tuple(None if place is None else row[place] for place in wanted)

    def _one(self, table: Table) -> tuple[Held, Any]:
        """What there is of a table, and its resource where that was asked for."""
        values = self.known_values(table, table.names)
        if values is not None:
            return Held(TableState.OURS, _named(table, values)), None
        found = self._tables.find(table)
        if found is None:
            return Held(TableState.MISSING, []), None
        if self._tables.foreign(table, found):
            return Held(TableState.FOREIGN, []), None
        return Held(TableState.OURS, _named(table, list(self.rows(table, found)))), found


def _named(table: Table, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(table.names, row, strict=True)) for row in rows]
