"""Sent notifications, so that each event is sent once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import notices as table

__all__ = ["Notices"]


class Notices:
    def __init__(self, database: Database) -> None:
        self._database = database

    def last_sent(self) -> dict[tuple[str, str], datetime]:
        """Return when each event of each connector was last sent."""
        with self._database.read() as connection:
            return {
                (row.connector_id, row.event): row.said_at
                for row in connection.execute(select(table))
            }

    def mark_sent(self, connector_id: str, event: str, now: datetime) -> None:
        with self._database.begin() as connection:
            insert_or_replace(
                connection, table, [{"connector_id": connector_id, "event": event, "said_at": now}]
            )

    def forget(self, connector_id: str, event: str) -> None:
        """Delete an event that is over, so that a new occurrence is sent."""
        with self._database.begin() as connection:
            connection.execute(
                delete(table).where(table.c.connector_id == connector_id, table.c.event == event)
            )
