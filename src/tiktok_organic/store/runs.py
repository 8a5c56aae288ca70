"""Runs: each row is an order, with its moment, before anything is fetched, and then the record of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from tiktok_organic.errors import NotFound
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors
from tiktok_organic.store.schema import runs as table

__all__ = ["Run", "Runs"]


@dataclass(frozen=True)
class Run:
    """`kind`: sync or recovery. `requested_by`: person, schedule. `results`: per report its status, rows and reason.
    `fetched`: for each completely fetched attempt its `archive`, its `summary`, and whether its rows `landed`;
    `landed`: any did. `notes`: warnings and findings. `requests`: HTTP requests over all attempts."""

    id: str
    connector_id: str
    connector_name: str
    kind: str
    requested_by: str
    moment: datetime
    status: str
    attempt: int
    reports: tuple[str, ...]
    window_start: date
    window_end: date
    results: Mapping[str, Any]
    requests: int
    throttled: int
    fetched: list[Mapping[str, Any]] | None
    landed: bool
    error: Mapping[str, str] | None
    notes: Mapping[str, Any]
    progress: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None

    @property
    def unfinished(self) -> bool:
        """Ordered or begun, and not ended by whoever worked on it."""
        return self.status in ("waiting", "running")

    @property
    def loadable(self) -> bool:
        """Completely fetched, but not in the warehouse: it can be loaded without asking TikTok."""
        if self.fetched is None:
            return False
        newest = self.fetched[-1]
        return not newest["landed"] and not newest.get("set_aside", False)

    @property
    def refused(self) -> bool:
        """Completely fetched, and refused by the warehouse when it was to be loaded."""
        return self.loadable and self.fetched is not None and bool(self.fetched[-1].get("refused"))


class Runs:
    """All runs, those of removed connectors too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, values: Mapping[str, Any], connection: Connection) -> datetime:
        """A new order. Its moment is later than any other of the connector, even when the clock was set back; the
        moment that was taken is answered."""
        newest = connection.execute(
            select(func.max(table.c.moment)).where(table.c.connector_id == values["connector_id"])
        ).scalar()
        moment: datetime = values["moment"]
        if newest is not None and newest >= moment:
            moment = newest + timedelta(microseconds=1)
        empty = {
            "status": "waiting",
            "attempt": 0,
            "results": {},
            "requests": 0,
            "throttled": 0,
            "landed": False,
            "notes": {},
        }
        connection.execute(insert(table).values(**{**empty, **values, "moment": moment}))
        return moment

    def get(self, run_id: str) -> Run:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(_select().where(table.c.id == run_id.strip())).first()
        if row is None:
            raise NotFound(
                f"there is no run {run_id!r}",
                code="unknown_run",
                advice="`tiktok-organic runs` lists them, newest first.",
            )
        return _run(row)

    def newest(self, connector_id: str | None = None, limit: int | None = None) -> list[Run]:
        """Newest first."""
        statement = _select().order_by(table.c.moment.desc(), table.c.id.desc())
        if connector_id is not None:
            statement = statement.where(table.c.connector_id == connector_id)
        return self._found(statement.limit(limit) if limit else statement)

    def last(self) -> dict[str, Run]:
        """The newest run of every connector."""
        newest = select(table.c.connector_id, func.max(table.c.moment).label("moment")).group_by(
            table.c.connector_id
        )
        part = newest.subquery()
        statement = _select().join(
            part, (part.c.connector_id == table.c.connector_id) & (part.c.moment == table.c.moment)
        )
        return {run.connector_id: run for run in self._found(statement)}

    def pending(self, connector_id: str) -> list[Run]:
        """The runs that another attempt can still complete, oldest first: interrupted ones, and fetched but not loaded
        ones."""
        unfinished = table.c.status.in_(("waiting", "running"))
        fetched = table.c.status.in_(("failed", "partial")) & table.c.fetched.is_not(None)
        statement = (
            _select()
            .where(table.c.connector_id == connector_id, unfinished | fetched)
            .order_by(table.c.moment)
        )
        return [run for run in self._found(statement) if run.unfinished or run.loadable]

    def landed(self, connector_id: str) -> list[Run]:
        """The runs whose rows are in the warehouse, oldest moment first."""
        return self._found(
            _select()
            .where(table.c.connector_id == connector_id, table.c.landed)
            .order_by(table.c.moment)
        )

    def change(
        self, run_id: str, values: Mapping[str, Any], connection: Connection | None = None
    ) -> None:
        """Change columns of a run."""
        statement = update(table).where(table.c.id == run_id).values(dict(values))
        if connection is not None:
            connection.execute(statement)
            return
        with self._database.begin() as own:
            own.execute(statement)

    def _found(self, statement: Select[Any]) -> list[Run]:
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(statement)]


def _select() -> Select[Any]:
    return select(table, connectors.c.name.label("connector_name")).join(
        connectors, connectors.c.id == table.c.connector_id
    )


def _run(row: Row[Any]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return Run(**{**values, "reports": tuple(values["reports"])})
