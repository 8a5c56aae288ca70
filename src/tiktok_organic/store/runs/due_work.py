"""Queries of the engine: runs that can be attempted, and due connectors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors, runs
from tiktok_organic.sync.run_status import UNFINISHED, RunStatus

__all__ = ["SCHEDULED", "DueConnector", "DueWork", "Ready"]

SCHEDULED = runs.c.requested_by == "schedule"
# Before every stored time: only NULL is excluded, and the index of the column is used.
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def _wanted(now: datetime) -> ColumnElement[bool]:
    """Select runs that can be attempted.

    Each side of the OR begins with an indexed column, so that SQLite reads a few rows of each
    index. With a condition on the connector beside them it read all runs: 100 to 149 ms of CPU,
    twice a second, at 300,000 runs.
    """
    paused = and_(SCHEDULED, connectors.c.state == "paused")
    tried_again = and_(runs.c.next_attempt_at > _ALWAYS, or_(runs.c.next_attempt_at <= now, paused))
    return or_(runs.c.status == RunStatus.WAITING, tried_again)


@dataclass(frozen=True)
class Ready:
    """A run that can be attempted now."""

    run_id: str
    connector_id: str
    by_person: bool


@dataclass(frozen=True)
class DueConnector:
    """A connector whose due time has come."""

    connector_id: str
    due: datetime


class DueWork:
    """Queries of runs and connectors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ready(
        self, now: datetime, excluding: Collection[str] = (), limit: int = 100
    ) -> list[Ready]:
        """Return runs that wait or are due for a retry: users' first, then the oldest.

        One for each connector, none of the connectors `excluding`. Runs that a pause has made
        obsolete are included, to be ended.
        """
        return self._ready(_wanted(now), excluding, limit)

    def begun(self, excluding: Collection[str] = (), limit: int = 1000) -> list[Ready]:
        """Return runs in progress, and those whose process was killed."""
        return self._ready(runs.c.status == RunStatus.RUNNING, excluding, limit)

    def _ready(
        self, wanted: ColumnElement[bool], excluding: Collection[str], limit: int
    ) -> list[Ready]:
        scheduled = case((SCHEDULED, 1), else_=0)
        statement = (
            select(runs.c.id, runs.c.connector_id, scheduled.label("scheduled"))
            .join(connectors, connectors.c.id == runs.c.connector_id)
            .where(wanted, connectors.c.removed_at.is_(None), runs.c.connector_id.not_in(excluding))
            .order_by(scheduled, runs.c.sync_date)
            # Some more than asked for, since several runs of one connector count once.
            .limit(limit + 100)
        )
        found: dict[str, Ready] = {}
        with self._database.read() as connection:
            for row in connection.execute(statement):
                found.setdefault(
                    row.connector_id, Ready(row.id, row.connector_id, not row.scheduled)
                )
        return list(found.values())[:limit]

    def waiting(self) -> int:
        """Return the number of runs that wait."""
        statement = (
            select(func.count())
            .select_from(runs.join(connectors, connectors.c.id == runs.c.connector_id))
            .where(runs.c.status == RunStatus.WAITING, connectors.c.removed_at.is_(None))
        )
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def due(self, now: datetime, limit: int) -> list[DueConnector]:
        """Return due connectors, the oldest first; not those with a sync in progress."""
        busy = exists().where(runs.c.connector_id == connectors.c.id, runs.c.status.in_(UNFINISHED))
        statement = (
            select(connectors.c.id, connectors.c.next_due)
            .where(
                connectors.c.next_due <= now,
                connectors.c.state == "active",
                connectors.c.removed_at.is_(None),
                ~busy,
            )
            .order_by(connectors.c.next_due, connectors.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [DueConnector(row.id, row.next_due) for row in connection.execute(statement)]

    def has_scheduled_run(self, connector_id: str, since: datetime, until: datetime) -> bool:
        """Whether the schedule ordered a sync from `since` on, and before `until`."""
        ordered = (runs.c.created_at >= since, runs.c.created_at < until)
        statement = select(exists().where(runs.c.connector_id == connector_id, SCHEDULED, *ordered))
        with self._database.read() as connection:
            return bool(connection.execute(statement).scalar())

    @staticmethod
    def unfinished(connector_id: str, connection: Connection) -> str | None:
        """Return the connector's run that waits or is in progress.

        The connector's row is locked until the transaction ends, so that two orders are not made at
        once.
        """
        this_connector = select(connectors.c.id).where(connectors.c.id == connector_id)
        connection.execute(
            this_connector
            # SQLite has no row locks; the transaction has the write lock from its beginning.
            if connection.dialect.name == "sqlite"
            else this_connector.with_for_update()
        )
        statement = select(runs.c.id).where(
            runs.c.connector_id == connector_id, runs.c.status.in_(UNFINISHED)
        )
        return connection.execute(statement).scalar()

    @staticmethod
    def serve_due(
        connector_id: str, due: datetime, following: datetime | None, connection: Connection
    ) -> bool:
        """Take a due time and set the next one. Returns False if another process has taken it."""
        # The comparison is the lock: only one transaction can replace this due time.
        this_connector = and_(connectors.c.id == connector_id, connectors.c.next_due == due)
        return (
            connection.execute(
                update(connectors).where(this_connector).values(next_due=following)
            ).rowcount
            == 1
        )
