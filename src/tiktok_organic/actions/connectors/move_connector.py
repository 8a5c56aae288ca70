"""Move a connector's tables, with their whole history, from one destination to another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiktok_organic.actions.connectors.connector_choices import refuse_dataset
from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.connector_rules import check_dataset
from tiktok_organic.errors import AlreadyRunning, Conflict, DestinationRefused, Refused
from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.reports import REPORTS
from tiktok_organic.sync.loading.dataset_owner import refuse_strangers
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.destinations import absolute, destination_key

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Checksum", "checksum", "move"]

# The sum of the digests is taken modulo this number, so that it has a fixed size.
_MODULUS = 1 << 128


@dataclass(frozen=True)
class Checksum:
    """The number of rows of a table, and a sum over all of them, independent of their order."""

    rows: int
    digest: int


def checksum(batches: Iterable[pa.RecordBatch]) -> Checksum:
    """Return the checksum of rows. U+0000 counts as U+FFFD, which PostgreSQL stores for it."""
    rows = digest = 0
    for batch in batches:
        columns = [_plain(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            text = repr(row).replace("\\x00", "\ufffd").encode("utf-8", "surrogatepass")
            digest = (
                digest + int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")
            ) % _MODULUS
            rows += 1
    return Checksum(rows, digest)


def move(
    app: App, connector: Connector, to: str, dataset: str | None, progress: Progress
) -> dict[str, Any]:
    """Copy the tables, compare counts and checksums, and then change the connector.

    The former tables remain. Raises Conflict, DestinationRefused, DestinationBusy, AlreadyRunning:
    the connector is then unchanged, and moving can be repeated.
    """
    destination = absolute(to, app.folder)
    target = check_dataset(dataset if dataset is not None else connector.dataset)
    if destination_key(destination, target) == destination_key(
        connector.destination, connector.dataset
    ):
        raise Refused(f"{connector.name!r} is already at this destination", case="same_place")
    refuse_dataset(app.connectors, destination, target)
    with app.locks.hold(connector.id) as acquired:
        if not acquired:
            raise AlreadyRunning(f"{connector.name!r} is being synced at this moment")
        if any(run.loadable for run in app.runs.pending(connector.id)):
            raise Refused(
                "a sync still waits to be loaded at the present destination",
                case="waits_to_be_loaded",
                connector=connector.id,
            )
        with app.warehouse(connector.destination) as source, app.warehouse(destination) as goal:
            goal.check(target)
            refuse_strangers(
                goal,
                target,
                connector.account_id,
                (connector.username, *connector.former_usernames),
            )
            rows = _copy(connector, source, goal, target, progress)
        app.connectors.save(replace(connector, destination=destination, dataset=target), connector)
    document = connector_document(
        app.connectors.get(connector.id), app.runs.last().get(connector.id)
    )
    return {
        **document,
        "moved_rows": rows,
        "moved_from": connector_document(connector, None)["destination"],
    }


def _copy(
    connector: Connector, source: Warehouse, goal: Warehouse, dataset: str, progress: Progress
) -> dict[str, int]:
    """Copy all tables in one commit; return the rows of each."""
    every = [*(report.table for report in REPORTS.values()), *HISTORY.values()]
    tables = [table for table in every if source.count(connector.dataset, table) is not None]
    wanted = {table.name: checksum(source.batches(connector.dataset, table)) for table in tables}
    missing = [
        table
        for table in tables
        if not _refuse_other_rows(goal, dataset, table, wanted[table.name])
    ]
    if missing:
        # One commit: an interrupted move leaves all of the tables or none.
        with goal.load(dataset, run=f"move-{connector.id}", attempt=1) as loading:
            for table in missing:
                loading.declare(table)
                count = 0
                for batch in source.batches(connector.dataset, table):
                    loading.stage(table, batch)
                    count += batch.num_rows
                    progress(ProgressEvent(Phase.LOADING, table.name, rows=count))
            loading.commit()
    for table in tables:
        found = checksum(goal.batches(dataset, table))
        if found != wanted[table.name]:
            raise DestinationRefused(
                f"{dataset}.{table.name} has {found.rows} rows instead of "
                f"{wanted[table.name].rows}, or other values",
                remedy=(
                    "The connector was not moved. If another program writes into that "
                    "dataset, choose another one."
                ),
            )
    return {table.name: wanted[table.name].rows for table in tables}


def _refuse_other_rows(goal: Warehouse, dataset: str, table: Table, wanted: Checksum) -> bool:
    """Whether the table exists from an interrupted move.

    Raises Conflict if it has other rows.
    """
    if not goal.count(dataset, table):
        return False
    if checksum(goal.batches(dataset, table)) == wanted:
        return True
    raise Conflict(
        f"{dataset}.{table.name} at the new destination already has other rows",
        code="dataset_taken",
    )


def _plain(column: pa.Array) -> list[Any]:
    """Return plain Python values; times as microseconds, independent of time zones."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return list(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist())
    return list(column.to_pylist())
