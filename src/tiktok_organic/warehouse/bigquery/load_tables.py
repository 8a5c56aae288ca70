"""The tables that a load into BigQuery writes: look up, create, leave out foreign ones."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.commit_job import CommitJob
from tiktok_organic.warehouse.bigquery.dataset_memory import Known
from tiktok_organic.warehouse.bigquery.jobs import BigQueryJobs
from tiktok_organic.warehouse.bigquery.listing import Reading
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.transaction_script import Script, never_expire
from tiktok_organic.warehouse.spool import Spool

__all__ = ["LoadTables"]

_PARALLEL_REQUESTS = 8
"""Requests about tables at a time."""


class LoadTables:
    """The stored tables of one load.

    `foreign`: by name, why a table is a user's own; its rows are not loaded.
    """

    def __init__(self, tables: BigQueryTables, spool: Spool, job: CommitJob) -> None:
        self._tables = tables
        self._spool = spool
        self._job = job
        self.foreign: dict[str, str] = {}

    def still_foreign(self, known: Known) -> bool:
        """Leave out the tables that are a user's own. False when one of them has changed."""
        for name in known.foreign:
            table = self._spool.tables.get(name)
            if table is not None and self._usable(table) is not None:
                return False
        return all(name not in self._spool.tables for name in known.foreign)

    def just_read(self, reading: Reading | None) -> Known | None:
        """What the reading before this load found out; None when it did not look."""
        known = self._tables.memory.known()
        if known is None or reading is None or reading.remembered:
            return None
        tables = {table: known.tables[table] for table in reading.tables if table in known.tables}
        return Known(known.location, tables, known.views)

    def ensure(self, known: Known) -> Known:
        """Look up and create the tables that are not known, and return all of them."""
        unknown = [table for table in self._spool.tables.values() if table not in known.tables]
        with ThreadPoolExecutor(_PARALLEL_REQUESTS, thread_name_prefix="tables") as pool:
            # Refuse before anything is sent.
            found = dict(zip(unknown, pool.map(self._usable, unknown), strict=True))
            ours = {t: stored for t, stored in found.items() if t.name not in self.foreign}
            stored = self._ensure_each(pool, known.location, ours)
        tables = {
            table: (tuple(column.name for column in there.schema), str(there.created))
            for table, there in stored.items()
        }
        return replace(known, tables={**known.tables, **tables}, foreign=dict(self.foreign))

    def _ensure_each(
        self, pool: ThreadPoolExecutor, location: str, found: Mapping[Table, Any]
    ) -> dict[Table, Any]:
        jobs = self._job.jobs(location)
        stored = pool.map(lambda pair: self._ensure(jobs, *pair), found.items())
        return dict(zip(found, stored, strict=True))

    def _usable(self, table: Table) -> Any:
        """Return the stored table, or None; a user's own table is removed from the load."""
        found = self._tables.find(table)
        reason = None if found is None else self._tables.foreign(table, found)
        if reason is not None:
            self.foreign[table.name] = reason
            self._spool.discard(table.name)
            return None
        return self._tables.usable(table, found)

    def _ensure(self, jobs: BigQueryJobs, table: Table, found: Any) -> Any:
        """Return the stored table.

        A new one has no expiration, because TikTok's data cannot be requested again.
        """
        stored = self._tables.ensure(table, found)
        partitions = stored.time_partitioning
        fresh = stored.num_rows in (None, 0) and stored.labels.get("written_by") == "tiktok-organic"
        if fresh and (stored.expires or (partitions and partitions.expiration_ms)):
            statement = never_expire(
                self._tables.target(table.name), partitioned=partitions is not None
            )
            created = [str(stored.created)]
            script = Script([statement])
            self._job.query(jobs, "keep", script, statement, created).start().wait()
        return stored
