"""One connection to a PostgreSQL database: its address, transaction and timeouts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiktok_organic.table_definition import BATCH_ROWS, Table
from tiktok_organic.warehouse.postgres.watchdog import Watchdog
from tiktok_organic.warehouse.sql_dialect import POSTGRES

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa
    from psycopg.raw_cursor import RawServerCursor

__all__ = ["Limits", "Session"]


@dataclass(frozen=True)
class Limits:
    """Timeouts of a transaction in seconds.

    The server enforces the first three, this process `silence`. `lock`: for a table that another
    transaction has locked. `statement`: for one statement. `idle`: the server ends a transaction
    whose client has stopped, so that its locks end. `silence`: for a server that does not even end
    the statement in time.
    """

    lock: float = 60.0
    statement: float = 900.0
    idle: float = 900.0
    silence: float = 960.0


class Session:
    """An open transaction.

    Statements have their values as `$1`, `$2`; rows are Arrow.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], watchdog: Watchdog) -> None:
        self._connection = connection
        self._waiting = watchdog.waiting
        self._progress = watchdog.progress

    def do(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement, or several without values; returned rows are ignored."""
        with self._waiting():
            self._connection.execute(statement.encode(), values or None)

    def do_each(self, statement: str, values: Sequence[str]) -> None:
        """Execute the statement once for each value, as `$1`."""
        with self._connection.cursor() as cursor, self._waiting():
            cursor.executemany(statement.encode(), [[value] for value in values])

    def attempt(self, statements: Sequence[str]) -> str:
        """Execute all statements or none of them.

        Returns "", or why one failed; the transaction continues.
        """
        from psycopg import Error, OperationalError

        # A failed statement aborts PostgreSQL's whole transaction, unless it is rolled back to a
        # savepoint.
        self.do("SAVEPOINT attempt")
        try:
            for statement in statements:
                self.do(statement)
        except OperationalError:  # a lost connection, a lock: the whole transaction fails
            raise
        except Error as error:
            self.do("ROLLBACK TO SAVEPOINT attempt")
            return str(error).partition("\n")[0]
        self.do("RELEASE SAVEPOINT attempt")
        return ""

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._waiting():
            return self._connection.execute(query.encode(), values or None).fetchall()

    def batches(self, query: str, table: Table) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query of all the table's columns, in `table.schema`."""
        from psycopg.raw_cursor import RawServerCursor

        # A cursor on the server: the driver would otherwise hold the whole result in memory.
        with RawServerCursor(self._connection, "rows") as cursor:
            with self._waiting():
                cursor.execute(query.encode(), binary=True)
            yield from table.batches(self._fetched(cursor))

    def _fetched(self, cursor: RawServerCursor[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        while True:
            with self._waiting():
                rows = cursor.fetchmany(BATCH_ROWS)
            if not rows:
                return
            yield from rows

    def ingest(self, name: str, table: Table, batches: Iterable[pa.RecordBatch]) -> None:
        """Copy rows into a new temporary table `pg_temp.name`, which ends with the transaction.

        Arrow writes them as CSV and PostgreSQL reads it: neither handles values in Python.
        """
        import pyarrow as pa
        from pyarrow import csv

        target = POSTGRES.name("pg_temp", name)
        columns = ", ".join(
            f"{POSTGRES.name(column.name)} {POSTGRES.type(column)}" for column in table.columns
        )
        self.do(f"CREATE TABLE {target} ({columns}) ON COMMIT DROP")
        # "needed" quotes every text: an empty field without quotes is null.
        options = csv.WriteOptions(include_header=False, quoting_style="needed")
        copying = f"COPY {target} FROM STDIN (FORMAT csv)"
        with (
            self._waiting(),
            self._connection.cursor() as cursor,
            cursor.copy(copying.encode()) as copy,
        ):
            for batch in batches:
                written = pa.BufferOutputStream()
                csv.write_csv(batch, written, options)
                copy.write(memoryview(written.getvalue()))
                self._progress()

    def limit(self, limits: Limits) -> None:
        """Set the transaction's timeouts.

        A shorter one of the role or the address has precedence.
        """
        lengths = (limits.lock, limits.statement, limits.idle)
        self.ask(_LIMIT, [f"{seconds * 1000:.0f}ms" for seconds in lengths])

    def commit(self) -> None:
        with self._waiting():
            self._connection.commit()


# 0 means no limit in PostgreSQL, so it is replaced as well; a shorter limit remains.
_LIMIT = """
SELECT set_config(name, longest, true)
FROM (VALUES ('lock_timeout', $1), ('statement_timeout', $2),
             ('idle_in_transaction_session_timeout', $3)) AS ours (name, longest)
WHERE current_setting(name)::interval NOT BETWEEN '1us'::interval AND longest::interval
"""
