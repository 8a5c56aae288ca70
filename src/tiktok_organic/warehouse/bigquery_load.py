"""One load into BigQuery: one job, whose script merges all tables in one transaction.

The rows are parameters of that job. If they are too many for one request, they are first loaded as
Parquet into staging tables, in parallel.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Conflict, TikTokOrganicError
from tiktok_organic.table import Table
from tiktok_organic.view import View
from tiktok_organic.warehouse.base import CommitJournal, Loaded, taken
from tiktok_organic.warehouse.bigquery_client import library
from tiktok_organic.warehouse.bigquery_faults import JobFailed, Patience, explained, fault_of
from tiktok_organic.warehouse.bigquery_jobs import BigQueryJob, BigQueryJobs, digest, stem_of, word
from tiktok_organic.warehouse.bigquery_memory import Known
from tiktok_organic.warehouse.bigquery_rows import REQUEST_BYTES, parameters, source
from tiktok_organic.warehouse.bigquery_script import TAKEN, Days, Script, never_expire, only_of
from tiktok_organic.warehouse.bigquery_tables import STAGING, BigQueryTables
from tiktok_organic.warehouse.bigquery_views import BigQueryViews
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql import BIGQUERY

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BigQueryLoad"]

_UPLOAD_TIMEOUT = 300.0
_REQUEST_TIMEOUT = 60.0
# The only column that differs between two attempts to load TikTok's rows.
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
    ) -> None:
        self._project = project
        self._tables = tables
        self._spool = spool
        self._clock = clock
        self._run = run
        self._attempt = attempt
        self._journal = journal
        self._request_bytes = request_bytes
        self._days: dict[str, Days] = {}
        self._forgotten: list[tuple[Table, str, list[str]]] = []
        self._staging: dict[str, str] = {}
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
            # The tables that exist now decide about a former job, not the memory.
            done = (None if self._former else self._by_memory()) or self._by_lookup()
        # After the commit, so that an error here cannot fail a load whose rows are visible.
        self._tidy()
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
        # The creation times are part of the job's id: a table that was dropped and created again
        # needs another job.
        created = [known.tables[table][1] for table in self._spool.tables.values()]
        try:
            return self._land(known, created)
        except _not_as_remembered() as error:
            if _is_stranger(error):
                raise self._taken() from error
            # Not a stale memory: looking the dataset up again would not help.
            if fault_of(error).later:
                raise
            self._tables.forget()
            return None

    def _by_lookup(self) -> _Done:
        """Create what is missing, commit, and remember what exists."""
        location = self._tables.ensure_dataset()
        # Refuse before anything is sent.
        usable = {table: self._usable(table) for table in list(self._spool.tables.values())}
        declared = list(self._spool.tables.values())
        found = [usable[table] for table in declared]
        jobs = self._jobs(location)
        stored = [self._ensure(jobs, *pair) for pair in zip(declared, found, strict=True)]
        tables = {
            table: (tuple(column.name for column in there.schema), str(there.created))
            for table, there in zip(declared, stored, strict=True)
        }
        known = Known(location, tables)
        try:
            done = self._land(known, [created for _, created in tables.values()])
        except JobFailed as error:
            if _is_stranger(error):
                raise self._taken() from error
            raise
        self._tables.remember(replace(known, views=done.views))
        return done

    def _usable(self, table: Table) -> Any:
        """Return the stored table, or None; a user's own table is removed from the load."""
        found = self._tables.find(table)
        reason = None if found is None else self._tables.foreign(table, found)
        if reason is not None:
            self._foreign[table.name] = reason
            self._spool.discard(table.name)
            return None
        return self._tables.usable(table, found)

    def _land(self, known: Known, created: Sequence[str]) -> _Done:
        """Send the rows and merge them.

        They are parameters of one job, or in staging tables if they are many.
        """
        told = digest(self._told.hexdigest(), *created)
        if self._is_of_former(told):
            return self._define(known, self._end(self._former))
        jobs = self._jobs(known.location)
        script = Script()
        # Parameters first: load jobs count against a daily limit per table, DML does not
        # (BigQuery's quotas).
        rows = parameters(self._spool, self._request_bytes)
        if rows is None:
            self._stage_all(jobs)
        merged = {
            table.name for table in self._spool.tables.values() if self._spool.rows[table.name]
        }
        for table, column, values in self._forgotten:
            if rows is None or not _folds(table) or table.name not in merged:
                script.forget(self._tables.target(table.name), column, values)
        for name in sorted(merged, key=list(self._spool.tables).index):
            self._merge(script, self._spool.tables[name], rows)
        billed = 0
        if script.statements:
            job = self._query(jobs, f"commit_{told}", script, script.text(), created)
            if self._journal is not None:
                self._journal.write(job.name)
            billed = self._end(job.start().wait())
        return self._define(known, billed)

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
        only = ""
        for claimed, column, value in self._claims:
            if claimed.name == table.name:
                only = only_of(script, target, table, column, value)
        if rows is not None:
            read = source(table, script.parameter("rows", rows[table.name]), only)
        else:
            staging = self._tables.target(self._staging[table.name])
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
        versions = frozenset(one.version for one in wanted)
        if versions <= known.views:
            return _Done(billed, {}, known.views)
        refused = views.ensure(wanted, self._foreign)
        return _Done(billed, refused, known.views if refused else versions | known.views)

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

    def _stage_all(self, jobs: BigQueryJobs) -> None:
        """Load the Parquet files into staging tables, in parallel."""
        tables = [table for table in self._spool.tables.values() if self._spool.rows[table.name]]
        with ThreadPoolExecutor(len(tables), thread_name_prefix="staging") as pool:
            for job in list(pool.map(lambda table: self._send(jobs, table), tables)):
                job.wait()

    def _send(self, jobs: BigQueryJobs, table: Table) -> BigQueryJob:
        """Start the load job of a table's rows."""
        path = self._spool.path(table)
        with path.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
        name = f"{STAGING}{word(self._run)}_{self._attempt}_{word(table.name)}_{content}"
        self._staging[table.name] = name
        self._tables.stage(table, name, self._clock)

        def submit(job_id: str) -> Any:
            with path.open("rb") as file:
                return jobs.client.load_table_from_file(
                    file,
                    self._tables.reference(name),
                    # the size is known, so a small file is one request instead of two
                    size=path.stat().st_size,
                    num_retries=0,
                    job_id=job_id,
                    location=jobs.location,
                    job_config=self._parquet(table),
                    timeout=_UPLOAD_TIMEOUT,
                )

        def stands() -> bool:  # or has expired since, and the table is a new one
            return self._tables.holds(name, self._spool.rows[table.name])

        return jobs.job(f"load_{table.name}", content, submit, stands=stands).start()

    def _parquet(self, table: Table) -> Any:
        """Configure the load job of a staging table.

        WRITE_EMPTY, because the table is filled once, and because it preserves its expiration.
        """
        bigquery = library()
        return bigquery.LoadJobConfig(
            source_format="PARQUET",
            schema=self._tables.schema(table),
            create_disposition="CREATE_NEVER",
            write_disposition="WRITE_EMPTY",
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

    def _tidy(self) -> None:
        """Remove the staging tables.

        The rows are committed, so errors are ignored: the tables expire.
        """
        with suppress(TikTokOrganicError), explained(self._project):
            self._tables.drop(
                list(self._staging.values()), patience=Patience(self._clock, pauses=())
            )


@dataclass(frozen=True)
class _Done:
    """Result of a commit: bytes billed, refused views, versions of the existing views."""

    billed: int
    refused_views: Mapping[str, str]
    views: frozenset[str]


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


def _is_stranger(error: Exception) -> bool:
    return TAKEN in str(error)
