"""Destinations: which warehouse an address means, and which addresses mean the same one.

A new warehouse needs one folder, one line here, and the contract tests.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tiktok_organic.clock import Clock
from tiktok_organic.errors import BadValue
from tiktok_organic.warehouse.contract import Warehouse, WarehouseFactory
from tiktok_organic.warehouse.duckdb.address import address_of, path_of

__all__ = [
    "BACK_ENDS",
    "absolute",
    "dataset_at",
    "destination_key",
    "exclusive",
    "expected",
    "files_of",
    "identity",
    "is_local",
    "open_warehouse",
    "prepare",
]

BACK_ENDS = {
    "duckdb": "tiktok_organic.warehouse.duckdb.warehouse:DuckDBWarehouse",
    "postgresql": "tiktok_organic.warehouse.postgres.warehouse:PostgreSQLWarehouse",
    "bigquery": "tiktok_organic.warehouse.bigquery.warehouse:BigQueryWarehouse",
}
"""The class for each kind of address.

Imported when it is used, because its driver may be missing.
"""


_DRIVERS = {
    "duckdb": ("pyarrow.parquet", "duckdb"),
    "postgresql": ("pyarrow.parquet", "pyarrow.csv", "psycopg"),
    "bigquery": ("pyarrow.parquet", "google.cloud.bigquery"),
}


def prepare(url: str) -> Thread:
    """Import a load's libraries in a thread, while the sync waits for TikTok's answers.

    The import takes a tenth of a second to one second. A missing driver is reported when it is
    used.
    """

    drivers = _DRIVERS[_scheme(url)]

    def bring() -> None:
        for name in drivers:
            with suppress(ImportError):
                import_module(name)

    thread = Thread(target=bring, name="drivers")
    thread.start()
    return thread


def open_warehouse(url: str, *, clock: Clock, spool: Path) -> Warehouse:
    """Return the back end of a destination. Raises BadValue for an address of another kind."""
    module, _, name = BACK_ENDS[_scheme(url)].partition(":")
    factory = cast(WarehouseFactory, getattr(import_module(module), name))
    return factory(url, clock=clock, spool=spool)


def absolute(url: str, folder: Path) -> str:
    """Return the address to store: the path of a DuckDB file becomes absolute."""
    if _scheme(url) != "duckdb":
        return url
    where = address_of(url)
    return replace(where, path=folder / where.path.expanduser()).url


def identity(url: str) -> str:
    """Return a key that is equal for two addresses of one destination, without secrets."""
    scheme, parts = _scheme(url), urlsplit(url)
    if scheme == "duckdb":
        return f"duckdb:{path_of(url).resolve().as_posix()}"
    if scheme == "bigquery":
        return f"bigquery:{parts.netloc.lower()}"  # a project may be called example.com:project
    return _database(parts)


def _database(parts: SplitResult) -> str:
    """Return a PostgreSQL database.

    Options after the question mark have precedence, as in libpq.
    """
    given = dict(parse_qsl(parts.query))
    host, port = given.get("host", parts.hostname or ""), given.get("port", parts.port or 5432)
    return f"postgresql:{host.lower()}:{port}/{given.get('dbname', unquote(parts.path[1:]))}"


def destination_key(url: str, dataset: str) -> str:
    """Return a key that is equal for equal datasets, also when their BigQuery prefixes differ."""
    return f"{_prefix(url)}{dataset} {identity(url)}"


def dataset_at(url: str, key: str) -> str | None:
    """Return the dataset's name at a destination from its destination key; None if it has none."""
    name, _, there = key.partition(" ")
    prefix = _prefix(url)
    return name.removeprefix(prefix) if there == identity(url) and name.startswith(prefix) else None


def _prefix(url: str) -> str:
    if _scheme(url) != "bigquery":
        return ""
    from tiktok_organic.warehouse.bigquery.address import address_of

    return address_of(url).prefix


# The options of libpq that name a file, which this process opens.
_POSTGRES_FILES = (
    "passfile",
    "servicefile",
    "sslcert",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslrootcert",
)


def files_of(url: str) -> list[Path]:
    """Return the local files that the driver opens when the address is used."""
    scheme = _scheme(url)
    if scheme == "duckdb":
        return [path_of(url)]
    options = parse_qsl(urlsplit(url).query)
    names = ("credentials",) if scheme == "bigquery" else _POSTGRES_FILES
    return [Path(value).expanduser() for name, value in options if name in names]


def is_local(url: str) -> bool:
    """Whether only this machine can reach it."""
    return _scheme(url) == "duckdb"


def exclusive(url: str) -> str:
    """What only one load of a process may use at a time: a DuckDB file; "" for a server."""
    return identity(url) if is_local(url) else ""


def expected(url: str) -> AbstractContextManager[None]:
    """Announce a load into a destination, so that a file stays open for it after another load."""
    if not is_local(url):
        return nullcontext()
    # By name like the back end itself, since the store imports this module and no driver.
    expecting = import_module("tiktok_organic.warehouse.duckdb.open_files").expecting
    return cast(AbstractContextManager[None], expecting(path_of(url)))


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    scheme = "postgresql" if scheme == "postgres" else scheme
    if not separator or scheme not in BACK_ENDS:
        raise BadValue(
            "destination",
            f"{scheme!r} is not one of {', '.join(BACK_ENDS)}"
            if separator
            else "it is not an address",
            example="duckdb:///warehouse.duckdb",
        )
    return scheme
