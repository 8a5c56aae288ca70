"""The connection to BigQuery: Google's client, imported at its first use, with credentials."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.warehouse.bigquery.address import BigQueryAddress

__all__ = ["EMULATOR", "connect", "library"]

EMULATOR = "BIGQUERY_EMULATOR_HOST"
"""Google's client also uses this variable for an emulator, which needs no credentials."""

_SCOPES = ("https://www.googleapis.com/auth/bigquery",)


def library(name: str = "google.cloud.bigquery") -> Any:
    """Import a module of the client.

    Raises DestinationRefused if the client is not installed. The result is Any, because Google's
    annotations exist only on a machine with the extra.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise DestinationRefused(
            "This installation cannot write to BigQuery: Google's client is missing.",
            remedy="Run `pip install 'tiktok-organic[bigquery]'`.",
        ) from error


def connect(address: BigQueryAddress) -> Any:
    """Return a `bigquery.Client`; no request is sent.

    Raises DestinationRefused without the client or without credentials.
    """
    bigquery = library()
    credentials = _anonymous() if os.environ.get(EMULATOR) else _from_file(address)
    try:
        return bigquery.Client(
            project=address.jobs_project or address.project,
            credentials=credentials,
            location=address.location,
            client_options={"api_endpoint": address.endpoint} if address.endpoint else None,
        )
    except library("google.auth.exceptions").DefaultCredentialsError as error:
        raise DestinationRefused(
            "No user is signed in to Google Cloud on this machine: "
            f"{str(error).partition('. ')[0]}.",
            remedy=(
                "Run `gcloud auth application-default login`, or name a service account's key "
                "file in the destination: "
                f"bigquery://{address.project}?credentials=/path/to/key.json"
            ),
        ) from error


def _anonymous() -> Any:
    return library("google.auth.credentials").AnonymousCredentials()


def _from_file(address: BigQueryAddress) -> Any:
    """Return the service account of the key file; None for the application default credentials."""
    if address.credentials is None:
        return None
    account = library("google.oauth2.service_account").Credentials
    try:
        return account.from_service_account_file(str(address.credentials), scopes=_SCOPES)
    except OSError as error:
        problem = error.strerror or "it cannot be read"
    # broken JSON, a missing field, a damaged key; the error's text may quote the key
    except ValueError:
        problem = "it is not the key file of a service account"
    raise DestinationRefused(
        f"The credentials {address.credentials} cannot be used: {problem}.",
        remedy=(
            "Download a JSON key of the service account from the Google Cloud console, or leave "
            "`credentials` out to use application default credentials."
        ),
    )
