"""The engine of this installation, with the product's verbs put into its hands."""

from __future__ import annotations

import logging
import sys
from datetime import datetime, timedelta
from functools import partial

from tiktok_organic.actions.attempt import attempt
from tiktok_organic.actions.notify import addressees, tell
from tiktok_organic.actions.order import order
from tiktok_organic.actions.pruning import prune
from tiktok_organic.app import App
from tiktok_organic.errors import AlreadyRunning, NotFound, ReconnectNeeded
from tiktok_organic.store.rotation import reseal
from tiktok_organic.work.delivery import Delivery
from tiktok_organic.work.engine import AT_ONCE, Engine
from tiktok_organic.work.schedule import next_due

__all__ = ["ProductCallbacks", "make_engine"]

_LOG = logging.getLogger(__name__)
_TURN = 0.0005
"""Seconds after which a busy thread lets others go on. A request must leave at its moment, not when eight syncs have
had their 5 ms (Python's own) each: TikTok counts them as they arrive."""


def make_engine(app: App, *, at_once: int = AT_ONCE) -> Engine:
    """The engine that fits the store; from now on it is told of every order that this process makes."""
    sys.setswitchinterval(_TURN)
    app.share()
    callbacks = ProductCallbacks(app)
    if app.database.path is not None:
        from tiktok_organic.work.local import LocalEngine

        app.engine = LocalEngine(callbacks, app.orders, app.locks, app.clock, at_once=at_once)
    else:
        from tiktok_organic.work.procrastinate import ProcrastinateEngine

        app.engine = ProcrastinateEngine(
            callbacks, app.orders, app.locks, app.database, app.clock, at_once=at_once
        )
    return app.engine


class ProductCallbacks:
    """What engines have done."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._hourly: datetime | None = None
        self._delivery = Delivery(app.clock)

    def attempt(self, run_id: str, engine: Engine) -> bool:
        return attempt(self._app, run_id, engine)

    def order_due(self, most: int) -> int:
        """One order for each connector that is due, however many of its moments were missed."""
        count = 0
        for due in self._app.orders.due(self._app.clock.now(), most):
            try:
                connector = self._app.connectors.get(due.connector_id)
                run = order(
                    self._app, connector, window=None, requested_by="schedule", served=due.due
                )
            except (AlreadyRunning, ReconnectNeeded, NotFound):
                continue  # somebody was quicker
            late = self._app.clock.now() - due.due
            _LOG.info(
                "run %s: ordered for %r, due at %s", run.id, connector.name, f"{due.due:%Y-%m-%d %H:%M} UTC",
                extra={"run": run.id, "connector": connector.id, "late_seconds": int(late.total_seconds())},
            )  # fmt: skip
            count += 1
        return count

    def housekeeping(self) -> None:
        """One process does it, whoever comes first."""
        with self._app.locks.hold("housekeeping") as mine:
            if not mine:
                return
            self._mend_schedules()
            try:
                self._tell()
            finally:
                self._once_an_hour()

    def _tell(self) -> None:
        to = addressees(self._app)
        self._delivery.again(to)
        if to:
            tell(self._app, partial(self._delivery.send, to))

    def _once_an_hour(self) -> None:
        now = self._app.clock.now()
        if self._hourly is not None and now - self._hourly < timedelta(hours=1):
            return
        self._hourly = now
        if (
            self._app.seal.several
        ):  # somebody with the old key alone may have sealed a renewed pair meanwhile
            reseal(self._app.database, self._app.seal)
        self._prune()

    def _prune(self) -> None:
        """Delete archived answers that are older than the settings want them, and loaded."""
        days = self._app.settings.archive_days
        if days is None:
            return
        for connector in self._app.connectors.all():
            count = prune(self._app, connector)
            if count:
                _LOG.info(
                    "%d archived answers of %r were older than %d days", count, connector.name, days
                )

    def _mend_schedules(self) -> None:
        """A clock that ran ahead, and was set back, has left due moments far in the future. But where the next one was
        served already, it is ours that is behind: another machine's goes before it, or it was set back a little."""
        now = self._app.clock.now()
        for connector in self._app.connectors.all():
            expected = next_due(connector.schedule, now)
            if (
                connector.state != "active"
                or expected is None
                or not _beyond(connector.next_due, expected)
            ):
                continue
            following = next_due(connector.schedule, expected)
            if following is not None and self._app.orders.served(connector.id, expected, following):
                expected = following
            if _beyond(connector.next_due, expected):
                self._app.connectors.change(connector.id, {"next_due": expected})


def _beyond(due: datetime | None, expected: datetime) -> bool:
    """Whether it is missing, or so late that no change to or from daylight saving explains it."""
    return due is None or due > expected + timedelta(hours=2)
