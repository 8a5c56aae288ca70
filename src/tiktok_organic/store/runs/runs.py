"""Runs in the store: the row exists, with its sync date, before anything is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    cast,
    func,
    insert,
    select,
    true,
    update,
)

from tiktok_organic.errors import NotFound
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.run_rows import columns_of, run_of, select_runs
from tiktok_organic.store.schema import runs as table
from tiktok_organic.sync.run import PartState, Run, RunNotes
from tiktok_organic.sync.run_status import UNFINISHED, RunStatus

__all__ = ["Runs"]


_CHANGEABLE = (
    "sync_date",
    "status",
    "attempt",
    "results",
    "requests",
    "throttled",
    "fetched",
    "loaded",
    "error",
    "notes",
    "progress",
    "started_at",
    "finished_at",
    "next_attempt_at",
)
_ENDED_BADLY = (RunStatus.FAILED, RunStatus.PARTIAL)


class Runs:
    """All runs, including those of removed connectors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, values: Mapping[str, Any], connection: Connection) -> datetime:
        """Add a run and return its sync date.

        The sync date is later than any other of the connector, even if the clock was set back.
        """
        newest = connection.execute(
            select(func.max(table.c.sync_date)).where(
                table.c.connector_id == values["connector_id"]
            )
        ).scalar()
        sync_date: datetime = values["sync_date"]
        # `_quanti_sync_date` is part of the key of snapshots: an equal one would replace the rows
        # of another sync.
        if newest is not None and newest >= sync_date:
            sync_date = newest + timedelta(microseconds=1)
        empty = {
            "status": RunStatus.WAITING,
            "attempt": 0,
            "results": {},
            "requests": 0,
            "throttled": 0,
            "loaded": False,
            "notes": RunNotes(),
        }
        row = columns_of({**empty, **values, "sync_date": sync_date})
        connection.execute(insert(table).values(**row))
        return sync_date

    def get(self, run_id: str) -> Run:
        """Return a run. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select_runs().where(table.c.id == run_id.strip())).first()
        if row is None:
            raise NotFound(
                f"the run {run_id!r} does not exist",
                code="unknown_run",
            )
        return run_of(row)

    def newest(
        self,
        connector_id: str | None = None,
        limit: int | None = None,
        *,
        status: RunStatus | None = None,
        kind: str | None = None,
        before: Run | None = None,
    ) -> list[Run]:
        """Return the newest runs first.

        `before`: only runs older than this one, for the next page.
        """
        statement = select_runs().order_by(table.c.sync_date.desc(), table.c.id.desc())
        for column, wanted in (
            (table.c.connector_id, connector_id),
            (table.c.status, None if status is None else str(status)),
            (table.c.kind, kind),
        ):
            if wanted is not None:
                statement = statement.where(column == wanted)
        if before is not None:
            same = table.c.sync_date == before.sync_date
            older = table.c.sync_date < before.sync_date
            statement = statement.where(older | (same & (table.c.id < before.id)))
        return self._found(statement.limit(limit) if limit else statement)

    def last(self) -> dict[str, Run]:
        """Return the newest run of every connector."""
        return self._newest_of_each(true())

    def last_good(self) -> dict[str, Run]:
        """Return the newest run of every connector that loaded all its reports."""
        return self._newest_of_each(table.c.status == RunStatus.SUCCEEDED)

    def _newest_of_each(self, condition: ColumnElement[bool]) -> dict[str, Run]:
        newest = select(
            table.c.connector_id, func.max(table.c.sync_date).label("sync_date")
        ).group_by(table.c.connector_id)
        part = newest.where(condition).subquery()
        statement = select_runs().join(
            part,
            (part.c.connector_id == table.c.connector_id) & (part.c.sync_date == table.c.sync_date),
        )
        return {run.connector_id: run for run in self._found(statement)}

    def pending(self, connector_id: str) -> list[Run]:
        """Return the runs that another attempt can still complete, oldest first.

        These are unfinished ones, and fetched ones that are not loaded.
        """
        fetched = table.c.status.in_(_ENDED_BADLY) & table.c.fetched.is_not(None)
        statement = (
            select_runs()
            .where(table.c.connector_id == connector_id, table.c.status.in_(UNFINISHED) | fetched)
            .order_by(table.c.sync_date)
        )
        return [run for run in self._found(statement) if run.unfinished or run.loadable]

    def loaded(self, connector_id: str, since: datetime | None = None) -> list[Run]:
        """Return the loaded runs, oldest sync date first; `since`: later sync dates only."""
        wanted = [table.c.connector_id == connector_id, table.c.loaded]
        if since is not None:
            wanted.append(table.c.sync_date > since)
        return self._found(select_runs().where(*wanted).order_by(table.c.sync_date))

    def ended(self, connector_id: str, since: datetime | None = None) -> list[Run]:
        """Return the loaded and failed runs, oldest sync date first.

        `since`: later sync dates only.
        """
        over = table.c.loaded | (table.c.status == RunStatus.FAILED)
        wanted = [table.c.connector_id == connector_id, over]
        if since is not None:
            wanted.append(table.c.sync_date > since)
        return self._found(select_runs().where(*wanted).order_by(table.c.sync_date))

    def newest_loaded(self, connector_id: str) -> Run | None:
        """Return the newest loaded run."""
        statement = (
            select_runs()
            .where(table.c.connector_id == connector_id, table.c.loaded)
            .order_by(table.c.sync_date.desc())
        )
        found = self._found(statement.limit(1))
        return found[0] if found else None

    def gone(self, connector_id: str) -> list[Run]:
        """Return the runs whose rows the warehouse has lost, oldest sync date first."""
        parts = cast(table.c.fetched, String)  # the state's name occurs nowhere else in it
        statement = select_runs().where(
            table.c.connector_id == connector_id,
            table.c.loaded,
            parts.contains(f'"{PartState.GONE}"'),
        )
        return self._found(statement.order_by(table.c.sync_date))

    def save(self, run: Run, connection: Connection) -> None:
        """Write everything that an attempt may change."""
        values = {name: getattr(run, name) for name in _CHANGEABLE}
        statement = update(table).where(table.c.id == run.id).values(columns_of(values))
        connection.execute(statement)

    def change(
        self, run_id: str, values: Mapping[str, Any], connection: Connection | None = None
    ) -> None:
        """Set columns of a run; results, fetched parts and notes as the values that `Run` has."""
        statement = update(table).where(table.c.id == run_id).values(columns_of(values))
        if connection is not None:
            connection.execute(statement)
            return
        with self._database.begin() as own:
            own.execute(statement)

    def _found(self, statement: Select[Any]) -> list[Run]:
        with self._database.read() as connection:
            return [run_of(row) for row in connection.execute(statement)]
