"""Periodic work of one process: schedules, alerts, keys, old archives.

Each step handles each connector separately: an error of one does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from tiktok_organic.actions.connectors.save_unsaved_tokens import store_unsaved_pairs
from tiktok_organic.actions.notifications.message_delivery import Delivery
from tiktok_organic.actions.notifications.send_alerts import addressees, send_alerts
from tiktok_organic.actions.operation.prune_archive import prune
from tiktok_organic.advice_text import Advise
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.store.encryption.key_rotation import rotate_key

__all__ = ["Housekeeping"]

_LOG = logging.getLogger(__name__)
_HOUR = timedelta(hours=1)


class Housekeeping:
    """Remembers between two calls which step was done when."""

    def __init__(self, app: App, advise: Advise) -> None:
        self._app = app
        self._advise = advise
        self._hourly: datetime | None = None
        self._delivery = Delivery(app.clock)
        self._complained: set[tuple[str, str]] = set()

    def once(self) -> None:
        """Run all steps, unless another process does.

        Every process first stores the token pairs of its own home folder.
        """
        store_unsaved_pairs(self._app)
        with self._app.locks.hold("housekeeping") as acquired:
            if not acquired:
                return
            self._for_each("its schedule", self._mend_schedule)
            try:
                self._send_alerts()
            finally:
                self._once_an_hour()

    def _for_each(self, what: str, act: Callable[[Connector], None]) -> None:
        for connector in self._app.connectors.all():
            try:
                act(connector)
            except Exception as error:  # noqa: BLE001 - one connector ends no loop over all of them
                self._complain(connector, what, error)

    def _complain(self, connector: Connector, what: str, error: Exception) -> None:
        """Log a problem once, not every minute."""
        key = (connector.id, f"{what}: {error}")
        if key not in self._complained:
            self._complained.add(key)
            _LOG.error("%r: %s: %s", connector.name, what, error, extra={"connector": connector.id})

    def _send_alerts(self) -> None:
        to = addressees(self._app)
        self._delivery.again(to)
        if to:
            send_alerts(self._app, partial(self._delivery.send, to), self._advise)

    def _once_an_hour(self) -> None:
        now = self._app.clock.now()
        if self._hourly is not None and now - self._hourly < _HOUR:
            return
        self._hourly = now
        # a process with only the old key may have encrypted a new pair
        if self._app.cipher.several:
            rotate_key(self._app.database, self._app.cipher)
        if self._app.settings.archive_days is not None:
            self._for_each("old archived answers", self._prune)

    def _prune(self, connector: Connector) -> None:
        app, days = self._app, self._app.settings.archive_days
        count = prune(app.archive, app.runs, connector, days, app.clock.now())
        if count:
            _LOG.info(
                "%d archived answers of %r were older than %s days", count, connector.name, days
            )

    def _mend_schedule(self, connector: Connector) -> None:
        """Correct a due time far in the future, which a clock that was ahead has set.

        If that sync was already ordered, this clock is behind instead: another machine's clock is
        ahead of it, or it was set back a little.
        """
        expected = next_due(connector.schedule, self._app.clock.now())
        if (
            connector.state != "active"
            or expected is None
            or not _beyond(connector.next_due, expected)
        ):
            return
        following = next_due(connector.schedule, expected)
        if following is not None and self._app.due_work.has_scheduled_run(
            connector.id, expected, following
        ):
            expected = following
        if _beyond(connector.next_due, expected):
            self._app.connectors.change(connector.id, {"next_due": expected})


def _beyond(due: datetime | None, expected: datetime) -> bool:
    """Whether the due time is missing, or later than a change of daylight saving can explain."""
    return due is None or due > expected + timedelta(hours=2)
