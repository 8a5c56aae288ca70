"""A table in the warehouse's catalog, and the statements that complete it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import Dialect

__all__ = ["FOREIGN_VIEW", "StoredTable", "foreign_columns"]

FOREIGN_VIEW = "a view of that name exists that tiktok-organic did not make"


@dataclass
class StoredTable:
    """A table in the catalog.

    `types` and `abouts` by the column's name as the engine compares names. `owned`: whether this
    user may alter and describe the table.
    """

    label: str
    is_view: bool = False
    owned: bool = True
    about: str | None = None
    types: dict[str, str] = field(default_factory=dict)
    abouts: dict[str, str | None] = field(default_factory=dict)
    fold: Callable[[str], str] = str

    @classmethod
    def fresh(cls, label: str, table: Table, dialect: Dialect) -> StoredTable:
        """Return the table as it is after CREATE TABLE, without descriptions."""
        return cls(label, types={column.name: dialect.type(column) for column in table.columns})

    def present(self, table: Table) -> set[str]:
        """Return those of the table's columns that are stored."""
        return {name for name in table.names if self.fold(name) in self.types}

    def foreign(self, dialect: Dialect, table: Table) -> str | None:
        """Return why this is a user's own table, not `table`; None if it is ours."""
        if not table.recognised_by:
            return None
        if self.is_view:
            return FOREIGN_VIEW
        types = {name: self.types.get(self.fold(name)) for name in table.names}
        return foreign_columns(dialect, table, types)

    def refuse_view(self) -> None:
        """Raise DestinationRefused if a view has the table's name."""
        if self.is_view:
            raise DestinationRefused(
                f"{self.label} is a view: rows cannot be written into it. Nothing was written.",
                remedy="Give the view another name, or let the connector fill another dataset.",
            )

    def alterations(self, dialect: Dialect, target: str, table: Table) -> Iterator[str]:
        """Return statements for missing columns and descriptions.

        Raises DestinationRefused for a view and for a column of another type.
        """
        self.refuse_view()
        for column in table.columns:
            found = self.types.get(self.fold(column.name))
            if found is None:
                yield sql.add_column(dialect, target, column)
            elif found != dialect.type(column):
                raise sql.wrong_type(dialect, self.label, column, found)
        if self.owned:
            yield from self._descriptions(dialect, target, table)

    def _descriptions(self, dialect: Dialect, target: str, table: Table) -> Iterator[str]:
        """Return COMMENTs for missing descriptions; an existing one may be the user's own."""
        if not self.about:
            yield sql.comment(dialect, "TABLE", target, table.about)
        for column in table.columns:
            if not self.abouts.get(self.fold(column.name)):
                name = f"{target}.{dialect.name(column.name)}"
                yield sql.comment(dialect, "COLUMN", name, column.about)


def foreign_columns(dialect: Dialect, table: Table, types: Mapping[str, str | None]) -> str | None:
    """Return why a stored table with columns of these types is a user's own.

    A type of None means that the column is missing. The result is None if it is `table`. A missing
    column is added later, except for those by which the table is recognised.
    """
    for column in table.columns:
        found = types[column.name]
        if found is None and column.name in table.recognised_by:
            return _not_made(f"it has no column {column.name}")
        if found is not None and found != dialect.type(column):
            return _not_made(f"its column {column.name} is of type {found}")
    return None


def _not_made(reason: str) -> str:
    return f"a table of that name exists that tiktok-organic did not make: {reason}"
