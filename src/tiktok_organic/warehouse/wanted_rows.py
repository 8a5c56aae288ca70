"""Which rows of a table are read: the conditions that they meet, and the columns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from tiktok_organic.table_definition import Table

__all__ = ["Condition", "Wanted"]


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with a value, for `Warehouse.rows`.

    The value is text, a whole number, a day or an aware time.
    """

    column: str
    comparison: Literal["=", "<", "<=", ">", ">="]
    value: str | int | date | datetime

    def met_by(self, value: Any) -> bool:
        """Whether a stored value meets it; null never does, as in SQL."""
        return value is not None and bool(_COMPARE[self.comparison](value, self.value))


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Wanted(NamedTuple):
    """Rows to read: a table, the conditions that they meet, the columns (all by default)."""

    table: Table
    where: Sequence[Condition] = ()
    columns: tuple[str, ...] = ()

    @property
    def shown(self) -> Table:
        """The table with the wanted columns, and those that the conditions are about."""
        if not self.columns:
            return self.table
        names = {*self.columns, *(one.column for one in self.where)}
        return replace(self.table, columns=tuple(c for c in self.table.columns if c.name in names))

    def of(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Those of the table's rows that are wanted, with the wanted columns."""
        names = self.shown.names
        return [
            {name: row[name] for name in names}
            for row in rows
            if all(one.met_by(row[one.column]) for one in self.where)
        ]
