"""One load into BigQuery: Parquet to staging tables, side by side, then one transaction over all tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.table import Table
from tiktok_organic.view import View
from tiktok_organic.warehouse.base import Loaded
from tiktok_organic.warehouse.bigquery_client import library
from tiktok_organic.warehouse.bigquery_faults import Patience, explained
from tiktok_organic.warehouse.bigquery_jobs import BigQueryJob, BigQueryJobs, digest, word
from tiktok_organic.warehouse.bigquery_script import Days, Script, never_expire
from tiktok_organic.warehouse.bigquery_tables import STAGING, BigQueryTables
from tiktok_organic.warehouse.bigquery_views import BigQueryViews
from tiktok_organic.warehouse.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BigQueryLoad"]

_UPLOAD_TIMEOUT = 300.0


class BigQueryLoad:
    """A load into the dataset that `tables` stands for; nothing is sent before `commit`."""

    def __init__(
        self,
        project: str,
        tables: BigQueryTables,
        spool: Spool,
        clock: Clock,
        *,
        run: str,
        attempt: int,
    ) -> None:
        self._project = project
        self._tables = tables
        self._spool = spool
        self._clock = clock
        self._run = run
        self._attempt = attempt
        self._days: dict[str, Days] = {}
        self._forgotten: list[tuple[Table, str, list[str]]] = []
        self._staging: dict[str, str] = {}
        self._views: list[View] = []

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        self._spool.add(table, batch)
        self._days.setdefault(table.name, Days()).add(table, batch)

    def declare(self, table: Table) -> None:
        self._spool.declare(table)

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        self._spool.declare(table)
        if values:
            self._forgotten.append((table, table.column(column).name, list(values)))

    def define(self, view: View) -> None:
        self._views.append(view)

    def commit(self) -> Loaded:
        """As promised by `Load`; an empty dataset, table or column that was missing may be left when it fails."""
        self._spool.finish()
        declared = list(self._spool.tables.values())
        with explained(self._project):
            location = self._tables.ensure_dataset()
            found = [
                self._tables.usable(table) for table in declared
            ]  # refuse before anything is sent
            jobs = self._jobs(location)
            for job in [
                self._send(jobs, table) for table in declared if self._spool.rows[table.name]
            ]:
                job.wait()
            stored = [self._ensure(jobs, *pair) for pair in zip(declared, found, strict=True)]
            billed = self._transact(jobs, stored)
            refused = BigQueryViews(self._tables).ensure(self._views)
        self._tidy()
        return Loaded(rows=dict(self._spool.rows), bytes_billed=billed, refused_views=refused)

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
                    size=path.stat().st_size,  # known, so that a small file is one request instead of two
                    num_retries=0,
                    job_id=job_id,
                    location=jobs.location,
                    job_config=self._parquet(table),
                    timeout=_UPLOAD_TIMEOUT,
                )

        def stands() -> bool:  # or has expired since, and the table is a new one
            return self._tables.holds(name, self._spool.rows[table.name])

        return jobs.start(f"load_{table.name}", content, submit, stands=stands)

    def _parquet(self, table: Table) -> Any:
        """WRITE_EMPTY, since a staging table is filled once, and keeps its expiration so."""
        bigquery = library()
        return bigquery.LoadJobConfig(
            source_format="PARQUET",
            schema=self._tables.schema(table),
            create_disposition="CREATE_NEVER",
            write_disposition="WRITE_EMPTY",
        )

    def _ensure(self, jobs: BigQueryJobs, table: Table, found: Any) -> Any:
        """The stored table; a new one does not inherit the dataset's expiration: TikTok cannot be asked again."""
        stored = self._tables.ensure(table, found)
        partitions = stored.time_partitioning
        fresh = stored.num_rows in (None, 0) and stored.labels.get("written_by") == "tiktok-organic"
        if fresh and (stored.expires or (partitions and partitions.expiration_ms)):
            statement = never_expire(
                self._tables.target(table.name), partitioned=partitions is not None
            )
            self._query(jobs, "keep", Script([statement]), statement, [stored]).wait()
        return stored

    def _transact(self, jobs: BigQueryJobs, stored: Sequence[Any]) -> int:
        """The bytes billed for the script that deletes and merges."""
        script = Script()
        for table, column, values in self._forgotten:
            script.forget(self._tables.target(table.name), column, values)
        for name, staging in self._staging.items():
            table = self._spool.tables[name]
            script.merge(
                self._tables.target(name), self._tables.target(staging), table, self._days[name]
            )
        if not script.statements:
            return 0
        return int(
            self._query(jobs, "commit", script, script.text(), stored).wait().total_bytes_billed
            or 0
        )

    def _query(
        self, jobs: BigQueryJobs, step: str, script: Script, text: str, stored: Sequence[Any]
    ) -> BigQueryJob:
        bigquery = library()
        parameters = [
            bigquery.ArrayQueryParameter(name, "STRING", values)
            for name, values in script.parameters.items()
        ]
        config = bigquery.QueryJobConfig(query_parameters=parameters, use_legacy_sql=False)

        def submit(job_id: str) -> Any:
            return jobs.client.query(
                text,
                job_config=config,
                job_id=job_id,
                location=jobs.location,
                retry=None,
                job_retry=None,
                timeout=60.0,
            )

        # A table that was dropped and made again is another table: what was done to the former one is not done.
        content = digest(text, repr(script.parameters), *(str(table.created) for table in stored))
        return jobs.start(step, content, submit)

    def _tidy(self) -> None:
        """Remove the staging tables; the rows are committed, so a fault here is none of the load's: they expire."""
        with suppress(TikTokOrganicError), explained(self._project):
            self._tables.drop(
                list(self._staging.values()), patience=Patience(self._clock, pauses=())
            )
