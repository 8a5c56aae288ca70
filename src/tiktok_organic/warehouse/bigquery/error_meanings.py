"""What an error of BigQuery means to a user, and what must be done about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tiktok_organic.errors import DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.warehouse.bigquery.faults import NO_PROJECT, Fault, client_errors, fault_of

__all__ = ["explain", "explained"]

_PERMISSION = re.compile(r"bigquery\.[a-z]+\.[A-Za-z]+")


@contextmanager
def explained(project: str) -> Iterator[None]:
    """Turn the client's errors inside the `with` into DestinationRefused or DestinationBusy."""
    try:
        yield
    except TikTokOrganicError:
        raise
    except client_errors() as error:
        raise explain(fault_of(error), project) from error


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
    (NO_PROJECT.pattern, _no_project),
    (r"not found: (?:table|dataset)", _gone),
    (r"^quotaExceeded", _quota),
    (r"access denied|accessDenied|permission", _permission),
    (_OTHER_SHAPE, _schema),
    (r"^unreachable", _unreachable),
)
