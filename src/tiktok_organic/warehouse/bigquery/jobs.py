"""Jobs of BigQuery with ids that depend on their content, so that a repeated request runs once.

A job's id is derived from the run, the attempt, the step and a digest of the content. Google
answers a second job of the same id with 409: the existing job is then used, and waited for. A
failed job keeps its id forever, so the next one gets a suffix.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from tiktok_organic.errors import DestinationBusy
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.faults import JobFailed, client_errors
from tiktok_organic.warehouse.bigquery.repeat_requests import Patience

__all__ = ["BigQueryJob", "BigQueryJobs", "digest", "stem_of", "word"]

# Seconds between two questions whether a job has ended; the last one is repeated.
_POLLS = (0.2, 0.3, 0.5, 1.0, 2.0)
# Seconds until waiting for a job ends: BigQuery queues a job for hours if slots are scarce.
_LONGEST = 1800.0
# Seconds that one request waits for a query on the server.
_SERVER_WAIT = 10
# How often a former job is asked for; it is cancelled after half of them.
_ENDINGS = 10
# How often a job is sent again under another id after a temporary error.
_RESTARTS = 5
# An id that was used cannot be used again, also after a failure.
_SUFFIXES = 50


def digest(*parts: str) -> str:
    """Return a digest of a content."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def word(text: str, longest: int = 64) -> str:
    """Convert a text to a part of a job's or table's name.

    It has letters, digits, `_` and `-`, and is no longer than `longest`. Two texts that differ only
    in other characters have different results.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    return (
        plain
        if plain == text and len(text) <= longest
        else f"{plain[: longest - 17]}_{digest(text)}"
    )


def stem_of(run: str) -> str:
    """Return the beginning of the ids of all jobs of a run."""
    return f"tiktok-organic_{word(run)}_"


class BigQueryJobs:
    """The jobs of one attempt of one run, all for one `dataset` in its `location`."""

    def __init__(
        self,
        client: Any,
        patience: Patience,
        *,
        dataset: str,
        location: str,
        run: str,
        attempt: int,
    ) -> None:
        self.client = client
        self.patience = patience
        self.location = location
        self._dataset = dataset
        self._stem = f"{stem_of(run)}{attempt}"
        self.labels = {
            "written_by": "tiktok-organic",
            "connector": _label(dataset),
            "run": _label(run),
        }
        """For the bill: the dataset identifies the connector."""

    def job(
        self,
        step: str,
        content: str,
        submit: Callable[[str], Any],
        *,
        still_exists: Callable[[], bool] = lambda: True,
    ) -> BigQueryJob:
        """Return a job that `submit(job id)` starts.

        `still_exists`: whether the result of a successful one still exists.
        """
        name = f"{self._stem}_{word(step)}_{digest(self._dataset, content)}"
        return BigQueryJob(self, name, submit, still_exists)

    def find(self, job_id: str) -> Any:
        """Return the job of that id."""
        return self.patience.ask(self.client.get_job, job_id, location=self.location)

    def wait_on_server(self, job_id: str) -> None:
        """Wait until a query has ended, or for some seconds: the server answers when it is done.

        The job says whether it succeeded; an error of this request does not matter.
        """
        with suppress(*client_errors()):
            self.client._get_query_results(  # noqa: SLF001 - `job.result` asks four times as often
                job_id,
                None,
                timeout_ms=_SERVER_WAIT * 1000,
                location=self.location,
                timeout=_SERVER_WAIT + 60,
            )

    def _cancel(self, job_id: str) -> None:
        # not allowed, or it has just ended: the job has the result
        with suppress(*client_errors()):
            self.patience.ask(self.client.cancel_job, job_id, location=self.location)

    def end(self, job_id: str) -> Any:
        """Wait until the job of that id has ended; cancel it after a while.

        Returns it if it has succeeded. Raises DestinationBusy if it does not end.
        """
        missing = library("google.api_core.exceptions").NotFound
        try:
            job = self.find(job_id)
            for number in range(_ENDINGS):
                if job.state == "DONE":
                    return None if job.error_result else job
                # First wait: the job may be about to succeed, and then nothing needs to be sent
                # again.
                if number == _ENDINGS // 2:
                    self._cancel(job_id)
                self.patience.wait(_POLLS[-1])
                self.wait_on_server(job_id)
                job = self.find(job_id)
        except missing:
            return None
        raise DestinationBusy(
            f"The job {job_id} of a former attempt is still running, though it was cancelled.",
            remedy="Look at it in the Google Cloud console.",
        )


class BigQueryJob:
    """One step, with as many jobs as it needs to succeed."""

    def __init__(
        self,
        jobs: BigQueryJobs,
        name: str,
        submit: Callable[[str], Any],
        still_exists: Callable[[], bool],
    ) -> None:
        self._jobs = jobs
        self._name = name
        self._submit = submit
        self._still_exists = still_exists
        self._number = 1
        self._job: Any = None

    def start(self) -> Self:
        """Send it, or find it if it was sent before."""
        self._job = self._begin()
        return self

    def wait(self) -> Any:
        """Return the finished job.

        Raises JobFailed if it cannot succeed; after a temporary error it is started again.
        """
        job = self._finished()
        for pause in _restarts():
            if not job.error_result:
                return job
            failure = JobFailed(job.error_result)
            # BigQuery aborts one of two transactions that change the same rows; the loser succeeds
            # later.
            if not failure.fault.passing:
                raise failure
            self._jobs.patience.wait(pause)
            self._number += 1
            self._job = self._begin()
            job = self._finished()
        if job.error_result:
            raise JobFailed(job.error_result)
        return job

    @property
    def name(self) -> str:
        """The id of the first try."""
        return self._name

    @property
    def id(self) -> str:
        """The id of the present try."""
        return self._name if self._number == 1 else f"{self._name}_{self._number}"

    def _begin(self) -> Any:
        """Return the step's job under the first id that no failed job has."""
        conflict = library("google.api_core.exceptions").Conflict
        for _ in range(_SUFFIXES):
            try:
                # Repeating is safe because of the id: a second request with it is answered with
                # 409.
                return self._jobs.patience.repeat(lambda: self._submit(self.id))
            except conflict:
                job = self._jobs.find(self.id)
            if job.state != "DONE" or (not job.error_result and self._still_exists()):
                return job
            self._number += 1
        raise DestinationBusy(f"The job {self._name} has failed {_SUFFIXES} times already.")

    def _finished(self) -> Any:
        job, waited, polls = self._job, 0.0, iter(_POLLS)
        while job.state != "DONE":
            if waited >= _LONGEST:
                raise DestinationBusy(
                    f"The BigQuery job {self.id} did not end in {_LONGEST / 60:.0f} minutes.",
                    remedy="Look at it in the Google Cloud console.",
                )
            if job.job_type == "query":
                self._jobs.wait_on_server(self.id)
                job = self._jobs.find(self.id)
                if job.state == "DONE":
                    return job
            pause = next(polls, _POLLS[-1])
            self._jobs.patience.wait(pause)
            waited += pause
            if job.job_type != "query":
                job = self._jobs.find(self.id)
        return job


def _restarts() -> tuple[float, ...]:
    """Growing pauses before a job is tried again, so that the other transaction can end."""
    return tuple(2.0**number for number in range(_RESTARTS))


def _label(text: str) -> str:
    """Convert a text to the value of a label.

    It has lower-case letters, digits, `_` and `-`, at most 63.
    """
    return word(text.lower(), 63)
