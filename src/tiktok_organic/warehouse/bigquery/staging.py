"""Rows of a load that are too many for one request: Parquet files in staging tables.

The tables are in a separate dataset and expire, so that BigQuery deletes what a killed process
leaves, and the owner's datasets contain results only. An account that may not create datasets
stages in the connector's dataset; these tables expire as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.error_meanings import explained
from tiktok_organic.warehouse.bigquery.faults import fault_of
from tiktok_organic.warehouse.bigquery.jobs import BigQueryJob, BigQueryJobs, word
from tiktok_organic.warehouse.bigquery.repeat_requests import Patience
from tiktok_organic.warehouse.bigquery.schema import schema_of
from tiktok_organic.warehouse.bigquery.tables import LABELS, STAGING, BigQueryTables
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

__all__ = ["STAGING_DATASET", "STAGING_HOURS", "BigQueryStaging"]

STAGING_DATASET = "tiktok_organic_staging"
"""How the name of the staging dataset begins, after the prefix; its location follows."""
# If this process is killed, BigQuery deletes the tables after this time.
STAGING_HOURS = 6
_UPLOAD_TIMEOUT = 300.0


class BigQueryStaging:
    """The staging tables of one attempt at one load into the dataset that `tables` describes."""

    def __init__(self, tables: BigQueryTables, spool: Spool, clock: Clock) -> None:
        self._tables = tables
        self._spool = spool
        self._clock = clock
        self._references: dict[str, Any] = {}
        self._errors = library("google.api_core.exceptions")

    def fill(self, jobs: BigQueryJobs, run: str, attempt: int) -> None:
        """Load the Parquet files into staging tables, side by side."""
        tables = [table for table in self._spool.tables.values() if self._spool.rows[table.name]]
        for table in tables:
            self._spool.path(table)  # writes the file, which threads must not do side by side
        try:
            self._fill(self._own_dataset(jobs.location), jobs, tables, (run, attempt))
        except self._errors.Forbidden as error:
            if fault_of(error).reason != "accessDenied":  # a quota is forbidden too
                raise
            self._fill(self._tables.place, jobs, tables, (run, attempt))

    def target(self, table: Table) -> str:
        """The quoted name of a table's staging table, for SQL."""
        found = self._references[table.name]
        return BIGQUERY.name(found.project, found.dataset_id, found.table_id)

    def tidy(self, project: str) -> None:
        """Remove the staging tables.

        The rows are committed, so a fault here does not fail the load: the tables expire.
        """
        once = Patience(self._clock, pauses=())
        with suppress(TikTokOrganicError), explained(project):
            for reference in self._references.values():
                once.ask(self._tables.client.delete_table, reference, not_found_ok=True)

    def _own_dataset(self, location: str) -> Any:
        """The staging dataset of the location; created when missing."""
        name = f"{STAGING_DATASET}_{re.sub(r'[^a-z0-9]', '_', location.lower())}"
        place = self._tables.neighbour(name)
        with suppress(self._errors.NotFound):
            self._tables.patience.ask(self._tables.client.get_dataset, place)
            return place
        dataset = library().Dataset(place)
        dataset.location = location
        dataset.description = "Rows on their way into datasets of tiktok-organic; they expire."
        dataset.labels = dict(LABELS)
        dataset.default_table_expiration_ms = int(
            timedelta(hours=STAGING_HOURS) / timedelta(milliseconds=1)
        )
        with suppress(self._errors.Conflict):  # another sync has created it at the same time
            self._tables.patience.ask(self._tables.client.create_dataset, dataset)
        return place

    def _fill(
        self, place: Any, jobs: BigQueryJobs, tables: Sequence[Table], attempt: tuple[str, int]
    ) -> None:
        with ThreadPoolExecutor(len(tables), thread_name_prefix="staging") as pool:
            sent = pool.map(lambda table: self._send(place, jobs, table, attempt), tables)
            for job in list(sent):
                job.wait()

    def _send(
        self, place: Any, jobs: BigQueryJobs, table: Table, attempt: tuple[str, int]
    ) -> BigQueryJob:
        """Start the load job of a table's rows."""
        path = self._spool.path(table)
        with path.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
        stem = word(f"{self._tables.dataset}_{attempt[0]}_{attempt[1]}", 100)
        reference = place.table(f"{STAGING}{stem}_{word(table.name)}_{content}")
        self._references[table.name] = reference
        self._create(reference, table)

        def submit(job_id: str) -> Any:
            with path.open("rb") as file:
                return jobs.client.load_table_from_file(
                    file,
                    reference,
                    # known, so that a small file is one request instead of two
                    size=path.stat().st_size,
                    num_retries=0,
                    job_id=job_id,
                    location=jobs.location,
                    job_config=self._parquet(table),
                    timeout=_UPLOAD_TIMEOUT,
                )

        def still_exists() -> bool:  # or has expired since, and the table is a new one
            found = self._tables.patience.ask(self._tables.client.get_table, reference)
            return bool(found.num_rows == self._spool.rows[table.name])

        content = f"{place.dataset_id}.{content}"
        return jobs.job(f"load_{table.name}", content, submit, still_exists=still_exists).start()

    def _create(self, reference: Any, table: Table) -> None:
        """Create the staging table if it is missing; BigQuery deletes it after some hours."""
        staging = library().Table(reference, schema=schema_of(table))
        staging.expires = self._clock.now() + timedelta(hours=STAGING_HOURS)
        staging.description = f"Rows on their way to {table.name}; expires by itself."
        staging.labels = dict(LABELS)
        with suppress(self._errors.Conflict):
            self._tables.patience.ask(self._tables.client.create_table, staging)

    def _parquet(self, table: Table) -> Any:
        """WRITE_EMPTY, since a staging table is filled once, and keeps its expiration so."""
        return library().LoadJobConfig(
            source_format="PARQUET",
            schema=schema_of(table),
            create_disposition="CREATE_NEVER",
            write_disposition="WRITE_EMPTY",
        )
