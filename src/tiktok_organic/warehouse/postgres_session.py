"""One connection to a PostgreSQL database: its address, its transaction, and what its troubles mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.table import BATCH_ROWS, Table
from tiktok_organic.warehouse.sql import POSTGRES

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

__all__ = ["PostgreSQLServer", "Session"]

_EXAMPLE = "postgresql://user:password@host:5432/database"
_SECRETS = ("password", "sslpassword")
_DEFAULTS = {
    "connect_timeout": "10",
    "client_encoding": "utf8",
    "application_name": "tiktok-organic",
}


class Session:
    """An open transaction. Statements take their values as `$1`, `$2`; rows come and go as Arrow."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def do(self, statement: str, values: Sequence[Any] = ()) -> None:
        """A statement whose rows, if any, nobody wants."""
        self._connection.execute(statement.encode(), values or None)

    def do_each(self, statement: str, values: Sequence[str]) -> None:
        """The statement once for each value, as `$1`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(statement.encode(), [[value] for value in values])

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.encode(), values or None).fetchall()

    def batches(self, query: str, table: Table) -> Iterator[pa.RecordBatch]:
        """The rows of a query of all of the table's columns while they arrive, as batches of `table.schema`."""
        from psycopg.raw_cursor import RawServerCursor

        with RawServerCursor(self._connection, "rows") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(query.encode(), binary=True)
            yield from table.batches(cursor)

    def ingest(self, name: str, table: Table, batches: Iterable[pa.RecordBatch]) -> None:
        """Rows into a new temporary table `pg_temp.name`, which ends with the transaction.

        Arrow writes them as CSV and PostgreSQL reads it: neither of them touches a value in Python.
        """
        import pyarrow as pa
        from pyarrow import csv

        target = POSTGRES.name("pg_temp", name)
        columns = ", ".join(
            f"{POSTGRES.name(column.name)} {POSTGRES.type(column)}" for column in table.columns
        )
        self.do(f"CREATE TABLE {target} ({columns}) ON COMMIT DROP")
        # "needed" puts every text into quotes: what is empty without them is null.
        options = csv.WriteOptions(include_header=False, quoting_style="needed")
        copying = f"COPY {target} FROM STDIN (FORMAT csv)"
        with self._connection.cursor() as cursor, cursor.copy(copying.encode()) as copy:
            for batch in batches:
                written = pa.BufferOutputStream()
                csv.write_csv(batch, written, options)
                copy.write(memoryview(written.getvalue()))


class PostgreSQLServer:
    """The database that `url` names."""

    def __init__(self, url: str) -> None:
        parts = _parsed(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        # Not `geturl()`, which leaves the slashes out where the host stands behind the question mark.
        self._url = f"postgresql://{parts.netloc}{parts.path}?{urlencode({**_DEFAULTS, **query}, quote_via=quote)}"
        given = [parts.password or "", *(query.get(name, "") for name in _SECRETS)]
        self._secrets = sorted(
            {text for one in given for text in (one, unquote(one), quote(unquote(one)))} - {""}
        )
        self.place = parts.netloc.rpartition("@")[2] + parts.path

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A connection of its own with one transaction: committed at the end, rolled back by an exception.

        Every statement sees what was committed before it, whatever the database's default is. Errors of the server
        and the driver become DestinationRefused or DestinationBusy, without the password.
        """
        with self._faults(), self._connected() as connection:
            session = Session(connection)
            session.do("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            yield session
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        import psycopg

        connection = psycopg.connect(
            self._url, cursor_factory=psycopg.RawCursor, prepare_threshold=None
        )
        try:
            yield connection
        finally:
            with suppress(psycopg.Error):  # the server is gone: so is the connection
                connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            from psycopg import Error
        except ImportError as error:
            raise DestinationRefused(
                "The PostgreSQL driver is not installed.",
                advice="Run: pip install 'tiktok-organic[postgres]'",
            ) from error
        try:
            yield
        except Error as error:
            # The chain is cut: the driver's text may hold the address with the password.
            raise self._explained(str(error), error.sqlstate or "") from None

    def _explained(self, text: str, state: str) -> TikTokOrganicError:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        line = re.sub(
            r"^.*?(?:ERROR|FATAL|\[libpq\])[:\s]+(?:Failed to connect:\s+)?", "", text, count=1
        ).strip()
        line = f"{self.place}: {line.partition(chr(10))[0]}"
        for states, words, make in _MEANINGS:
            if (state and re.match(states, state)) or (
                not state and words and re.search(words, text)
            ):
                return make(line)
        return DestinationRefused(
            f"PostgreSQL refused the load. {line}{f' (SQLSTATE {state})' if state else ''}"
        )


def _parsed(url: str) -> SplitResult:
    """The parts of the address. BadValue without repeating it: it may hold a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - looks whether it is a number
        named = len(parts.path) > 1 or "dbname" in dict(parse_qsl(parts.query))
        good = parts.scheme in {"postgresql", "postgres"} and named and not re.search(r"\s", url)
    except ValueError:
        good = False
    if not good:
        raise BadValue(
            "destination", "that is no address of a PostgreSQL database", example=_EXAMPLE
        )
    return parts


def _busy(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"PostgreSQL cannot be used at the moment. {line}",
        advice="See whether the server runs and can be reached from here. What was fetched is kept: the next sync "
        "loads it without asking TikTok again.",
    )


def _full(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"PostgreSQL has run out of room. {line}",
        advice="Free disk space, memory or connections on the server. Nothing was written and nothing is lost.",
    )


def _locked(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"Somebody holds a lock on the tables. {line}",
        advice="End the transaction that holds it (see pg_stat_activity), then sync again.",
    )


def _stranger(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"PostgreSQL does not let this user in. {line}",
        advice="Correct user and password in the destination, or let the server's pg_hba.conf admit this machine.",
    )


def _misspelt(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The destination's address has an option that PostgreSQL does not know. {line}",
        advice="Correct what stands behind the question mark: "
        "https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS",
    )


def _no_database(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"There is no such database. {line}",
        advice="Create it (`createdb NAME`), or correct its name in the destination.",
    )


def _forbidden(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"A permission is missing. {line}",
        advice="Let the database's owner run: GRANT CREATE, TEMPORARY ON DATABASE the_database TO the_user; for a "
        "schema that exists already: GRANT ALL ON SCHEMA the_schema TO the_user, which must own the tables too.",
    )


def _read_only(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The database is read-only. {line}",
        advice="Name the primary server, not a standby, in the destination.",
    )


def _doubles(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"A table holds several rows of one key, or another rule of its own refuses a row. {line}",
        advice="Remove the double rows, or the constraint that was added, or let the connector fill another dataset.",
    )


def _depended_on(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"Other objects depend on a table. {line}",
        advice="Drop these first (views, mostly), then try again.",
    )


_MEANINGS = (
    # SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), else the words of libpq, which has
    # no SQLSTATE for a connection that failed
    (r"53", r"too many (clients|connections)|remaining connection slots", _full),
    (r"55P03|40", "", _locked),
    (
        r"28",
        r"authentication failed|no password supplied|role .* does not exist|pg_hba\.conf",
        _stranger,
    ),
    ("(?!)", r"^invalid |invalid .*(option|parameter|value)", _misspelt),
    (r"3D000", r"database .* does not exist", _no_database),
    (r"42501", r"permission denied", _forbidden),
    (r"25006", "", _read_only),
    (r"23", "", _doubles),
    (r"2BP01", "", _depended_on),
    (r"08|57|58|XX", r"connection|server|resolve host", _busy),
)
