"""Queries of one dataset: rows of tables and views, their number, and dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql_select
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.transaction_script import every_partition
from tiktok_organic.warehouse.contract import READ_SECONDS
from tiktok_organic.warehouse.sql_dialect import BIGQUERY
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["BigQueryQueries"]


class BigQueryQueries:
    """SELECT statements on the tables and views of a dataset."""

    def __init__(self, tables: BigQueryTables) -> None:
        self._tables = tables

    def count(self, table: Table) -> int | None:
        """Return the number of rows; None if the table does not exist or is not ours."""
        tables = self._tables
        location = tables.location()
        found = tables.ours(table) if location is not None else None
        if location is None or found is None:
            return None
        # Not the table's `numRows`, which lacks streamed rows; BigQuery bills nothing for counting.
        where = _filter(table, found)
        query = f"SELECT count(*) FROM {tables.target(table.name)}{where and f' WHERE {where}'}"  # noqa: S608 - quoted
        return int(self._select(query, location)[0][0])

    def rows(
        self,
        table: Table,
        *,
        where: Sequence[Condition],
        order: Sequence[str],
        limit: int | None,
    ) -> list[dict[str, Any]]:
        """Return rows of a table of ours; none if it does not exist."""
        tables = self._tables
        location = tables.location()
        found = tables.ours(table) if location is not None else None
        if location is None or found is None:
            return []
        statement = sql_select.select(
            BIGQUERY,
            tables.target(table.name),
            table,
            present=tables.columns(table, found),
            where=where,
            also=_filter(table, found),
            order=order,
            limit=limit,
        )
        return [
            dict(zip(table.names, row, strict=True)) for row in self._select(statement, location)
        ]

    def read(
        self,
        view: Table,
        *,
        totals_by: Sequence[str],
        where: Sequence[Condition],
        order: Sequence[str],
        limit: int,
    ) -> list[dict[str, Any]] | None:
        """Return rows of a view, or totals of them, within `READ_SECONDS`; None without it."""
        tables = self._tables
        location = tables.location()
        found = tables.find(view) if location is not None else None
        if location is None or found is None:
            return None
        target = tables.target(view.name)
        if totals_by:
            names: Sequence[str] = sql_select.totals_table(view, totals_by).names
            statement = sql_select.totals(
                BIGQUERY, target, view, totals_by, where=where, order=order, limit=limit
            )
        else:
            names = view.names
            statement = sql_select.select(
                BIGQUERY,
                target,
                view,
                present=tables.columns(view, found),
                where=where,
                also=_filter(view, found) if view.partition else "",
                order=order,
                limit=limit,
            )
        config = library().QueryJobConfig(job_timeout_ms=int(READ_SECONDS * 1000))
        return [
            dict(zip(names, row, strict=True)) for row in self._select(statement, location, config)
        ]

    def try_out(self, statement: str, location: str | None) -> None:
        """Check a statement and its permissions with a dry run, which costs nothing."""
        config = library().QueryJobConfig(dry_run=True, use_query_cache=False)
        self._tables.patience.ask(
            self._tables.client.query,
            statement,
            job_config=config,
            location=location,
            job_retry=None,
        )

    def _select(self, statement: str, location: str, config: Any = None) -> list[Any]:
        """Return the rows of a SELECT, which may be repeated: under an id that Google chooses."""
        patience = self._tables.patience
        job = patience.ask(
            self._tables.client.query,
            statement,
            job_config=config,
            location=location,
            job_retry=None,
        )
        return list(patience.repeat(lambda: job.result(retry=None, job_retry=None)))


def _filter(table: Table, found: Any) -> str:
    """Return a condition on the partitions if the stored table requires one; "" otherwise.

    An owner may have set `require_partition_filter` against queries that read everything by
    mistake.
    """
    layout = found.to_api_repr()
    required = any(
        part.get("requirePartitionFilter") for part in (layout, layout.get("timePartitioning", {}))
    )
    return every_partition(table) if required else ""
