"""Our views of one dataset (a schema) in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.postgres.session import Session
from tiktok_organic.warehouse.sql_dialect import POSTGRES
from tiktok_organic.warehouse.views import Definition, Found, is_ours, plan

__all__ = ["PostgreSQLViews"]


class PostgreSQLViews:
    """The views of the dataset, through `session`."""

    def __init__(self, session: Session, dataset: str) -> None:
        self._session = session
        self._dataset = dataset

    def ensure(self, views: Sequence[View], foreign: Collection[str] = ()) -> Mapping[str, str]:
        """Create or replace views that differ.

        Returns the refused and failed ones by name. Each view is created within a savepoint, so
        that an error affects neither rows nor other views. `foreign`: a user's own tables; a view
        that reads one is refused.
        """
        if not views:
            return {}
        wanted = [Definition(view, "postgres", self._target) for view in views]
        todo = plan(wanted, self._found(), foreign)
        refused = dict(todo.refused)
        for one in todo.make:
            reason = self._make(one)
            if reason:
                refused[one.view.name] = reason
        return refused

    def drop(self, views: Sequence[View]) -> None:
        """Drop those of the views that are ours.

        Raises DestinationRefused if other views read them.
        """
        found = self._found() if views else {}
        for view in reversed(views):
            there = found.get(view.name)
            if there is not None and there.is_view and is_ours(there.mark):
                self._session.do(f"DROP VIEW {self._target(view.name)}")

    def _make(self, one: Definition) -> str:
        """Create or replace the view. Returns why it failed, or ""."""
        target = self._target(one.view.name)
        comments = [
            sql.comment(POSTGRES, "VIEW", target, one.comment),
            *(
                sql.comment(POSTGRES, "COLUMN", f"{target}.{POSTGRES.name(c.name)}", c.about)
                for c in one.view.columns
            ),
        ]
        replace = [f"CREATE OR REPLACE VIEW {target} AS {one.query}", *comments]
        # REPLACE can only add columns at the end; a view that other views read cannot be dropped.
        again = [f"DROP VIEW IF EXISTS {target}", f"CREATE VIEW {target} AS {one.query}", *comments]
        return self._session.attempt(replace) and self._session.attempt(again)

    def _found(self) -> dict[str, Found]:
        return {
            name: Found(kind == "v", comment)
            for name, kind, comment in self._session.ask(_NAMES, [self._dataset])
        }

    def _target(self, name: str) -> str:
        return POSTGRES.name(self._dataset, name)


_NAMES = """
SELECT c.relname::text, c.relkind::text, pg_catalog.obj_description(c.oid, 'pg_class')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
