"""The tables of one dataset in an open DuckDB file: find, create and complete them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import DUCKDB
from tiktok_organic.warehouse.stored_table import FOREIGN_VIEW, StoredTable, foreign_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["DuckDBTables"]


class DuckDBTables:
    """The dataset `dataset` of the catalog `catalog`, through `connection`.

    One object serves one opening of the file; it looks up each table once.
    """

    def __init__(self, connection: DuckDBPyConnection, catalog: str, dataset: str) -> None:
        self._connection = connection
        self._catalog = catalog
        self._dataset = dataset
        self._described: dict[str, dict[str, str]] = {}
        self._view_names: set[str] | None = None

    def target(self, table: Table) -> str:
        """Return the quoted name of a table with its catalog.

        A dataset may have the catalog's name.
        """
        return DUCKDB.name(self._catalog, self._dataset, table.name)

    def exists(self) -> bool:
        """Whether the dataset exists."""
        return any(_fold(name) == _fold(self._dataset) for (name,) in self._ask(_SCHEMAS))

    def stored(self) -> dict[str, StoredTable]:
        """Return the dataset's tables and views, by folded name."""
        stored: dict[str, StoredTable] = {}
        for schema, name, about, is_view in self._ask(_TABLES):
            if _fold(schema) == _fold(self._dataset):
                stored[_fold(name)] = StoredTable(
                    f"{schema}.{name}", is_view=is_view, about=about, fold=_fold
                )
        for schema, name, column, kind, about in self._ask(_COLUMNS):
            if _fold(schema) == _fold(self._dataset) and _fold(name) in stored:
                stored[_fold(name)].types[_fold(column)] = kind
                stored[_fold(name)].abouts[_fold(column)] = about
        return stored

    def present(self, table: Table) -> set[str]:
        """Return the stored columns of the table; none without the table, or if it is a user's own.

        Do not call it within a transaction, like `has`.
        """
        if self.foreign([table]):
            return set()
        types = self._types(table)
        return {name for name in table.names if _fold(name) in types}

    def foreign(self, tables: Iterable[Table]) -> Mapping[str, str]:
        """Return by name why a table or view is a user's own and must not be changed.

        Do not call it within a transaction, like `has`.
        """
        named = [table for table in tables if table.recognised_by]
        views = self._views() if named else set[str]()
        reasons = {table.name: self._foreign(table, views) for table in named}
        return {name: reason for name, reason in reasons.items() if reason is not None}

    def _views(self) -> set[str]:
        if self._view_names is None:
            found = self._ask(_VIEWS)
            mine = {_fold(name) for schema, name in found if _fold(schema) == _fold(self._dataset)}
            self._view_names = mine
        return self._view_names

    def _foreign(self, table: Table, views: Collection[str]) -> str | None:
        if _fold(table.name) in views:
            return FOREIGN_VIEW
        stored = self._types(table)
        types = {name: stored.get(_fold(name)) for name in table.names}
        return foreign_columns(DUCKDB, table, types) if stored else None

    def ensure(self, tables: Iterable[Table]) -> Collection[str]:
        """Create what is missing: the dataset, tables, columns, comments.

        Returns the names of new tables. Raises DestinationRefused for a view with a table's name
        and for a column of another type.
        """
        stored, created = self.stored(), set[str]()
        if not stored:
            self._do(f"CREATE SCHEMA IF NOT EXISTS {DUCKDB.name(self._catalog, self._dataset)}")
        for table in tables:
            found = stored.get(_fold(table.name))
            if found is None:
                self._do(sql.create_table(DUCKDB, self.target(table), table))
                found = StoredTable.fresh(f"{self._dataset}.{table.name}", table, DUCKDB)
                created.add(table.name)
            for statement in found.alterations(DUCKDB, self.target(table), table):
                self._do(statement)
        return created

    def ready(self, tables: Iterable[Table]) -> bool:
        """Whether nothing has to be created.

        A changed comment waits until something else has to be created. Do not call it within a
        transaction: DuckDB aborts it if a table is missing.
        """
        return all(self.has(table, table.names) for table in tables)

    def has(self, table: Table, columns: Iterable[str]) -> bool:
        """Whether the table has these columns: 0.3 ms, while DuckDB's catalog functions take 24.

        Do not call it within a transaction either.
        """
        types = self._types(table)
        return bool(types) and all(
            types.get(_fold(name)) == DUCKDB.type(table.column(name)) for name in columns
        )

    def _types(self, table: Table) -> dict[str, str]:
        """Return the types of a table's columns by folded name; none without the table."""
        import duckdb

        if table.name not in self._described:
            types = dict[str, str]()
            # A relation is bound and not run: 0.2 ms, where DESCRIBE takes 0.45.
            with suppress(duckdb.CatalogException):
                found = self._connection.sql(f"FROM {self.target(table)}")
                types = {
                    _fold(name): str(kind)
                    for name, kind in zip(found.columns, found.types, strict=True)
                }
            self._described[table.name] = types
        return self._described[table.name]

    def drop(self, tables: Iterable[Table]) -> None:
        """Drop the tables, and the dataset if it is empty then."""
        if not self.exists():
            return
        stored = self.stored()
        for table in tables:
            found = stored.get(_fold(table.name))
            if found is not None and not found.foreign(DUCKDB, table):
                found.refuse_view()
                self._do(f"DROP TABLE {self.target(table)}")
        empty = not any(_fold(name) == _fold(self._dataset) for (name,) in self._ask(_ENTRIES))
        if empty and _fold(self._dataset) != "main":  # every file always has a `main`
            self._do(f"DROP SCHEMA {DUCKDB.name(self._catalog, self._dataset)}")

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        # `lower` folds more letters than DuckDB's catalog does: it preselects datasets, `_fold`
        # decides.
        return self._connection.execute(
            statement, {"catalog": self._catalog, "dataset": self._dataset}
        ).fetchall()

    def _do(self, statement: str) -> None:
        self._described.clear()
        self._connection.execute(statement).fetchall()


_MINE = "database_name = $catalog AND lower(schema_name) = lower($dataset)"
_SCHEMAS = f"SELECT schema_name FROM duckdb_schemas() WHERE {_MINE}"  # noqa: S608 - made of constants
_TABLES = (
    f"SELECT schema_name, table_name, comment, false FROM duckdb_tables() WHERE {_MINE} "  # noqa: S608 - the same
    f"UNION ALL SELECT schema_name, view_name, comment, true FROM duckdb_views() WHERE {_MINE}"
)
_VIEWS = f"SELECT schema_name, view_name FROM duckdb_views() WHERE {_MINE}"  # noqa: S608 - the same
_COLUMNS = (
    "SELECT schema_name, table_name, column_name, data_type, comment "  # noqa: S608 - the same
    f"FROM duckdb_columns() WHERE {_MINE}"
)
_ENTRIES = (
    "SELECT schema_name FROM ("  # noqa: S608 - the same
    "SELECT database_name, schema_name FROM duckdb_tables() UNION ALL SELECT database_name, "
    "schema_name FROM duckdb_views() WHERE NOT internal UNION ALL SELECT database_name, "
    "schema_name FROM duckdb_sequences() UNION ALL SELECT database_name, schema_name FROM "
    "duckdb_types() WHERE NOT internal UNION ALL SELECT database_name, schema_name FROM "
    f"duckdb_functions() WHERE NOT internal) WHERE {_MINE}"
)


def _fold(name: str) -> str:
    """Fold a name as DuckDB's catalog compares it: A to Z to a to z, all else unchanged."""
    return name.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
