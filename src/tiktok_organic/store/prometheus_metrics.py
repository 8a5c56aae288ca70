"""Metrics for Prometheus, read from the store on each request: they include all processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.metric_counters import Counters
from tiktok_organic.store.schema import connectors, runs, tokens
from tiktok_organic.sync.run_status import UNFINISHED, ReportResult, RunStatus, cause

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
_COUNTED = (
    ("requests", "Requests to TikTok, repeats and renewals included.", None),
    ("throttled", "Answers in which TikTok said that its limits were reached.", None),
    ("attempts", "Attempts at runs, by the status that the run had afterwards.", "status"),
    ("rows", "Rows that were loaded into warehouses.", "table"),
    (
        "seconds",
        (
            "Seconds that attempts spent, by phase; waiting for TikTok's limits is also a part of "
            "fetching."
        ),
        "phase",
    ),
)

_KEPT = runs.join(connectors, connectors.c.id == runs.c.connector_id)


def exposition(database: Database, now: datetime) -> bytes:
    """Return all metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Store(database, now))
    return generate_latest(registry)


class _Store(Collector):
    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self._now = now

    def collect(self) -> Iterator[Metric]:
        with self._database.read() as connection:
            yield self._runs(connection)
            yield self._failed(connection)
            yield from self._due(connection)
            yield self._consents(connection)
            yield self._states(connection)
        counters = Counters(self._database).all()
        for name, words, label in _COUNTED:
            family = CounterMetricFamily(
                f"tiktok_organic_{name}", words, labels=[label] if label else []
            )
            for (kept_name, kept_label), value in sorted(counters.items()):
                if kept_name == name:
                    family.add_metric([kept_label] if label else [], value)
            yield family

    def _runs(self, connection: Connection) -> Metric:
        found = dict.fromkeys(map(str, UNFINISHED), 0)
        statement = select(runs.c.status, func.count().label("number")).select_from(_KEPT)
        wanted = (runs.c.status.in_(found), connectors.c.removed_at.is_(None))
        for row in connection.execute(statement.where(*wanted).group_by(runs.c.status)):
            found[row.status] = row.number
        again = (runs.c.next_attempt_at.is_not(None), connectors.c.removed_at.is_(None))
        found["to_retry"] = connection.execute(
            select(func.count()).select_from(_KEPT).where(*again)
        ).scalar_one()
        return _gauge("runs", "Runs that are not over.", "status", found)

    def _failed(self, connection: Connection) -> Metric:
        """Return connectors whose newest run failed, by reason."""
        newest = select(
            runs.c.connector_id, func.max(runs.c.sync_date).label("sync_date")
        ).group_by(runs.c.connector_id)
        part = newest.subquery()
        statement = (
            select(runs.c.status, runs.c.error, runs.c.results)
            .join(
                part,
                (part.c.connector_id == runs.c.connector_id)
                & (part.c.sync_date == runs.c.sync_date),
            )
            .join(connectors, connectors.c.id == runs.c.connector_id)
            .where(
                runs.c.status.in_((RunStatus.FAILED, RunStatus.PARTIAL)),
                connectors.c.removed_at.is_(None),
            )
        )
        found: dict[str, float] = {}
        for row in connection.execute(statement):
            why = cause(row.error, map(ReportResult.from_document, row.results.values()))
            reason = why["code"] if why else "unknown"
            found[reason] = found.get(reason, 0) + 1
        return _gauge(
            "connectors_failing",
            "Connectors whose newest run failed, wholly or in part.",
            "reason",
            found,
        )

    def _due(self, connection: Connection) -> Iterator[Metric]:
        wanted = (
            connectors.c.next_due <= self._now,
            connectors.c.state == "active",
            connectors.c.removed_at.is_(None),
        )
        count, oldest = connection.execute(
            select(func.count(), func.min(connectors.c.next_due)).where(*wanted)
        ).one()
        waiting = (runs.c.status == RunStatus.WAITING, connectors.c.removed_at.is_(None))
        first = connection.execute(
            select(func.min(runs.c.created_at)).select_from(_KEPT).where(*waiting)
        ).scalar()
        since = min(filter(None, (oldest, first)), default=None)
        age = max(0.0, (self._now - since).total_seconds()) if since else 0.0
        yield GaugeMetricFamily(
            "tiktok_organic_connectors_due", "Connectors whose sync is due and not begun.", count
        )
        yield GaugeMetricFamily(
            "tiktok_organic_oldest_due_seconds",
            "How long the oldest due sync has been waiting.",
            age,
        )

    def _consents(self, connection: Connection) -> Metric:
        statement = (
            select(connectors.c.id, tokens.c.consent_ends)
            .join(tokens, tokens.c.connector_id == connectors.c.id)
            .where(connectors.c.removed_at.is_(None))
        )
        days = {
            row.id: (row.consent_ends - self._now).total_seconds() / 86_400
            for row in connection.execute(statement)
        }
        return _gauge("consent_days", "Days until a connector's consent ends.", "connector", days)

    def _states(self, connection: Connection) -> Metric:
        statement = select(connectors.c.state, func.count().label("number")).where(
            connectors.c.removed_at.is_(None)
        )
        found = {
            row.state: row.number
            for row in connection.execute(statement.group_by(connectors.c.state))
        }
        every = {state: found.get(state, 0) for state in ("active", "paused", "reconnect_needed")}
        return _gauge("connectors", "Connectors by state.", "state", every)


def _gauge(name: str, words: str, label: str, values: dict[str, Any]) -> Metric:
    family = GaugeMetricFamily(f"tiktok_organic_{name}", words, labels=[label])
    for value in sorted(values):
        family.add_metric([value], values[value])
    return family
