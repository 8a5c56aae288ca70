"""One load into BigQuery: one job, whose script merges all tables in one transaction.

The rows are parameters of that job. If they are too many for one request, they are first loaded as
Parquet into staging tables, in parallel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tiktok_organic.clock import Clock
from tiktok_organic.table_definition import Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.commit_job import CommitJob
from tiktok_organic.warehouse.bigquery.commit_script import CommitScript
from tiktok_organic.warehouse.bigquery.dataset_memory import Known
from tiktok_organic.warehouse.bigquery.error_meanings import explained
from tiktok_organic.warehouse.bigquery.faults import JobFailed, fault_of
from tiktok_organic.warehouse.bigquery.jobs import digest
from tiktok_organic.warehouse.bigquery.listing import Reading
from tiktok_organic.warehouse.bigquery.load_content import LoadContent
from tiktok_organic.warehouse.bigquery.load_tables import LoadTables
from tiktok_organic.warehouse.bigquery.rows_as_parameter import REQUEST_BYTES, parameters
from tiktok_organic.warehouse.bigquery.staging import BigQueryStaging
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.transaction_script import CHANGED, TAKEN
from tiktok_organic.warehouse.bigquery.views import BigQueryViews
from tiktok_organic.warehouse.contract import CommitJournal, Held, Loaded, RowsChanged, taken
from tiktok_organic.warehouse.remembered_rows import RememberedRows
from tiktok_organic.warehouse.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BigQueryLoad"]


class BigQueryLoad:
    """A load into the dataset of `tables`; nothing is sent before `commit`.

    `reading`: the rows that were read before it, or remembered instead.
    """

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
        self._run = run
        self._attempt = attempt
        self._request_bytes = request_bytes
        self._reading = reading
        self._content = LoadContent(spool)
        self._views: list[View] = []
        self._job = CommitJob(tables, run, attempt, journal)
        self._stored = LoadTables(tables, spool, self._job)
        self._staging = BigQueryStaging(tables, spool, clock)

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        self._content.add(table, batch)

    def declare(self, table: Table) -> None:
        self._spool.declare(table)

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        self._content.forget(table, column, values)

    def claim(self, table: Table, column: str, value: str) -> None:
        self._content.claim(table, column, value)

    def define(self, view: View) -> None:
        self._views.append(view)

    def commit(self) -> Loaded:
        """Implement `Load.commit`.

        After a failure, an empty dataset, table or column may remain.
        """
        self._spool.finish()
        with explained(self._project):
            # First of all: the script of a killed process may still be running.
            self._job.await_former()
            # What a former job did is judged by the tables that are there now, not by memory.
            done = None if self._job.former else self._by_memory()
            if done is None:
                # Another read is needed: these rows were computed from remembered ones.
                if self._reading is not None and self._reading.remembered:
                    raise self._changed()
                done = self._by_lookup()
            self._remember_rows()
        self._staging.tidy(self._project)
        return Loaded(
            rows=dict(self._spool.rows),
            bytes_billed=done.billed,
            refused_views=done.refused_views,
            refused_tables=self._stored.foreign,
        )

    @property
    def _remembered(self) -> Mapping[Table, Held]:
        """The tables whose rows were remembered instead of read, so that the commit checks them."""
        reading = self._reading
        return reading.tables if reading is not None and reading.remembered else {}

    def _by_memory(self) -> _Committed | None:
        """Commit without reading the dataset; None if its content is unknown or outdated."""
        known = self._tables.memory.known()
        if known is None or not known.has(self._spool.tables.values()):
            return None
        if not self._stored.still_foreign(known):
            self._tables.memory.forget()
            return None
        return self._commit(known, by_memory=True)

    def _by_lookup(self) -> _Committed:
        """Create what is missing, commit, and remember what is there."""
        if self._job.former:
            self._tables.memory.forget()
        known = self._stored.just_read(self._reading)
        if known is None:
            known = Known(self._tables.ensure_dataset())
        by_memory = bool(known.tables)
        done = self._commit(self._stored.ensure(known), by_memory=by_memory)
        return self._by_lookup() if done is None else done

    def _commit(self, known: Known, *, by_memory: bool) -> _Committed | None:
        """Send the rows, create the views, and remember the tables.

        None if the dataset differs from what was remembered (`by_memory`) of it; that is forgotten.
        """
        try:
            done = self._define(known, self._send(known))
        except _not_as_remembered() as error:
            if TAKEN in str(error):
                raise taken(self._tables.dataset) from error
            if CHANGED in str(error):
                raise self._changed() from error
            # A temporary error says nothing about the dataset.
            if not by_memory or fault_of(error).later:
                raise
            self._tables.memory.forget()
            return None
        self._tables.memory.remember(replace(known, views=done.views, invalid=done.invalid))
        return done

    def _send(self, known: Known) -> int:
        """Merge the rows, as parameters of one job or through staging tables.

        Returns the bytes billed for it.
        """
        created = [known.tables[table][1] for table in self._spool.tables.values()]
        content = digest(self._content.answers_digest, *created)
        if self._job.has_committed(content):
            return self._job.finish(self._job.former)
        jobs = self._job.jobs(known.location)
        rows = parameters(self._spool, self._request_bytes)
        if rows is None:
            self._staging.fill(jobs, self._run, self._attempt)
        script = CommitScript(
            self._tables, self._content, self._staging, rows, self._remembered
        ).build()
        return self._job.commit(jobs, script, content, created) if script.statements else 0

    def _define(self, known: Known, billed: int) -> _Committed:
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
            return _Committed(billed, invalid, known.views, known.invalid)
        refused = views.ensure(tried, {*self._stored.foreign, *invalid})
        made = frozenset(one.version for one in tried if one.view.name not in refused)
        return _Committed(
            billed,
            {**refused, **invalid},
            made | known.views,
            {**known.invalid, **views.invalid},
        )

    def _remember_rows(self) -> None:
        """Remember the rows of the tables that were read before, if they are certain."""
        rows = None
        # After a former job has committed, it is unknown here which rows it has changed.
        if self._reading is not None and self._job.former is None:
            held = {table: self._held(table, was) for table, was in self._reading.tables.items()}
            rows = RememberedRows.pack(self._run, held)
        self._tables.memory.remember_rows(rows)

    def _held(self, table: Table, before: Held) -> Held:
        if table.name not in self._spool.tables or table.name in self._stored.foreign:
            return before
        return self._content.held_after(table, before)

    def _changed(self) -> RowsChanged:
        self._tables.memory.forget()
        return RowsChanged(f"{self._tables.dataset} does not hold the rows that are remembered")


@dataclass(frozen=True)
class _Committed:
    """Result of a commit: bytes billed, refused views, versions of the existing views."""

    billed: int
    refused_views: Mapping[str, str]
    views: frozenset[str]
    invalid: Mapping[str, str]


def _not_as_remembered() -> tuple[type[Exception], ...]:
    """The errors with which BigQuery says that something is missing or was changed."""
    errors = library("google.api_core.exceptions")
    return (JobFailed, errors.NotFound, errors.BadRequest)
