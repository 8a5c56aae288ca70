"""A store with connectors and runs written straight into it, and a clock that is moved by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from tiktok_organic.clock import Clock
from tiktok_organic.engine.engine import Engine, Ordered
from tiktok_organic.store.database import Database
from tiktok_organic.store.locks.file_locks import FileLocks
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.store.locks.postgres_locks import AdvisoryLocks
from tiktok_organic.store.runs.due_work import DueWork
from tiktok_organic.store.schema import connectors, runs
from tiktok_organic.sync.stop import Stopped
from waiting import PATIENCE

NOW = datetime(2026, 3, 11, 3, 0, 0, tzinfo=UTC)


class MovedClock:
    """A clock that only tests move.

    Durations and pauses are real, so that threads can be awaited.
    """

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()


class Store:
    """What one process has of the store."""

    def __init__(self, url: str, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.database = Database(url)
        self.due_work = DueWork(self.database)
        file = self.database.path is not None
        self.locks: Locks = (
            FileLocks(folder / "locks") if file else AdvisoryLocks(self.database, clock)
        )

    def connector(self, name: str, **values: Any) -> str:
        """A connector that works; `next_due` says when its next sync is due."""
        row: dict[str, Any] = {column.name: "" for column in connectors.columns}
        row |= {
            "former_usernames": [],
            "followers": None,
            "views": True,
            "destination": b"",
            "reports": [],
            "scopes": [],
        }
        row |= {
            "hour": 3,
            "lookback": 5,
            "schedule": "daily",
            "timezone": "UTC",
            "weekday": "monday",
        }
        row |= {
            "created_at": NOW,
            "first_asked": None,
            "next_due": None,
            "removed_at": None,
            "state": "active",
        }
        row |= {
            key: name
            for key in row
            if key.endswith("_key") or key in ("id", "name", "account_id", "dataset")
        }
        row |= values
        with self.database.begin() as connection:
            connection.execute(
                insert(connectors).values(**{k: v for k, v in row.items() if k in connectors.c})
            )
        return name

    def run(self, connector: str, engine: Engine | None = None, **values: Any) -> str:
        """A run of the connector, announced to `engine`."""
        row: dict[str, Any] = {
            "id": f"run-{connector}-{len(self.statuses())}",
            "connector_id": connector,
            "kind": "sync",
            "requested_by": "schedule",
            "sync_date": self.clock.now(),
            "status": "waiting",
            "attempt": 0,
            "reports": [],
            "window_start": date(2026, 3, 6),
            "window_end": date(2026, 3, 10),
            "results": {},
            "requests": 0,
            "throttled": 0,
            "loaded": False,
            "notes": {},
            "created_at": self.clock.now(),
            **values,
        }
        with self.database.begin() as connection:
            connection.execute(insert(runs).values(**{k: v for k, v in row.items() if k in runs.c}))
            if engine is not None:
                by_person = row["requested_by"] != "schedule"
                engine.announce(Ordered(row["id"], connector, by_person), connection)
        if engine is not None:
            engine.wake()
        return str(row["id"])

    def statuses(self) -> dict[str, str]:
        with self.database.read() as connection:
            return {
                row.id: row.status for row in connection.execute(select(runs.c.id, runs.c.status))
            }

    def change(self, run_id: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(**values))

    def close(self) -> None:
        self.locks.close()
        self.database.close()


class Hands:
    """Callbacks that do as little as possible and record it.

    `gate`: attempts stay until it is opened. `warehouse`: until it is opened, loads of the
    connectors `slow` stay, and `reported` has the phases of the others that wait for them.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done: list[str] = []
        self.overlaps = 0
        self.gate = threading.Event()
        self.gate.set()
        self.warehouse = threading.Event()
        self.slow: set[str] = set()
        self.reported: set[str] = set()
        self.handed_back: list[str] = []
        self._at_work: set[str] = set()
        self._changed = threading.Condition()

    def attempt(self, run_id: str, engine: Engine) -> bool:
        with self.store.database.read() as connection:
            connector = str(
                connection.execute(
                    select(runs.c.connector_id).where(runs.c.id == run_id)
                ).scalar_one()
            )
        with self.store.locks.hold(connector) as mine:
            if not mine:
                return False
            status = self.store.statuses()[run_id]
            if status == "succeeded":
                return True
            self.store.change(run_id, status="running", next_attempt_at=None)
            self._begin(connector, run_id)
            try:
                while not self.gate.wait(0.02):
                    engine.stopping.check()
                with engine.loading_slot(
                    run_id, "", lambda event: self.reported.add(str(event.phase))
                ):
                    while connector in self.slow and not self.warehouse.wait(0.02):
                        engine.stopping.check()
            except Stopped:
                self.store.change(run_id, status="waiting")
                self._end(connector, run_id, self.handed_back)
                return True
            self.store.change(run_id, status="succeeded")
            self._end(connector, run_id, self.done)
        return True

    def order_due(self, most: int) -> int:
        due = self.store.due_work.due(self.store.clock.now(), most)
        for each in due:
            with self.store.database.begin() as connection:
                following = each.due + timedelta(days=1)
                taken = DueWork.serve_due(each.connector_id, each.due, following, connection)
            if taken:
                self.store.run(each.connector_id)
        return len(due)

    def housekeeping(self) -> None: ...

    def wait_for(self, what: Callable[[], bool]) -> bool:
        """Wait until a condition is true; another process may cause it, so it is checked often."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not what():
                if time.monotonic() > deadline:
                    return False
                self._changed.wait(0.05)
        return True

    @property
    def at_work(self) -> int:
        return len(self._at_work)

    def _begin(self, connector: str, _run_id: str) -> None:
        with self._changed:
            self.overlaps += connector in self._at_work
            self._at_work.add(connector)
            self._changed.notify_all()

    def _end(self, connector: str, run_id: str, where: list[str]) -> None:
        with self._changed:
            self._at_work.discard(connector)
            where.append(run_id)
            self._changed.notify_all()
