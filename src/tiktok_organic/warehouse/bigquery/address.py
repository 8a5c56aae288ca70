"""A `bigquery://` address: the project, the location of datasets, the credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from tiktok_organic.errors import BadValue, DestinationRefused

__all__ = ["OPTIONS", "BigQueryAddress", "address_of"]

OPTIONS = {
    "location": (
        "where datasets are made, such as EU or europe-west3; by default where the "
        "dataset already is, or US"
    ),
    "prefix": "put before the name of every dataset",
    "credentials": (
        "absolute path of a service account's key file; by default Google's application default "
        "credentials"
    ),
    "jobs_project": (
        "the project in which jobs run and which pays for them; by default that of the data"
    ),
    "endpoint": "a regional or private endpoint of Google, such as https://bigquery.europe-west3.rep.googleapis.com",
    "maximum_bytes_billed": (
        "the most bytes that one job may bill; a job that would bill more fails"
    ),
}
"""The options after the question mark, and their meaning."""

_EXAMPLE = "bigquery://my-project?location=EU"
_PROJECT = re.compile(r"(?:[a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]*[a-z0-9]")
_LOCATION = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+\d+)?")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_ENDPOINT = re.compile(r"https://(?:[a-z0-9-]+\.)+googleapis\.com")
# BigQuery bills at least this much for each table that a statement refers to.
_LEAST_BILLED = 10 * 1024 * 1024
_LONGEST_DATASET = 1024
_RESERVED = {"information_schema"}


@dataclass(frozen=True)
class BigQueryAddress:
    """A BigQuery address.

    `location` is spelled as BigQuery spells it: `EU` and `US` in capitals, regions in lower case;
    None if none is given.
    """

    project: str
    location: str | None = None
    prefix: str = ""
    credentials: Path | None = None
    jobs_project: str | None = None
    endpoint: str | None = None
    maximum_bytes_billed: int | None = None

    def dataset(self, name: str) -> str:
        """Return the dataset's id in the project.

        Raises DestinationRefused for a name that BigQuery does not accept.
        """
        dataset = self.prefix + name
        if (
            not name
            or dataset.lower() in _RESERVED
            or not _WORD.fullmatch(dataset)
            or len(dataset) > _LONGEST_DATASET
        ):
            raise DestinationRefused(
                f"{dataset!r} cannot be the name of a BigQuery dataset.",
                remedy="Use letters, digits and underscores only, such as `tiktokorganic_alice`.",
            )
        return dataset


def address_of(url: str) -> BigQueryAddress:
    """Parse an address.

    Raises BadValue for one without a project, or with an unknown option.
    """
    parts = urlsplit(url)
    # Not `hostname`: a project of a domain is called `example.com:project`.
    project = unquote(parts.netloc)
    if parts.scheme != "bigquery" or not _PROJECT.fullmatch(project):
        raise _bad(f"{project!r} is not the id of a Google Cloud project")
    if parts.path.strip("/") or parts.fragment:
        raise _bad(
            "after the project only options may follow; datasets are named by the connectors"
        )
    options = _options(parts.query)
    prefix = options.get("prefix", "")
    if prefix and not _WORD.fullmatch(prefix):
        raise _bad(f"the prefix {prefix!r} holds more than letters, digits and underscores")
    return BigQueryAddress(
        project,
        _location(options.get("location")),
        prefix,
        _key_file(options.get("credentials")),
        _jobs_project(options.get("jobs_project")),
        _endpoint(options.get("endpoint")),
        _bytes(options.get("maximum_bytes_billed")),
    )


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in OPTIONS:
            raise _bad(f"{name!r} is not an option; the options are {', '.join(OPTIONS)}")
        if not value or name in options:
            raise _bad(f"the option {name} is {'given twice' if name in options else 'empty'}")
        options[name] = value
    return options


def _location(text: str | None) -> str | None:
    if text is None:
        return None
    if not _LOCATION.fullmatch(text):
        raise _bad(f"{text!r} is not a location")
    return text.lower() if "-" in text else text.upper()


def _jobs_project(text: str | None) -> str | None:
    if text is not None and not _PROJECT.fullmatch(text):
        raise _bad(f"{text!r} is not the id of a Google Cloud project")
    return text


def _endpoint(text: str | None) -> str | None:
    """Check an endpoint: only Google's own hosts, because the access token is sent there."""
    if text is not None and not _ENDPOINT.fullmatch(text):
        raise _bad(f"the endpoint {text!r} is not an https address of googleapis.com")
    return text


def _bytes(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text) >= _LEAST_BILLED):
        raise _bad(
            f"maximum_bytes_billed takes a whole number from {_LEAST_BILLED:,}, not {text!r}"
        )
    return int(text)


def _key_file(text: str | None) -> Path | None:
    if text is None:
        return None
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise _bad(
            f"the path {text!r} of the credentials depends on the working directory: give the "
            "whole path"
        )
    return path


def _bad(problem: str) -> BadValue:
    return BadValue("destination", problem, example=_EXAMPLE)
