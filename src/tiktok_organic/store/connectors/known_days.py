"""What is known of each account day: whether its row exists, its state, whether it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import days as table
from tiktok_organic.sync.day_states import DayRecord

__all__ = ["Days"]


class Days:
    def __init__(self, database: Database) -> None:
        self._database = database

    def known(
        self, connector_id: str, connection: Connection | None = None
    ) -> dict[date, DayRecord]:
        """Return every known day."""
        statement = select(table).where(table.c.connector_id == connector_id)
        if connection is not None:
            found = connection.execute(statement).all()
        else:
            with self._database.read() as own:
                found = own.execute(statement).all()
        return {row.day: DayRecord(row.digest, row.mature_on, row.final, row.lost) for row in found}

    def save(
        self, connector_id: str, records: Iterable[tuple[date, DayRecord]], connection: Connection
    ) -> None:
        """Replace the records of these days."""
        rows = [
            {
                "connector_id": connector_id,
                "day": day,
                "digest": record.digest,
                "mature_on": record.mature_on,
                "final": record.final,
                "lost": record.lost,
            }
            for day, record in records
        ]
        insert_or_replace(connection, table, rows)
