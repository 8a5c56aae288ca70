"""The figures that the page's charts show, kept beside the runs so that no view costs a query of the warehouse.

They are no source of truth: whoever counts, counts in the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import figure_days, figure_moments, figure_videos
from tiktok_organic.store.upsert import upsert
from tiktok_organic.sync.figures import Figures

__all__ = ["KeptFigures"]

_HISTORY = 30
"""So many past syncs of a video's views are kept."""


class KeptFigures:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, connector_id: str, moment: datetime, figures: Figures, connection: Connection
    ) -> None:
        """What one commit has written. An absent value of a day replaces no known one; an older sync that is loaded
        late replaces no newer videos."""
        self._save_days(connector_id, figures.days, connection)
        if figures.account:
            row = {"connector_id": connector_id, "moment": moment, "figures": figures.account}
            upsert(connection, figure_moments, [row])
        if figures.videos:
            self._save_videos(connector_id, moment, figures.videos, connection)

    def days(
        self, connector_id: str, since: date | None = None
    ) -> list[tuple[date, dict[str, Any]]]:
        """Oldest first."""
        statement = select(figure_days).where(figure_days.c.connector_id == connector_id)
        if since is not None:
            statement = statement.where(figure_days.c.day >= since)
        with self._database.read() as connection:
            return [
                (row.day, row.figures)
                for row in connection.execute(statement.order_by(figure_days.c.day))
            ]

    def views(self, since: date) -> dict[str, list[int]]:
        """The daily views of every connector, oldest first."""
        columns = (figure_days.c.connector_id, figure_days.c.views)
        key = (figure_days.c.connector_id, figure_days.c.day)
        statement = select(*columns).where(figure_days.c.day >= since).order_by(*key)
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for connector_id, count in connection.execute(statement).all():
                found.setdefault(connector_id, []).append(count or 0)
        return found

    def moments(self, connector_id: str, limit: int = 400) -> list[tuple[datetime, dict[str, Any]]]:
        """The account as it stood at its syncs, oldest first."""
        statement = (
            select(figure_moments)
            .where(figure_moments.c.connector_id == connector_id)
            .order_by(figure_moments.c.moment.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.moment, row.figures) for row in connection.execute(statement)][::-1]

    def videos(self, connector_id: str) -> list[dict[str, Any]]:
        """The kept videos with the moment of their figures; most views first."""
        statement = select(figure_videos).where(figure_videos.c.connector_id == connector_id)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        found = [{"item_id": row.item_id, "moment": row.moment, **row.figures} for row in rows]
        return sorted(found, key=lambda video: -(video.get("video_views") or 0))

    def video(self, connector_id: str, item_id: str) -> dict[str, Any] | None:
        statement = select(figure_videos).where(
            figure_videos.c.connector_id == connector_id, figure_videos.c.item_id == item_id
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return (
            None if row is None else {"item_id": row.item_id, "moment": row.moment, **row.figures}
        )

    def remove(self, connector_id: str) -> None:
        with self._database.begin() as connection:
            for table in (figure_days, figure_moments, figure_videos):
                connection.execute(delete(table).where(table.c.connector_id == connector_id))

    def _save_days(
        self, connector_id: str, days: Mapping[date, dict[str, Any]], connection: Connection
    ) -> None:
        if not days:
            return
        statement = select(figure_days).where(figure_days.c.connector_id == connector_id)
        known = {
            row.day: row.figures
            for row in connection.execute(statement.where(figure_days.c.day >= min(days)))
        }
        merged = {day: {**known.get(day, {}), **figures} for day, figures in days.items()}
        rows = [
            {
                "connector_id": connector_id,
                "day": day,
                "views": figures.get("video_views"),
                "figures": figures,
            }
            for day, figures in merged.items()
        ]
        upsert(connection, figure_days, rows)

    def _save_videos(
        self,
        connector_id: str,
        moment: datetime,
        videos: list[dict[str, Any]],
        connection: Connection,
    ) -> None:
        mine = figure_videos.c.connector_id == connector_id
        known = {row.item_id: row for row in connection.execute(select(figure_videos).where(mine))}
        if any(row.moment > moment for row in known.values()):
            return
        connection.execute(delete(figure_videos).where(mine))
        rows = []
        for video in videos:
            before = known.get(video["item_id"])
            history = [] if before is None else [*before.figures.get("history", []), _point(before)]
            figures = {name: value for name, value in video.items() if name != "item_id"}
            kept = {
                **figures,
                "history": [p for p in history if p[0] != moment.isoformat()][-_HISTORY:],
            }
            rows.append(
                {
                    "connector_id": connector_id,
                    "item_id": video["item_id"],
                    "moment": moment,
                    "figures": kept,
                }
            )
        upsert(connection, figure_videos, rows)


def _point(row: Any) -> list[Any]:
    return [row.moment.isoformat(), row.figures.get("video_views")]
