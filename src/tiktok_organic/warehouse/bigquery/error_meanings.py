"""The errors of BigQuery: which are temporary, and what a user must do about the others.

The reasons are those of https://cloud.google.com/bigquery/docs/error-messages.
"""

# Long, because it is one table of reasons with the function that explains each of them.

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tiktok_organic.errors import DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.warehouse.bigquery.client import library

__all__ = ["Fault", "JobFailed", "client_errors", "explain", "explained", "fault_of"]


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
_NO_PROJECT = re.compile(
    r"not found: project|project .* (?:not found|does not exist)|unknown project", re.IGNORECASE
)
_PERMISSION = re.compile(r"bigquery\.[a-z]+\.[A-Za-z]+")


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
        return bool(_NO_PROJECT.search(self.message))

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


@contextmanager
def explained(project: str) -> Iterator[None]:
    """Turn the client's errors inside the `with` into DestinationRefused or DestinationBusy."""
    try:
        yield
    except TikTokOrganicError:
        raise
    except client_errors() as error:
        raise explain(fault_of(error), project) from error


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


def explain(fault: Fault, project: str) -> TikTokOrganicError:
    """Return the product's error for a fault."""
    line = fault.message.partition("\n")[0]
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, f"{fault.reason}: {fault.message}", re.IGNORECASE):
            return meaning(line, project)
    if fault.passing:
        return DestinationBusy(f"BigQuery failed repeatedly with a temporary error: {line}")
    if fault.later:
        return DestinationBusy(
            f"BigQuery ended the job before it was done ({fault.reason}): {line}"
        )
    if fault.status == 412:
        return DestinationBusy(f"Another program changed a table while it was described: {line}")
    return DestinationRefused(f"BigQuery refused: {line}")


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


def _permission(line: str, project: str) -> TikTokOrganicError:
    found = _PERMISSION.search(line)
    missing = found[0] if found else "a permission"
    role = (
        "roles/bigquery.jobUser"
        if missing.startswith("bigquery.jobs.")
        else "roles/bigquery.dataEditor"
    )
    both = "" if found else " and roles/bigquery.jobUser"
    return DestinationRefused(
        f"BigQuery denied access, {missing} is missing: {line}",
        remedy=f"Give this account the role {role}{both} in the project {project}: "
        f"gcloud projects add-iam-policy-binding {project} --member=serviceAccount:NAME "
        f"--role={role}",
    )


def _credentials(line: str, project: str) -> TikTokOrganicError:
    return DestinationRefused(
        "Google does not accept the credentials (expired, revoked, or of a removed account): "
        f"{line}",
        remedy=(
            "Run `gcloud auth application-default login` again, or create a new key for the "
            f"service account of {project} and name it in the destination (`credentials=`)."
        ),
    )


def _no_project(line: str, project: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The project {project} does not exist, or the credentials have no access to it: {line}",
        remedy=(
            "Write the project's id (not its name) into the destination, as `gcloud projects "
            "list` shows it."
        ),
    )


def _not_enabled(line: str, project: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"BigQuery is not enabled in {project}: {line}",
        remedy=f"Run `gcloud services enable bigquery.googleapis.com --project {project}`.",
    )


def _billing(line: str, project: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"{project} has no billing account; BigQuery's sandbox does not support MERGE, and deletes "
        f"rows after 60 days: {line}",
        remedy=(
            "Link a billing account to the project; a daily sync stays below what BigQuery "
            "offers for free each month."
        ),
    )


def _quota(line: str, project: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"A quota of {project} is reached: {line}",
        remedy=(
            "Wait until it is renewed (daily ones at midnight, Pacific time) or let an "
            "administrator raise it."
        ),
    )


def _streaming(line: str, project: str) -> TikTokOrganicError:  # noqa: ARG001 - all meanings are called alike
    return DestinationBusy(
        "Another program streams rows into the table, and BigQuery cannot change streamed rows "
        f"for 90 minutes: {line}",
        remedy="Let that program write to another table.",
    )


def _schema(line: str, project: str) -> TikTokOrganicError:  # noqa: ARG001 - the same
    return DestinationRefused(
        f"The table was altered, or another program created it: {line}",
        remedy=(
            "Undo the change, rename the table (a new one is created), or let the connector "
            "fill another dataset."
        ),
    )


def _gone(line: str, project: str) -> TikTokOrganicError:  # noqa: ARG001 - the same
    return DestinationBusy(f"The table or dataset was removed during the load: {line}")


def _unreachable(line: str, project: str) -> TikTokOrganicError:  # noqa: ARG001 - the same
    return DestinationBusy(f"BigQuery cannot be reached: {line}")


_OTHER_SHAPE = (
    r"cannot be assigned|schema (?:update|does not match)|required field|missing values "
    r"for|unrecognized name|"
    r"has type .* which cannot|cannot be null"
)
_MEANINGS: tuple[tuple[str, Callable[[str, str], TikTokOrganicError]], ...] = (
    (r"streaming buffer", _streaming),
    (r"^credentials:|invalid_grant|invalid authentication|authError|unauthenticated", _credentials),
    (r"billing ?(?:has )?not ?(?:been )?enabled|free tier", _billing),
    (
        r"accessNotConfigured|SERVICE_DISABLED|has not enabled BigQuery|API has not been used",
        _not_enabled,
    ),
    (_NO_PROJECT.pattern, _no_project),
    (r"not found: (?:table|dataset)", _gone),
    (r"^quotaExceeded", _quota),
    (r"access denied|accessDenied|permission", _permission),
    (_OTHER_SHAPE, _schema),
    (r"^unreachable", _unreachable),
)
