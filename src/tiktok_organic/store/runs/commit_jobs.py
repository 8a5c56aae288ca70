"""The warehouse's job that commits a connector's load: stored before it is sent.

A BigQuery job continues after the process that sent it was killed; the next load of the connector
looks it up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import commit_jobs as table

__all__ = ["ConnectorJournal"]


@dataclass(frozen=True)
class ConnectorJournal:
    """The `CommitJournal` of one connector.

    All its runs share it: an older run's job may still be running.
    """

    database: Database
    connector_id: str

    def read(self) -> str | None:
        """Return the id of the last sent job."""
        with self.database.read() as connection:
            statement = select(table.c.job).where(table.c.connector_id == self.connector_id)
            return connection.execute(statement).scalar_one_or_none()

    def write(self, job: str) -> None:
        """Replace it, in a separate transaction."""
        with self.database.begin() as connection:
            insert_or_replace(connection, table, [{"connector_id": self.connector_id, "job": job}])

    def clear(self) -> None:
        """Delete it, because the job has ended."""
        with self.database.begin() as connection:
            connection.execute(delete(table).where(table.c.connector_id == self.connector_id))
