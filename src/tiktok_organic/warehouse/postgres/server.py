"""The PostgreSQL server: its address, connections, and errors without the password."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused
from tiktok_organic.postgres_encryption import NOT_ENCRYPTED, usual_sslmode
from tiktok_organic.warehouse.postgres.error_meanings import explain
from tiktok_organic.warehouse.postgres.libpq_isolation import ISOLATED, isolated
from tiktok_organic.warehouse.postgres.watchdog import Watchdog

if TYPE_CHECKING:
    import psycopg
from tiktok_organic.warehouse.postgres.session import Limits, Session

__all__ = ["PostgreSQLServer"]


_EXAMPLE = "postgresql://user:password@host:5432/database"


_SECRETS = ("password", "sslpassword")


# The name is shown in pg_stat_activity, where an owner sees who is connected.
_DEFAULTS = {"client_encoding": "utf8", "application_name": "tiktok-organic"}


# libpq's options against a lost server: our value, and the largest that an address may set. libpq's
# own values wait for hours (the system's keepalives) or forever; 0 also means that and is replaced.
_BOUNDS = {
    "connect_timeout": (10, 120),
    "keepalives_idle": (30, 600),
    "keepalives_interval": (10, 60),
    "keepalives_count": (3, 10),
    "tcp_user_timeout": (60_000, 600_000),
}


# Names without a schema are PostgreSQL's own, also if the role's search_path lists another first.
_OPENING = """
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCAL standard_conforming_strings = on;
SELECT pg_catalog.set_config(
    'search_path',
    pg_catalog.btrim(
        pg_catalog.concat('pg_catalog, ', pg_catalog.current_setting('search_path')), ', '),
    true);
"""


class PostgreSQLServer:
    """The database that `url` names."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        parts = _parsed(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self._isolated = query.get(ISOLATED) == "yes"
        sslmode = usual_sslmode(parts, query, {} if self._isolated else os.environ)
        if sslmode:
            query["sslmode"] = sslmode
        options = _bounded(query)
        if self._isolated:
            options = isolated(options, has_password=parts.password is not None)
        # Not `geturl()`, which omits the slashes if the host is after the question mark.
        self._url = f"postgresql://{parts.netloc}{parts.path}?{urlencode(options, quote_via=quote)}"
        given = [parts.password or "", *(query.get(name, "") for name in _SECRETS)]
        self._secrets = sorted(
            {text for one in given for text in (one, unquote(one), quote(unquote(one)))} - {""}
        )
        self.server_name = parts.netloc.rpartition("@")[2] + parts.path

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a connection with one transaction, and commit it at the end.

        An exception rolls it back. Every statement sees what was committed before it, whatever the
        database's default is, and no wait is longer than the timeouts. Errors of the server and the
        driver become DestinationRefused or DestinationBusy, without the password.
        """
        with (
            self._faults(),
            self._connected() as connection,
            Watchdog(connection.fileno(), self._limits.silence) as watchdog,
        ):
            session = Session(connection, watchdog)
            session.do(_OPENING)
            session.limit(self._limits)
            yield session
            session.commit()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        import psycopg

        connection = psycopg.connect(
            # Raw cursors use $1 and do not parse the SQL for %s; prepared statements do not survive
            # a pooler in transaction mode.
            self._url,
            cursor_factory=psycopg.RawCursor,
            prepare_threshold=None,
        )
        try:
            yield connection
        finally:
            with suppress(psycopg.Error):  # the server is lost, and so is the connection
                connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            from psycopg import Error
        except ImportError as error:
            raise DestinationRefused(
                "The PostgreSQL driver is not installed.",
                remedy="Run: pip install 'tiktok-organic[postgres]'",
            ) from error
        try:
            yield
        except Error as error:
            # Without the cause: the driver's text may contain the address with the password.
            answered = "FATAL:" in str(error) or NOT_ENCRYPTED in str(error)
            if self._isolated and not error.sqlstate and not answered:
                raise _unreachable(self.server_name) from None
            raise explain(
                self._without_secrets(str(error)), error.sqlstate or "", self.server_name
            ) from None

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _unreachable(server_name: str) -> DestinationBusy:
    """Return the same error for every host that is not PostgreSQL.

    With libpq's words, the page could be used as a port scanner.
    """
    return DestinationBusy(
        f"PostgreSQL cannot be reached at {server_name}.",
        remedy="Check the address, and whether the server runs and can be reached from here.",
    )


def _bounded(query: Mapping[str, str]) -> dict[str, str]:
    """Return the options of an address with our defaults and limits for a lost server."""
    # An address may choose its timeouts, but not switch them off: a lost server would hold the
    # connector's lock.
    options = {**_DEFAULTS, **query, "keepalives": "1"}
    for name, (usual, largest) in _BOUNDS.items():
        given = options.get(name, "")
        fits = given.isascii() and given.isdecimal() and 0 < int(given) <= largest
        options[name] = given if fits else str(usual)
    return options


def _parsed(url: str) -> SplitResult:
    """Parse the address. Raises BadValue without repeating it: it may contain a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - looks whether it is a number
        named = len(parts.path) > 1 or "dbname" in dict(parse_qsl(parts.query))
        good = parts.scheme in {"postgresql", "postgres"} and named and not re.search(r"\s", url)
    except ValueError:
        good = False
    if not good:
        raise BadValue(
            "destination", "it is not the address of a PostgreSQL database", example=_EXAMPLE
        )
    return parts
