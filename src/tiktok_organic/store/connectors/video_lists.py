"""The publication times of each account's videos at its last sync: one row per connector."""

from __future__ import annotations

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import video_lists as table
from tiktok_organic.tiktok.plan_video_pages import KnownVideos

__all__ = ["VideoLists"]


class VideoLists:
    """A cache that saves requests: nothing depends on a row, and a wrong one costs a few pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, connector_id: str) -> KnownVideos | None:
        """Return the last saved list; None before the first complete one."""
        statement = select(table.c.known).where(table.c.connector_id == connector_id)
        with self._database.read() as connection:
            document = connection.execute(statement).scalar()
        return None if document is None else KnownVideos.from_document(document)

    def save(self, connector_id: str, known: KnownVideos) -> None:
        """Replace the stored list."""
        row = {"connector_id": connector_id, "known": known.document()}
        with self._database.begin() as connection:
            insert_or_replace(connection, table, [row])

    def remove(self, connector_id: str) -> None:
        """Delete a connector's list."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.connector_id == connector_id))
