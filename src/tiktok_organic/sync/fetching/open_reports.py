"""The reports of a task that can still be completed while it is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tiktok_organic.errors import NotPermitted, ReconnectNeeded, TikTokOrganicError, WrongKey
from tiktok_organic.reports import REPORTS
from tiktok_organic.retry_pauses import next_attempt
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary

__all__ = ["OpenReports"]


class OpenReports:
    """The reports that have not failed yet. A failed one has its error in `fetched.failed`."""

    def __init__(self, task: AttemptTask, fetched: FetchSummary) -> None:
        self._task = task
        self._fetched = fetched

    def of(self, endpoint: str | None = None) -> list[str]:
        """Return the open reports that need this endpoint; None: all."""
        return [
            name
            for name in self._task.reports
            if name not in self._fetched.failed and endpoint in (None, REPORTS[name].endpoint)
        ]

    def fail(self, names: Sequence[str], error: TikTokOrganicError) -> None:
        """Fail the reports, unless another process can complete them: raises WrongKey."""
        if isinstance(error, WrongKey):
            raise error
        for name in names:
            self._fetched.failed[name] = error.document()
        # One retry of the run requests all failed reports: it waits for the longest pause.
        pause = next_attempt(error, self._task.attempt)
        if pause is not None:
            self._fetched.retry_in = max(self._fetched.retry_in or 0.0, pause.total_seconds())

    @contextmanager
    def failing(self, endpoint: str) -> Iterator[None]:
        """Fail the endpoint's reports with an error that is raised within the context."""
        try:
            yield
        except TikTokOrganicError as error:
            self.fail(self.of(endpoint), error)

    def fail_without_scope(self, granted: Sequence[str]) -> None:
        """Fail the reports that need another permission than the granted ones."""
        for name in self.of():
            scopes = REPORTS[name].scopes
            if scopes and not set(scopes) & set(granted):
                self.fail(
                    [name],
                    NotPermitted(f"{name}: the permission {' or '.join(scopes)} was withheld"),
                )

    def fail_without_token(self) -> None:
        """Fail the videos if the token was refused: it is not tried again."""
        videos = self.of("videos")
        codes = {error["code"] for error in self._fetched.failed.values()}
        if videos and ReconnectNeeded.code in codes:
            self.fail(
                videos,
                ReconnectNeeded("the token was refused before the videos were asked for"),
            )
