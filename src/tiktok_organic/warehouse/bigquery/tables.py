"""One dataset of BigQuery and its tables: find, create and complete them.

Through the API, not with DDL: creating, describing and extending a table is one request each, and
not a job.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.address import BigQueryAddress
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.dataset_memory import DatasetMemory, Place
from tiktok_organic.warehouse.bigquery.faults import fault_of
from tiktok_organic.warehouse.bigquery.repeat_requests import Patience
from tiktok_organic.warehouse.bigquery.schema import (
    columns_by_name,
    completed_schema,
    refuse_other_kind,
    refuse_other_types,
    schema_of,
    sql_type,
)
from tiktok_organic.warehouse.sql_dialect import BIGQUERY
from tiktok_organic.warehouse.stored_table import FOREIGN_VIEW, foreign_columns

__all__ = ["LABELS", "STAGING", "BigQueryTables"]

STAGING = "staging_tiktok_organic_"
"""The beginning of the names of staging tables."""

_ABOUT = "Organic data of one TikTok Business account, written by tiktok-organic."
LABELS = {"written_by": "tiktok-organic"}
# Where BigQuery creates a dataset without a location.
_DEFAULT_LOCATION = "US"


class BigQueryTables:
    """The dataset `dataset` (its id in the project, prefix included)."""

    def __init__(
        self, client: Any, patience: Patience, address: BigQueryAddress, dataset: str
    ) -> None:
        self.client = client
        self.patience = patience
        self.dataset = dataset
        self._address = address
        self._bigquery = library()
        self.place = self._bigquery.DatasetReference(address.project, dataset)
        place = Place(str(client._connection.API_BASE_URL), address.project, dataset)  # noqa: SLF001 - not public elsewhere
        self.memory = DatasetMemory(place, address.location)
        self._missing = library("google.api_core.exceptions").NotFound
        self._conflict = library("google.api_core.exceptions").Conflict

    @property
    def maximum_bytes_billed(self) -> int | None:
        return self._address.maximum_bytes_billed

    def known_location(self) -> str | None:
        """Return the location of the dataset, from memory or by a request."""
        known = self.memory.known()
        return known.location if known else self.location()

    def complete(self, table: Table, found: Any) -> bool:
        """Whether a load need not change or refuse the stored table."""
        if str(found.table_type) != "TABLE" or not found.description:
            return False
        types = columns_by_name(found)
        return completed_schema(table, found.schema) == list(found.schema) and all(
            sql_type(types[column.name.lower()]) == BIGQUERY.type(column)
            for column in table.columns
        )

    def target(self, name: str) -> str:
        """Return the quoted name of a table, for SQL."""
        return BIGQUERY.name(self._address.project, self.dataset, name)

    def neighbour(self, dataset: str) -> Any:
        """Another dataset of ours in the same project, for the API."""
        return self._bigquery.DatasetReference(
            self._address.project, self._address.dataset(dataset)
        )

    def reference(self, name: str) -> Any:
        """Return the table for the API."""
        return self.place.table(name)

    def location(self) -> str | None:
        """Return the location of the dataset; None if it does not exist.

        Raises DestinationRefused if it differs from the wanted one.
        """
        dataset = self._dataset()
        if dataset is None:
            return None
        wanted = self._address.location
        if wanted is not None and str(dataset.location).lower() != wanted.lower():
            raise DestinationRefused(
                f"The dataset {self.dataset} is in {dataset.location}, the destination says "
                f"{wanted}: BigQuery can neither move it nor join across locations.",
                remedy=(
                    f"Write location={dataset.location} into the destination, or choose "
                    "another dataset."
                ),
            )
        return str(dataset.location or _DEFAULT_LOCATION)

    def ensure_dataset(self) -> str:
        """Return the dataset's location; create the dataset if necessary."""
        found = self.location()
        if found is not None:
            return found
        dataset = self._bigquery.Dataset(f"{self._address.project}.{self.dataset}")
        dataset.location = self._address.location or _DEFAULT_LOCATION
        dataset.description = _ABOUT
        dataset.labels = dict(LABELS)
        try:
            self.patience.ask(self.client.create_dataset, dataset)
        # another process has just created it, or the answer to our own request was lost
        except self._conflict:
            return self.location() or str(dataset.location)
        return str(dataset.location)

    def find(self, table: Table) -> Any:
        """Return what is stored under the table's name, or None."""
        try:
            return self.patience.ask(self.client.get_table, self.reference(table.name))
        except self._missing:
            return None

    def ours(self, table: Table) -> Any:
        """Return the stored table; None without one, or if it is a user's own."""
        found = self.find(table)
        return None if found is None or self.foreign(table, found) else found

    def usable(self, table: Table, found: Any) -> Any:
        """Return `found`, the result of `find`.

        Raises DestinationRefused for a view with the table's name and for a column of another type.
        """
        if found is not None:
            refuse_other_kind(self.dataset, table, found)
            refuse_other_types(self.dataset, table, found)
        return found

    def foreign(self, table: Table, found: Any) -> str | None:
        """Return why `found` is a user's own table, not `table`; None if it is ours."""
        if not table.recognised_by:
            return None
        if str(found.table_type) != "TABLE":
            return FOREIGN_VIEW
        fields = columns_by_name(found)
        types = {
            name: sql_type(fields[name.lower()]) if name.lower() in fields else None
            for name in table.names
        }
        return foreign_columns(BIGQUERY, table, types)

    def columns(self, table: Table, found: Any) -> set[str]:
        """Return those of the table's columns that `found` has."""
        return {name for name in table.names if name.lower() in columns_by_name(found)}

    def ensure(self, table: Table, found: Any) -> Any:
        """Return the stored table with every column and description.

        It is created if `found`, the result of `usable`, is None.
        """
        if found is None:
            return self._create(table)
        fields, about = completed_schema(table, found.schema), found.description or table.about
        # An update that changes nothing would be a request more in every load.
        if fields == list(found.schema) and found.description == about:
            return found
        found.schema, found.description = fields, about
        return self.patience.ask(self.client.update_table, found, ["schema", "description"])

    def drop_table(self, table: Table) -> None:
        """Drop one of our tables. Raises DestinationRefused for a view with its name."""
        found = self.find(table)
        if found is not None and not self.foreign(table, found):
            refuse_other_kind(self.dataset, table, found)
            self.drop([table.name])

    def drop(self, names: Sequence[str], *, patience: Patience | None = None) -> None:
        """Drop tables; missing ones are ignored."""
        if any(not name.startswith(STAGING) for name in names):
            self.memory.forget()
        for name in names:
            (patience or self.patience).ask(
                self.client.delete_table, self.reference(name), not_found_ok=True
            )

    def drop_dataset(self) -> None:
        """Drop the dataset if it contains nothing but staging tables."""
        self.memory.forget()
        if self._dataset() is None:
            return
        # Staging tables of a killed process must not keep an empty dataset alive.
        listed = self.patience.ask(self.client.list_tables, self.place)
        names = [item.table_id for item in listed]
        if any(not name.startswith(STAGING) for name in names):
            return
        self.drop(names)
        # It remains if it contains something else (a routine, a model), or if another user created
        # it: the creator of a dataset may delete it, roles/bigquery.dataEditor may not.
        errors = library("google.api_core.exceptions")
        with suppress(errors.BadRequest, errors.Forbidden):
            self.patience.ask(
                self.client.delete_dataset, self.place, delete_contents=False, not_found_ok=True
            )

    def _dataset(self) -> Any:
        try:
            return self.patience.ask(self.client.get_dataset, self.place)
        except self._missing as error:
            if fault_of(error).no_project:
                raise
            return None

    def _create(self, table: Table) -> Any:
        made = self._bigquery.Table(self.reference(table.name), schema=schema_of(table))
        made.description = table.about
        made.labels = dict(LABELS)
        if table.partition is not None:
            made.time_partitioning = self._bigquery.TimePartitioning(
                type_="DAY", field=table.partition
            )
        if table.cluster:
            made.clustering_fields = list(table.cluster)
        try:
            return self.patience.ask(self.client.create_table, made)
        # another process has just created it, or the answer to our own request was lost
        except self._conflict:
            return self.usable(table, self.find(table))
