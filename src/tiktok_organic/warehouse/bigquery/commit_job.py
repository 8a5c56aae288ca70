"""Send the job that commits a load, and find the one that a killed process has sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.jobs import BigQueryJob, BigQueryJobs, digest, stem_of
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.transaction_script import Script
from tiktok_organic.warehouse.contract import CommitJournal

__all__ = ["CommitJob"]

_REQUEST_TIMEOUT = 60.0


class CommitJob:
    """The commit of one attempt at a run into the dataset of `tables`.

    `journal`: where the job's id is written before it is sent. `former`: the commit job of an
    attempt whose process was killed, if it has succeeded.
    """

    def __init__(
        self, tables: BigQueryTables, run: str, attempt: int, journal: CommitJournal | None
    ) -> None:
        self._tables = tables
        self._run = run
        self._attempt = attempt
        self._journal = journal
        self.former: Any = None

    def await_former(self) -> None:
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
            self.former = self.jobs(location).end(former)

    def has_committed(self, content: str) -> bool:
        """Whether the former job has committed the same answers of TikTok into the same tables.

        `content`: their digest.
        """
        if self.former is None:
            return False
        pattern = rf"{re.escape(stem_of(self._run))}\d+_commit_{content}_"
        return re.match(pattern, str(self.former.job_id)) is not None

    def commit(
        self, jobs: BigQueryJobs, script: Script, content: str, created: Sequence[str]
    ) -> int:
        """Run the script, and return the bytes billed for it."""
        job = self.query(jobs, f"commit_{content}", script, script.text(), created)
        if self._journal is not None:
            # Before the job is sent: if this process is killed, the next one knows what to wait
            # for.
            self._journal.write(job.name)
        return self.finish(job.start().wait())

    def finish(self, committed: Any) -> int:
        """Delete the journal: the commit job has succeeded.

        Returns the bytes billed for it.
        """
        if self._journal is not None:
            self._journal.clear()
        return int(committed.total_bytes_billed or 0)

    def jobs(self, location: str) -> BigQueryJobs:
        """Return the jobs of this attempt."""
        tables = self._tables
        return BigQueryJobs(
            tables.client,
            tables.patience,
            dataset=tables.dataset,
            location=location,
            run=self._run,
            attempt=self._attempt,
        )

    def query(
        self, jobs: BigQueryJobs, step: str, script: Script, text: str, created: Sequence[str]
    ) -> BigQueryJob:
        """Return a job that runs `text` with the script's parameters; it is not sent yet.

        `created`: when each of its tables was created.
        """
        bigquery = library()
        parameters = [
            bigquery.ScalarQueryParameter(name, "STRING", value)
            if isinstance(value, str)
            else bigquery.ArrayQueryParameter(name, "STRING", value)
            for name, value in script.parameters.items()
        ]
        config = bigquery.QueryJobConfig(
            query_parameters=parameters, use_legacy_sql=False, labels=jobs.labels
        )
        if self._tables.maximum_bytes_billed is not None:
            config.maximum_bytes_billed = self._tables.maximum_bytes_billed

        def submit(job_id: str) -> Any:
            return jobs.client.query(
                text,
                job_config=config,
                job_id=job_id,
                location=jobs.location,
                # The client's own retries sleep without our clock; `BigQueryJob` repeats the
                # request.
                retry=None,
                job_retry=None,
                timeout=_REQUEST_TIMEOUT,
            )

        # A table that was dropped and created again is another table: the former job did not fill
        # it.
        return jobs.job(step, digest(text, repr(script.parameters), *created), submit)
