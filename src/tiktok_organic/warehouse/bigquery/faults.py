"""What went wrong at BigQuery, and whether the same request may succeed later.

The reasons are those of https://cloud.google.com/bigquery/docs/error-messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiktok_organic.warehouse.bigquery.client import library

__all__ = ["NO_PROJECT", "Fault", "JobFailed", "client_errors", "fault_of"]

# HTTP: timeout, too many requests, and errors of the server.
_PASSING_STATUS = {408, 429, 500, 502, 503, 504}
# Reasons of a failed job that are temporary but last longer than seconds. For example: cancelled in
# the console, no slots, blocked for a time.
_LATER_REASONS = {"blocked", "resourceInUse", "resourcesExceeded", "stopped", "timeout"}
# BigQuery names a reason beside the HTTP status; a failed job has only a reason.
_PASSING_REASONS = {
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "rateLimitExceeded",
    "tableUnavailable",
}
_PASSING_TEXT = re.compile(
    r"concurrent (?:update|transaction)|transaction is aborted|could not serialize", re.IGNORECASE
)
NO_PROJECT = re.compile(
    r"not found: project|project .* (?:not found|does not exist)|unknown project", re.IGNORECASE
)


@dataclass(frozen=True)
class Fault:
    """An error of BigQuery: its `reason` (one word) and message.

    `status`: of HTTP; 0 if no answer came, or for a failed job.
    """

    reason: str
    message: str
    status: int = 0

    @property
    def no_project(self) -> bool:
        """Whether the project itself does not exist."""
        return bool(NO_PROJECT.search(self.message))

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed within seconds."""
        passing = self.reason in _PASSING_REASONS or self.status in _PASSING_STATUS
        return passing or self.reason == "unreachable" or bool(_PASSING_TEXT.search(self.message))

    @property
    def later(self) -> bool:
        """Whether the next attempt of the run may succeed."""
        return self.passing or self.reason in _LATER_REASONS


class JobFailed(Exception):
    """A job ended with an error: its `error_result`."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error.get("message", ""))
        self.fault = Fault(str(error.get("reason", "")), str(error.get("message", "")))


def fault_of(error: Exception) -> Fault:
    """Return the fault of an exception of the client, of its credentials or of the network."""
    if isinstance(error, JobFailed):
        return error.fault
    message = str(getattr(error, "message", "") or error)
    if isinstance(error, library("google.api_core.exceptions").GoogleAPICallError):
        # The first of the details is the reason; the exception's own text begins with the request's
        # address.
        details = [
            detail for detail in getattr(error, "errors", None) or () if isinstance(detail, Mapping)
        ]
        detail = details[0] if details else {}
        status = int(getattr(error, "code", 0) or 0)
        return Fault(
            str(detail.get("reason", "")), str(detail.get("message", "") or message), status
        )
    auth = library("google.auth.exceptions")
    if isinstance(error, auth.GoogleAuthError) and not _passing_auth(error):
        return Fault("credentials", message)
    return Fault("unreachable", message)


def _passing_auth(error: Exception) -> bool:
    """Whether the credentials could not be requested, instead of being refused.

    google-auth wraps the TransportError of a metadata server (Compute Engine, GKE, Cloud Run) in a
    RefreshError, as its cause or as its first argument, and marks temporary errors of a token
    server as `retryable`.
    """
    transport = library("google.auth.exceptions").TransportError
    around = (error, error.__cause__, error.__context__, *error.args[:1])
    return bool(getattr(error, "retryable", False)) or any(isinstance(e, transport) for e in around)


def client_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of failed requests and jobs."""
    return (
        JobFailed,
        library("google.api_core.exceptions").GoogleAPIError,
        library("google.auth.exceptions").GoogleAuthError,
        library("google.resumable_media.common").DataCorruption,
        library("requests.exceptions").RequestException,
        ConnectionError,
    )
