"""One load into BigQuery: one job, whose script merges all tables in one transaction.

The rows are parameters of that job. If they are too many for one request, they are first loaded as
Parquet into staging tables, in parallel.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Conflict
from tiktok_organic.table import Table
from tiktok_organic.view import View
from tiktok_organic.warehouse.base import (
    CommitJournal,
    Held,
    Loaded,
    RowsChanged,
    TableState,
    taken,
)
from tiktok_organic.warehouse.bigquery_client import library
from tiktok_organic.warehouse.bigquery_faults import JobFailed, explained, fault_of
from tiktok_organic.warehouse.bigquery_jobs import BigQueryJob, BigQueryJobs, digest, stem_of
from tiktok_organic.warehouse.bigquery_listing import Reading
from tiktok_organic.warehouse.bigquery_memory import Known
from tiktok_organic.warehouse.bigquery_rows import REQUEST_BYTES, parameters, source
from tiktok_organic.warehouse.bigquery_script import (
    CHANGED,
    TAKEN,
    Days,
    Script,
    never_expire,
    only_of,
    unchanged,
)
from tiktok_organic.warehouse.bigquery_staging import BigQueryStaging
from tiktok_organic.warehouse.bigquery_tables import BigQueryTables
from tiktok_organic.warehouse.bigquery_views import BigQueryViews
from tiktok_organic.warehouse.remembered_rows import RememberedRows, rows_after
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql import BIGQUERY

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BigQueryLoad"]

_REQUEST_TIMEOUT = 60.0
_SIDE_BY_SIDE = 8
"""Requests about tables at a time."""
_LOADED_AT = "_quanti_loaded_at"


class BigQueryLoad:
    """A load into the dataset of `tables`; nothing is sent before `commit`."""

    def __init__(
        self,
        project: str,
        tables: BigQueryTables,
        spool: Spool,
        clock: Clock,
        *,
        run: str,
        attempt: int,
        journal: CommitJournal | None = None,
        request_bytes: int = REQUEST_BYTES,
        reading: Reading | None = None,
    ) -> None:
        self._project = project
        self._tables = tables
        self._spool = spool
        self._clock = clock
        self._run = run
        self._attempt = attempt
        self._journal = journal
        self._request_bytes = request_bytes
        self._reading = reading
        self._checks = reading is not None and reading.remembered
        self._days: dict[str, Days] = {}
        self._forgotten: list[tuple[Table, str, list[str]]] = []
        self._staging = BigQueryStaging(tables, spool, clock)
        self._views: list[View] = []
        self._foreign: dict[str, str] = {}
        self._claims: list[tuple[Table, str, str]] = []
        self._told = hashlib.blake2b(digest_size=8)
        self._former: Any = None

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        self._spool.add(table, batch)
        self._days.setdefault(table.name, Days()).add(table, batch)
        if _LOADED_AT in table.names:
            same = batch.select([name for name in table.names if name != _LOADED_AT])
            self._told.update(table.name.encode() + b"\0" + same.serialize().to_pybytes())

    def declare(self, table: Table) -> None:
        self._spool.declare(table)

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        self._spool.declare(table)
        if values:
            self._forgotten.append((table, table.column(column).name, list(values)))

    def claim(self, table: Table, column: str, value: str) -> None:
        self._claims.append((table, table.column(column).name, value))

    def define(self, view: View) -> None:
        self._views.append(view)

    def commit(self) -> Loaded:
        """Implement `Load.commit`.

        After a failure, an empty dataset, table or column may remain.
        """
        self._spool.finish()
        with explained(self._project):
            # First of all: the script of a killed process may still be running.
            self._await_former()
            # What a former job did is judged by the tables that are there now, not by memory.
            done = None if self._former else self._by_memory()
            if done is None:
                if self._checks:
                    raise self._changed()
                done = self._by_lookup()
            self._remember_rows()
        self._staging.tidy(self._project)
        return Loaded(
            rows=dict(self._spool.rows),
            bytes_billed=done.billed,
            refused_views=done.refused_views,
            refused_tables=self._foreign,
        )

    def _by_memory(self) -> _Done | None:
        """Commit without reading the dataset; None if its content is unknown or outdated."""
        known = self._tables.known()
        if known is None or not known.has(self._spool.tables.values()):
            return None
        if not self._still_foreign(known):
            self._tables.forget()
            return None
        try:
            done = self._land(known)
        except _not_as_remembered() as error:
            if _says(error, TAKEN):
                raise self._taken() from error
            if _says(error, CHANGED):
                raise self._changed() from error
            if fault_of(error).later:
                raise
            self._tables.forget()
            return None
        self._tables.remember(replace(known, views=done.views, invalid=done.invalid))
        return done

    def _still_foreign(self, known: Known) -> bool:
        """Leave out the tables that are a person's own. False when one of them has changed."""
        for name in known.foreign:
            table = self._spool.tables.get(name)
            if table is not None and self._usable(table) is not None:
                return False
        return all(name not in self._spool.tables for name in known.foreign)

    def _by_lookup(self) -> _Done:
        """Create what is missing, commit, and remember what is there."""
        if self._former:
            self._tables.forget()
        known = self._just_read()
        location = self._tables.ensure_dataset() if known is None else known.location
        known = known or Known(location)
        declared = [table for table in self._spool.tables.values() if table not in known.tables]
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="tables") as pool:
            # Refuse before anything is sent.
            found = list(pool.map(self._usable, declared))
            ours = [
                pair
                for pair in zip(declared, found, strict=True)
                if pair[0].name not in self._foreign
            ]
            jobs = self._jobs(location)
            stored = list(pool.map(lambda pair: self._ensure(jobs, *pair), ours))
        tables = {
            table: (tuple(column.name for column in there.schema), str(there.created))
            for (table, _), there in zip(ours, stored, strict=True)
        }
        partly = bool(known.tables)
        known = replace(known, tables={**known.tables, **tables}, foreign=dict(self._foreign))
        try:
            done = self._land(known)
        except _not_as_remembered() as error:
            if _says(error, TAKEN):
                raise self._taken() from error
            if not partly or fault_of(error).later:
                raise
            self._tables.forget()
            return self._by_lookup()
        self._tables.remember(replace(known, views=done.views, invalid=done.invalid))
        return done

    def _just_read(self) -> Known | None:
        """What the reading before this load found out; None when it did not look."""
        known = self._tables.known()
        if known is None or self._reading is None or self._reading.remembered:
            return None
        tables = {
            table: known.tables[table] for table in self._reading.tables if table in known.tables
        }
        return Known(known.location, tables, known.views)

    def _remember_rows(self) -> None:
        """What the tables hold that were read before, or nothing where that is not certain."""
        rows = None
        if self._reading is not None and self._former is None:
            held = {table: self._held(table, was) for table, was in self._reading.tables.items()}
            rows = RememberedRows.pack(self._run, held)
        self._tables.remember_rows(rows)

    def _held(self, table: Table, was: Held) -> Held:
        if table.name not in self._spool.tables or table.name in self._foreign:
            return was
        staged = (row for batch in self._spool.batches(table) for row in batch.to_pylist())
        return Held(TableState.OURS, rows_after(table, was.rows, staged, self._forgotten))

    def _changed(self) -> RowsChanged:
        self._tables.forget()
        return RowsChanged(f"{self._tables.dataset} does not hold the rows that are remembered")

    def _usable(self, table: Table) -> Any:
        """Return the stored table, or None; a user's own table is removed from the load."""
        found = self._tables.find(table)
        reason = None if found is None else self._tables.foreign(table, found)
        if reason is not None:
            self._foreign[table.name] = reason
            self._spool.discard(table.name)
            return None
        return self._tables.usable(table, found)

    def _land(self, known: Known) -> _Done:
        """Send the rows and merge them: as parameters of one job, or through staging tables."""
        created = [known.tables[table][1] for table in self._spool.tables.values()]
        told = digest(self._told.hexdigest(), *created)
        if self._is_of_former(told):
            return self._define(known, self._end(self._former))
        jobs = self._jobs(known.location)
        rows = parameters(self._spool, self._request_bytes)
        if rows is None:
            self._staging.fill(jobs, self._run, self._attempt)
        script = self._script(rows)
        billed = 0
        if script.statements:
            job = self._query(jobs, f"commit_{told}", script, script.text(), created)
            if self._journal is not None:
                self._journal.write(job.name)
            billed = self._end(job.start().wait())
        return self._define(known, billed)

    def _script(self, rows: Mapping[str, str] | None) -> Script:
        """All statements of the commit."""
        script = Script()
        merged = [t for t in self._spool.tables.values() if self._spool.rows[t.name]]
        names = {table.name for table in merged}
        for table, column, values in self._forgotten:
            if rows is None or not _folds(table) or table.name not in names:
                script.forget(self._tables.target(table.name), column, values)
        for table in merged:
            self._merge(script, table, rows)
        if script.statements and self._checks and self._reading is not None:
            counts = {
                self._tables.target(table.name): len(held.rows)
                for table, held in self._reading.tables.items()
                if held.state is TableState.OURS
                and table.name not in names
                and table.partition is None  # an owner may require a filter, which is billed
            }
            script.check_counts(counts)
        return script

    def _end(self, committed: Any) -> int:
        """Delete the journal: the commit job has succeeded.

        Returns the bytes billed for it.
        """
        if self._journal is not None:
            self._journal.clear()
        return int(committed.total_bytes_billed or 0)

    def _is_of_former(self, told: str) -> bool:
        """Whether the job of a former attempt at this run has committed the same answers of TikTok.

        Tables that are computed from stored rows differ after it: they were in the same commit.
        """
        if self._former is None:
            return False
        pattern = rf"{re.escape(stem_of(self._run))}\d+_commit_{told}_"
        return re.match(pattern, str(self._former.job_id)) is not None

    def _merge(self, script: Script, table: Table, rows: Mapping[str, str] | None) -> None:
        target = self._tables.target(table.name)
        conditions = [
            only_of(script, target, table, column, value)
            for claimed, column, value in self._claims
            if claimed.name == table.name
        ]
        held = self._reading.tables.get(table) if self._checks and self._reading else None
        if held is not None and held.state is TableState.OURS:
            conditions.append(unchanged(target, table, held.rows))
        only = " AND ".join(conditions)
        if rows is not None:
            read = source(table, script.parameter("rows", rows[table.name]), only)
        else:
            staging = self._staging.target(table)
            read = f"(SELECT * FROM {staging} WHERE {only})" if only else staging  # noqa: S608 - quoted
        forgotten = [
            script.forgotten(f"t.{BIGQUERY.name(column)}", values)
            for forgetful, column, values in self._forgotten
            if rows is not None and forgetful.name == table.name and _folds(table)
        ]
        forget = f"({' OR '.join(forgotten)})" if forgotten else ""
        script.merge(target, read, table, self._days[table.name], forget)

    def _define(self, known: Known, billed: int) -> _Done:
        """Create the views, unless this process knows that they exist."""
        views = BigQueryViews(self._tables)
        wanted = views.definitions(self._views)
        invalid = {
            one.view.name: known.invalid[one.version]
            for one in wanted
            if one.version in known.invalid
        }
        tried = [one for one in wanted if one.view.name not in invalid]
        if frozenset(one.version for one in tried) <= known.views:
            return _Done(billed, invalid, known.views, known.invalid)
        refused = views.ensure(tried, {*self._foreign, *invalid})
        made = frozenset(one.version for one in tried if one.view.name not in refused)
        return _Done(
            billed,
            {**refused, **invalid},
            made | known.views,
            {**known.invalid, **views.invalid},
        )

    def _taken(self) -> Conflict:
        return taken(self._tables.dataset)

    def _await_former(self) -> None:
        """Wait for the commit job of a former attempt whose process was killed.

        Two scripts must not run in parallel: BigQuery allows INSERTs of two transactions into one
        table, so both would add the same rows. A job that has succeeded counts as this load if its
        rows are the same.
        """
        former = self._journal.read() if self._journal is not None else None
        if former is None:
            return
        location = self._tables.known_location()
        if location is not None:
            self._former = self._jobs(location).end(former)

    def _jobs(self, location: str) -> BigQueryJobs:
        tables = self._tables
        return BigQueryJobs(
            tables.client,
            tables.patience,
            dataset=tables.dataset,
            location=location,
            run=self._run,
            attempt=self._attempt,
        )

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
            self._query(jobs, "keep", Script([statement]), statement, created).start().wait()
        return stored

    def _query(
        self, jobs: BigQueryJobs, step: str, script: Script, text: str, created: Sequence[str]
    ) -> BigQueryJob:
        bigquery = library()
        asked = [
            bigquery.ScalarQueryParameter(name, "STRING", value)
            if isinstance(value, str)
            else bigquery.ArrayQueryParameter(name, "STRING", value)
            for name, value in script.parameters.items()
        ]
        config = bigquery.QueryJobConfig(
            query_parameters=asked, use_legacy_sql=False, labels=jobs.labels
        )
        if self._tables.maximum_bytes_billed is not None:
            config.maximum_bytes_billed = self._tables.maximum_bytes_billed

        def submit(job_id: str) -> Any:
            return jobs.client.query(
                text,
                job_config=config,
                job_id=job_id,
                location=jobs.location,
                retry=None,
                job_retry=None,
                timeout=_REQUEST_TIMEOUT,
            )

        # A table that was dropped and created again is another table: the former job did not fill
        # it.
        return jobs.job(step, digest(text, repr(script.parameters), *created), submit)


@dataclass(frozen=True)
class _Done:
    """Result of a commit: bytes billed, refused views, versions of the existing views."""

    billed: int
    refused_views: Mapping[str, str]
    views: frozenset[str]
    invalid: Mapping[str, str]


def _folds(table: Table) -> bool:
    """Whether the MERGE of a table can also delete rows, as if they were deleted before it.

    Not if stored values must be preserved; and a MERGE that reads every partition for it would bill
    them all.
    """
    return not table.cumulative and table.partition is None


def _not_as_remembered() -> tuple[type[Exception], ...]:
    """Whether BigQuery answered that something is missing or was changed."""
    errors = library("google.api_core.exceptions")
    return (JobFailed, errors.NotFound, errors.BadRequest)


def _says(error: Exception, mark: str) -> bool:
    return mark in str(error)
