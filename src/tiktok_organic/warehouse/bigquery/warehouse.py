"""BigQuery as the warehouse: datasets of one Google Cloud project, through Google's own client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.bigquery.address import BigQueryAddress, address_of
from tiktok_organic.warehouse.bigquery.client import connect, library
from tiktok_organic.warehouse.bigquery.error_meanings import explained
from tiktok_organic.warehouse.bigquery.listing import BigQueryListing, Reading
from tiktok_organic.warehouse.bigquery.load import BigQueryLoad
from tiktok_organic.warehouse.bigquery.queries import BigQueryQueries
from tiktok_organic.warehouse.bigquery.repeat_requests import Patience
from tiktok_organic.warehouse.bigquery.rows_as_parameter import REQUEST_BYTES
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.views import BigQueryViews
from tiktok_organic.warehouse.contract import CommitJournal, Held
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import BIGQUERY
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BigQueryWarehouse"]

_PROBE = Table(
    name="tiktok_organic_probe",
    about="Never made: asked for to see whether it could be.",
    key=("id",),
    columns=(Column("id", "STRING", "sync", "Nothing."),),
)


class BigQueryWarehouse:
    """The warehouse in the project that `url` names; Google is not contacted before the first use.

    `client`: creates a `bigquery.Client` from the address. `spool`: the folder for staged rows, by
    default the system's temporary one. `request_bytes`: rows that take more in one request use
    staging tables.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        client: Callable[[BigQueryAddress], Any] = connect,
        spool: Path | None = None,
        request_bytes: int = REQUEST_BYTES,
    ) -> None:
        self._request_bytes = request_bytes
        self._address = address_of(url)
        self._clock = clock or SystemClock()
        self._patience = Patience(self._clock)
        self._connect = client
        self._client: Any = None
        self._connecting = threading.Lock()
        self._spool = spool
        self._readings: dict[str, Reading] = {}

    def check(self, dataset: str) -> None:
        """Implement `Warehouse.check` with dry runs.

        They check permissions, create nothing and cost nothing.
        """
        with self._opened(dataset) as tables:
            location = tables.location()
            queries = BigQueryQueries(tables)
            queries.try_out("SELECT 1", location or self._address.location)
            if location is None:
                statement = f"CREATE SCHEMA {BIGQUERY.name(self._address.project, tables.dataset)}"
            else:
                statement = sql.create_table(BIGQUERY, tables.target(_PROBE.name), _PROBE)
            # If BigQuery does not support a dry run of a statement (400), the first load shows
            # whether it is allowed.
            with suppress(library("google.api_core.exceptions").BadRequest):
                queries.try_out(statement, location or self._address.location)

    @contextmanager
    def load(
        self, dataset: str, *, run: str, attempt: int, journal: CommitJournal | None = None
    ) -> Iterator[BigQueryLoad]:
        with self._opened(dataset) as tables:
            pass  # unusable addresses or credentials are reported before rows are staged
        with Spool(self._spool) as spool:
            yield BigQueryLoad(
                self._address.project,
                tables,
                spool,
                self._clock,
                run=run,
                attempt=attempt,
                journal=journal,
                request_bytes=self._request_bytes,
                reading=self._readings.pop(dataset, None),
            )

    def count(self, dataset: str, table: Table) -> int | None:
        with self._opened(dataset) as tables:
            return BigQueryQueries(tables).count(table)

    def is_foreign(self, dataset: str, table: Table) -> bool:
        with self._opened(dataset) as tables:
            found = tables.find(table) if tables.location() is not None else None
            return found is not None and tables.foreign(table, found) is not None

    def rows(
        self,
        dataset: str,
        table: Table,
        *,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        with self._opened(dataset) as tables:
            queries = BigQueryQueries(tables)
            return queries.rows(table, where=where, order=order, limit=limit)

    def read(
        self,
        dataset: str,
        view: Table,
        *,
        totals_by: Sequence[str] = (),
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int,
    ) -> list[dict[str, Any]] | None:
        with self._opened(dataset) as tables:
            queries = BigQueryQueries(tables)
            return queries.read(view, totals_by=totals_by, where=where, order=order, limit=limit)

    def rows_of(
        self, dataset: str, wanted: Sequence[Wanted], *, last_run: str | None = None
    ) -> list[Held]:
        """Implement `Warehouse.rows_of`: no request if this process remembers that run's rows."""
        with self._opened(dataset) as tables:
            asked = list(dict.fromkeys(one.table for one in wanted))
            known = tables.memory.remembered_rows(last_run)
            if known is None or not known.tables.keys() >= set(asked):
                reading = Reading(BigQueryListing(tables).held(asked))
            else:
                reading = Reading(known.unpack(), remembered=True)
        self._readings[dataset] = reading
        found = [(one, reading.tables[one.table]) for one in wanted]
        return [Held(held.state, one.of(held.rows)) for one, held in found]

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        """Implement `Warehouse.distinct`.

        Rows are listed, not queried: one request, no job, no costs.
        """
        with self._opened(dataset) as tables:
            listing = BigQueryListing(tables)
            values = listing.known_values(table, columns)
            if values is None and tables.location() is not None:
                found = tables.ours(table)
                if found is not None and tables.columns(table, found).issuperset(columns):
                    stored = [field.name for field in found.schema]
                    values = listing.values(table, stored, columns)
            return set(values or ())

    def batches(self, dataset: str, table: Table) -> Iterator[pa.RecordBatch]:
        """Implement `Warehouse.batches`.

        Rows are listed, not queried, which Google does not bill.
        """
        with Spool(self._spool) as spool:
            with self._opened(dataset) as tables:
                if tables.location() is not None and (found := tables.ours(table)) is not None:
                    for batch in table.batches(BigQueryListing(tables).rows(table, found)):
                        spool.add(table, batch)
            spool.finish()
            yield from spool.batches(table)

    def drop(self, dataset: str, tables: Sequence[Table], views: Sequence[View] = ()) -> None:
        with self._opened(dataset) as stored:
            if stored.location() is None:
                return
            BigQueryViews(stored).drop(views)
            for table in tables:
                stored.drop_table(table)
            stored.drop_dataset()

    def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    @contextmanager
    def _opened(self, dataset: str) -> Iterator[BigQueryTables]:
        """Yield the dataset; errors of the client inside become the product's."""
        name = self._address.dataset(dataset)
        with self._connecting:
            if self._client is None:
                self._client = self._connect(self._address)
            client = self._client
        with explained(self._address.project):
            yield BigQueryTables(client, self._patience, self._address, name)
