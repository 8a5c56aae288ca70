"""The queue of several machines: jobs of Procrastinate's tables, in the same PostgreSQL.

A job says only "attempt this run"; the run's row has everything else. So a missing job is created
again, and a superfluous one does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, text

from tiktok_organic.store.database import Database

__all__ = ["QUEUE", "TASK", "Queue"]

QUEUE = "tiktok_organic"
TASK = "tiktok_organic.attempt"
# Seconds without a heartbeat after which a worker counts as dead.
_SILENT_FOR = 30.0

_PUT = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, :priority, :lock, :run, "
    "CAST(:args AS jsonb), NULL)::procrastinate_job_to_defer_v1])"
)
_KNOWN = text(
    "SELECT queueing_lock FROM procrastinate_jobs WHERE queueing_lock IN :runs AND status IN "
    "('todo', 'doing')"
).bindparams(bindparam("runs", expanding=True))
_REVIVE = text(
    "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM procrastinate_jobs "
    "WHERE queueing_lock IN :runs AND status = 'doing'"
).bindparams(bindparam("runs", expanding=True))
_ORPHANED = text(
    "SELECT j.queueing_lock AS run, j.lock AS connector FROM procrastinate_jobs j LEFT JOIN "
    "procrastinate_workers w ON w.id = j.worker_id AND w.last_heartbeat > now() - "
    "make_interval(secs => :s) WHERE j.queue_name = :queue AND j.status = 'doing' AND w.id IS "
    "NULL"
)


class Queue:
    """The jobs of this product; others may share Procrastinate's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prepare(self) -> None:
        """Create Procrastinate's tables if they are missing."""
        from procrastinate.schema import SchemaManager

        with self._database.begin() as connection:
            # Several workers may start at the same time; the number is this product's own.
            connection.execute(text("SELECT pg_advisory_xact_lock(7462)"))
            if (
                connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar()
                is None
            ):
                # The driver would read a single % as a parameter.
                connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))

    @staticmethod
    def put(run_id: str, connector_id: str, connection: Connection, *, by_person: bool) -> None:
        """Add a job, in the transaction of `connection`; a user's job goes first.

        Procrastinate never starts two jobs of one connector at once.
        """
        values = {
            "queue": QUEUE,
            "task": TASK,
            "priority": 10 if by_person else 0,
            "lock": connector_id,
            "run": run_id,
            "args": json.dumps({"run_id": run_id}),
        }
        connection.execute(_PUT, values)

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Return which of these runs have a job that waits or is in progress."""
        if not run_ids:
            return set()
        with self._database.read() as connection:
            return {
                row.queueing_lock for row in connection.execute(_KNOWN, {"runs": list(run_ids)})
            }

    def orphaned(self) -> list[tuple[str, str]]:
        """Return run and connector of the jobs of dead workers."""
        with self._database.read() as connection:
            found = connection.execute(_ORPHANED, {"queue": QUEUE, "s": _SILENT_FOR})
            return [(row.run, row.connector) for row in found]

    def revive(self, run_ids: Collection[str]) -> None:
        """Make the jobs of these runs available again."""
        if run_ids:
            with self._database.begin() as connection:
                connection.execute(_REVIVE, {"runs": list(run_ids)})
