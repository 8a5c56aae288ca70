"""The data of the page's charts, saved by each sync so that no page view queries the warehouse.

It is not a source of truth: use the numbers in the warehouse for calculations.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import figure_days, figure_moments, figure_videos
from tiktok_organic.sync.loading.extract_chart_data import ChartExtract

__all__ = ["ChartData", "whole_number"]

# Audiences are large and only shown of the newest sync, so older moments are reduced to these.
_SHOWN_OF_OLD_MOMENTS = ("followers_count",)


def whole_number(value: object) -> int | None:
    """Return a stored count; None for everything else that a JSON document can contain."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 2**63 else None


class ChartData:
    """The chart data from all loads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, connector_id: str, moment: datetime, extract: ChartExtract, connection: Connection
    ) -> None:
        """Store what one commit has written.

        A missing value of a day does not replace a known one; an older sync that is loaded late
        does not replace newer videos.
        """
        self._save_days(connector_id, extract.days, connection)
        if extract.account:
            self._save_account(connector_id, moment, extract.account, connection)
        if extract.videos:
            self._save_videos(connector_id, moment, extract.videos, connection)

    def days(
        self, connector_id: str, since: date | None = None
    ) -> list[tuple[date, dict[str, Any]]]:
        """Return the days, oldest first."""
        statement = select(figure_days).where(figure_days.c.connector_id == connector_id)
        if since is not None:
            statement = statement.where(figure_days.c.day >= since)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(figure_days.c.day)).all()
        return [(row.day, _document(row.figures)) for row in rows]

    def views(self, since: date) -> dict[str, list[int]]:
        """Return the daily views of every connector, oldest first."""
        columns = (figure_days.c.connector_id, figure_days.c.views)
        key = (figure_days.c.connector_id, figure_days.c.day)
        statement = select(*columns).where(figure_days.c.day >= since).order_by(*key)
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for connector_id, count in connection.execute(statement).all():
                found.setdefault(connector_id, []).append(count or 0)
        return found

    def moments(self, connector_id: str, limit: int = 400) -> list[tuple[datetime, dict[str, Any]]]:
        """Return the account at its syncs, oldest first; only the newest has an audience."""
        statement = (
            select(figure_moments)
            .where(figure_moments.c.connector_id == connector_id)
            .order_by(figure_moments.c.moment.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [(row.moment, _document(row.figures)) for row in reversed(rows)]

    def picture(self, connector_id: str, item_id: str) -> str:
        """The address of a video's picture as of the newest sync; empty when none is stored."""
        statement = select(figure_videos).where(
            figure_videos.c.connector_id == connector_id, figure_videos.c.item_id == item_id
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return str(_document(row.figures).get("thumbnail_url") or "") if row is not None else ""

    def remove(self, connector_id: str) -> None:
        """Delete everything of one connector."""
        with self._database.begin() as connection:
            for table in (figure_days, figure_moments, figure_videos):
                connection.execute(delete(table).where(table.c.connector_id == connector_id))

    def _save_days(
        self, connector_id: str, days: Mapping[date, dict[str, Any]], connection: Connection
    ) -> None:
        if not days:
            return
        statement = select(figure_days).where(figure_days.c.connector_id == connector_id)
        rows = connection.execute(statement.where(figure_days.c.day >= min(days)))
        known = {row.day: _document(row.figures) for row in rows}
        merged = {day: {**known.get(day, {}), **figures} for day, figures in days.items()}
        saved = [
            {
                "connector_id": connector_id,
                "day": day,
                "views": figures.get("video_views"),
                "figures": figures,
            }
            for day, figures in merged.items()
        ]
        insert_or_replace(connection, figure_days, saved)

    def _save_account(
        self, connector_id: str, moment: datetime, account: Mapping[str, Any], to: Connection
    ) -> None:
        """Store the account, and reduce older syncs to the values that charts show."""
        of_connector = figure_moments.c.connector_id == connector_id
        rows = to.execute(select(figure_moments).where(of_connector)).all()
        newest = max((row.moment for row in rows), default=moment)
        saved = [
            {"connector_id": connector_id, "moment": row.moment, "figures": _reduced(row.figures)}
            for row in rows
            if row.moment < moment and set(_document(row.figures)) - set(_SHOWN_OF_OLD_MOMENTS)
        ]
        figures = dict(account) if moment >= newest else _reduced(account)
        saved.append({"connector_id": connector_id, "moment": moment, "figures": figures})
        insert_or_replace(to, figure_moments, saved)

    def _save_videos(
        self,
        connector_id: str,
        moment: datetime,
        videos: list[dict[str, Any]],
        connection: Connection,
    ) -> None:
        of_connector = figure_videos.c.connector_id == connector_id
        newest = select(func.max(figure_videos.c.moment)).where(of_connector)
        stored = connection.execute(newest).scalar()
        if stored is not None and stored > moment:
            return
        connection.execute(delete(figure_videos).where(of_connector))
        rows = [
            {
                "connector_id": connector_id,
                "item_id": video["item_id"],
                "moment": moment,
                "figures": {"thumbnail_url": video["thumbnail_url"]},
            }
            for video in videos
        ]
        insert_or_replace(connection, figure_videos, rows)


def _reduced(figures: object) -> dict[str, Any]:
    known = _document(figures)
    return {name: known[name] for name in _SHOWN_OF_OLD_MOMENTS if name in known}


def _document(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
