"""Our views of one dataset in an open DuckDB file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import DUCKDB
from tiktok_organic.warehouse.views import Definition, Found, is_ours, plan

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["DuckDBViews", "ViewFailed"]


class ViewFailed(Exception):
    """DuckDB did not create a view; the transaction has ended."""

    def __init__(self, view: View, reason: str) -> None:
        super().__init__(f"{view.name}: {reason}")
        self.view = view
        self.reason = reason


class DuckDBViews:
    """The views of the dataset `dataset` of the catalog `catalog`, within a transaction."""

    def __init__(self, connection: DuckDBPyConnection, catalog: str, dataset: str) -> None:
        self._connection = connection
        self._catalog = catalog
        self._dataset = dataset

    def ensure(self, views: Sequence[View], foreign: Collection[str] = ()) -> Mapping[str, str]:
        """Create or replace views that differ.

        Returns the refused ones; raises ViewFailed for a query that fails. `foreign`: a user's own
        tables; a view that reads one is refused.
        """
        if not views:
            return {}
        wanted = [Definition(view, "duckdb", self._target) for view in views]
        todo = plan(wanted, self._found(), foreign)
        if todo.make:
            # Other programs read a view's text, and in them the file is a catalog of another name:
            # the text must not name ours.
            self._do(f"USE {DUCKDB.name(self._catalog)}")
            for one in todo.make:
                self._make(one)
            self._do("USE memory")
        return todo.refused

    def drop(self, views: Sequence[View]) -> None:
        """Drop those of the views that are ours."""
        found = self._found() if views else {}
        for view in reversed(views):
            there = found.get(view.name)
            if there is not None and there.is_view and is_ours(there.mark):
                self._do(f"DROP VIEW {self._full(view.name)}")

    def _make(self, one: Definition) -> None:
        import duckdb

        target = self._full(one.view.name)
        try:
            # DuckDB binds the query here: a view with an error fails now, not when it is used.
            self._do(f"CREATE OR REPLACE VIEW {target} AS {one.query}")
            self._do(f"COMMENT ON VIEW {target} IS {DUCKDB.text(one.comment)}")
            for column in one.view.columns:
                name = f"{target}.{DUCKDB.name(column.name)}"
                self._do(sql.comment(DUCKDB, "COLUMN", name, column.about))
        except duckdb.Error as error:
            raise ViewFailed(one.view, str(error).partition("\n")[0]) from error

    def _found(self) -> dict[str, Found]:
        rows = self._connection.execute(
            _NAMES, {"catalog": self._catalog, "dataset": self._dataset}
        ).fetchall()
        return {name.lower(): Found(is_view, comment) for name, comment, is_view in rows}

    def _target(self, name: str) -> str:
        return DUCKDB.name(self._dataset, name)

    def _full(self, name: str) -> str:
        return DUCKDB.name(self._catalog, self._dataset, name)

    def _do(self, statement: str) -> None:
        self._connection.execute(statement).fetchall()


_MINE = "database_name = $catalog AND lower(schema_name) = lower($dataset)"
_NAMES = (
    f"SELECT view_name, comment, true FROM duckdb_views() WHERE {_MINE} "  # noqa: S608 - made of constants
    f"UNION ALL SELECT table_name, comment, false FROM duckdb_tables() WHERE {_MINE}"
)
