"""The rows of one dataset as a load leaves them, remembered by the process that loaded.

For a warehouse where reading a table costs a request. Packed, since a process may work for a
thousand connectors; the least recently used datasets are dropped beyond `LARGEST`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Held, TableState

__all__ = ["LARGEST", "Forgotten", "RememberedRows", "RowMemory", "rows_after"]

LARGEST = 128 * 1024 * 1024
"""Bytes of packed rows in one process: about 2,000 small accounts with three years of history."""

Row = dict[str, Any]
Forgotten = Sequence[tuple[Table, str, Sequence[str]]]
"""Deleted rows: a table, a column, and the values that it holds in them."""


@dataclass(frozen=True)
class RememberedRows:
    """Whole tables, packed. `run`: the run whose load left them so."""

    run: str
    tables: Mapping[Table, tuple[TableState, bytes]]

    @classmethod
    def pack(cls, run: str, tables: Mapping[Table, Held]) -> RememberedRows:
        """The rows of each table, compressed."""
        return cls(
            run, {table: (held.state, _packed(table, held.rows)) for table, held in tables.items()}
        )

    def unpack(self) -> dict[Table, Held]:
        """The rows of each table."""
        return {
            table: Held(state, _unpacked(packed)) for table, (state, packed) in self.tables.items()
        }

    @property
    def size(self) -> int:
        return sum(len(packed) for _, packed in self.tables.values())


class RowMemory:
    """Remembered rows by dataset; used by threads."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._known: OrderedDict[Hashable, RememberedRows] = OrderedDict()
        self._size = 0
        self._guard = threading.Lock()

    def get(self, place: Hashable) -> RememberedRows | None:
        with self._guard:
            if place in self._known:
                self._known.move_to_end(place)
            return self._known.get(place)

    def put(self, place: Hashable, rows: RememberedRows) -> None:
        """Remember the rows, unless they alone are too many."""
        with self._guard:
            self._drop(place)
            if rows.size > self._largest // 8:
                return
            self._known[place] = rows
            self._size += rows.size
            while self._size > self._largest:
                self._drop(next(iter(self._known)))

    def forget(self, place: Hashable) -> None:
        with self._guard:
            self._drop(place)

    def forget_all(self) -> None:
        with self._guard:
            self._known.clear()
            self._size = 0

    def _drop(self, place: Hashable) -> None:
        dropped = self._known.pop(place, None)
        self._size -= 0 if dropped is None else dropped.size


def rows_after(
    table: Table, stored: Iterable[Row], staged: Iterable[Row], forgotten: Forgotten = ()
) -> list[Row]:
    """The table's rows after a commit: what the statements of `warehouse.sql` do to them."""
    rows = {_key(table, row): row for row in stored}
    for where, column, values in forgotten:
        if where.name == table.name:
            deleted_values = frozenset(values)
            rows = {key: row for key, row in rows.items() if row[column] not in deleted_values}
    for row in staged:
        key = _key(table, row)
        before = rows.get(key)
        rows[key] = row if before is None else _replaced(table, before, row)
    return list(rows.values())


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.matched_on)


def _replaced(table: Table, before: Row, new: Row) -> Row:
    fixed = {*table.matched_on, *table.kept}
    merged = dict(before)
    for column in table.columns:
        name = column.name
        if name in fixed:
            continue
        value = new[name]
        # The rules of `sql._merged`, which the warehouse applies to the stored rows.
        absent = value is None or (column.json and value == "[]")
        if not (table.cumulative and absent and before[name] is not None):
            merged[name] = value
    return merged


def _packed(table: Table, rows: Sequence[Row]) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        for batch in table.batches([row[name] for name in table.names] for row in rows):
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def _unpacked(packed: bytes) -> list[Row]:
    import pyarrow as pa

    with pa.ipc.open_stream(packed) as reader:
        found = reader.read_all()
    moments = [field.name for field in found.schema if pa.types.is_timestamp(field.type)]
    rows: list[Row] = found.to_pylist()
    for row in rows:
        for name in moments:
            value = row[name]
            # Arrow has another object for UTC than the rows that are read from a warehouse.
            if isinstance(value, datetime) and value.tzinfo is not None:
                row[name] = value.astimezone(UTC)
    return rows
