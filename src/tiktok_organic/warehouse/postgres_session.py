"""One connection to a PostgreSQL database: its address, its transaction, and what its troubles mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused, TikTokOrganicError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgreSQLServer", "Session"]

_EXAMPLE = "postgresql://user:password@host:5432/database"
_SECRETS = ("password", "sslpassword")
_DEFAULTS = {"connect_timeout": "10", "client_encoding": "utf8", "application_name": "tiktok-organic"}


class Session:
    """An open transaction. Rows come as Arrow, statements take their values as `$1`, `$2`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def do(self, statement: str, values: Sequence[Any] = ()) -> None:
        """A statement whose rows, if any, nobody wants."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, list(values) or None)

    def do_each(self, statement: str, values: Sequence[str]) -> None:
        """The statement once for each value, as `$1`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(statement, [[value] for value in values])

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, list(values) or None)
            return list(cursor.fetchall())

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query while they arrive, a few megabytes at a time."""
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(4 << 20)})
            cursor.execute(query)
            yield from cursor.fetch_record_batch()

    def ingest(self, name: str, rows: pa.RecordBatchReader) -> None:
        """Rows into a new temporary table `pg_temp.name`, which ends with the session."""
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="create", temporary=True)


class PostgreSQLServer:
    """The database that `url` names."""

    def __init__(self, url: str) -> None:
        parts = _parsed(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self._url = parts._replace(query=urlencode({**_DEFAULTS, **query}, quote_via=quote)).geturl()
        given = [parts.password or "", *(query.get(name, "") for name in _SECRETS)]
        self._secrets = sorted({text for one in given for text in (one, unquote(one), quote(unquote(one)))} - {""})
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
    def _connected(self) -> Iterator[Any]:
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise DestinationRefused(
                "The PostgreSQL driver is not installed.", advice="Run: pip install 'tiktok-organic[postgres]'"
            ) from error
        connection = dbapi.connect(self._url)
        try:
            yield connection
        finally:
            with suppress(dbapi.Error):  # the server is gone: so is the connection
                connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except TikTokOrganicError:
            raise
        except Exception as error:
            if not type(error).__module__.startswith("adbc_driver_manager"):
                raise
            # The chain is cut: the driver's text may hold the address with the password.
            raise self._explained(str(error), getattr(error, "sqlstate", None) or "") from None

    def _explained(self, text: str, state: str) -> TikTokOrganicError:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        line = re.sub(r"^.*?(?:ERROR|FATAL|\[libpq\])[:\s]+(?:Failed to connect:\s+)?", "", text, count=1).strip()
        line = f"{self.place}: {line.partition(chr(10))[0]}"
        for states, words, make in _MEANINGS:
            if (state and re.match(states, state)) or (not state and words and re.search(words, text)):
                return make(line)
        return DestinationRefused(f"PostgreSQL refused the load. {line}{f' (SQLSTATE {state})' if state else ''}")


def _parsed(url: str) -> SplitResult:
    """The parts of the address. BadValue without repeating it: it may hold a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - looks whether it is a number
        good = parts.scheme in {"postgresql", "postgres"} and len(parts.path) > 1 and not re.search(r"\s", url)
    except ValueError:
        good = False
    if not good:
        raise BadValue("destination", "that is no address of a PostgreSQL database", example=_EXAMPLE)
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
        f"The database is read-only. {line}", advice="Name the primary server, not a standby, in the destination."
    )


def _doubles(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"A table holds several rows of one key, or another rule of its own refuses a row. {line}",
        advice="Remove the double rows, or the constraint that was added, or let the connector fill another dataset.",
    )


def _depended_on(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"Other objects depend on a table. {line}", advice="Drop these first (views, mostly), then try again."
    )


_MEANINGS = (
    # SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), else the words of libpq, which has
    # no SQLSTATE for a connection that failed
    (r"53", r"too many (clients|connections)|remaining connection slots", _full),
    (r"55P03|40", "", _locked),
    (r"28", r"authentication failed|no password supplied|role .* does not exist|pg_hba\.conf", _stranger),
    (r"3D000", r"database .* does not exist", _no_database),
    (r"42501", r"permission denied", _forbidden),
    (r"25006", "", _read_only),
    (r"23", "", _doubles),
    (r"2BP01", "", _depended_on),
    (r"08|57|58|XX", r"Failed to connect|connection|server", _busy),
)
