"""The engine of this installation, with the product's actions as its callbacks."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from tiktok_organic.actions.operation.housekeeping import Housekeeping
from tiktok_organic.actions.runs.attempt_by_engine import attempt
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.advice_text import Advise
from tiktok_organic.app import App
from tiktok_organic.engine.engine import AT_ONCE, Engine
from tiktok_organic.errors import AlreadyRunning, NotFound, ReconnectNeeded

if TYPE_CHECKING:
    from tiktok_organic.store.runs.due_work import DueConnector

__all__ = ["ProductCallbacks", "make_engine"]

_LOG = logging.getLogger(__name__)
# Seconds after which Python switches threads (its default is 5 ms). A request must be sent at its
# reserved time, not after eight syncs used 5 ms each: TikTok counts requests when they arrive.
_SWITCH_INTERVAL = 0.0005


def make_engine(app: App, advise: Advise, *, at_once: int = AT_ONCE) -> Engine:
    """Return the engine that fits the store; every order of this process is announced to it.

    `advise`: the advice in notifications and the log, in the words of the terminal or the page.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL)
    app.share()
    callbacks = ProductCallbacks(app, advise)
    if app.database.path is not None:
        from tiktok_organic.engine.local_engine import LocalEngine

        app.engine = LocalEngine(callbacks, app.due_work, app.locks, app.clock, at_once=at_once)
    else:
        from tiktok_organic.engine.procrastinate_engine import ProcrastinateEngine

        app.engine = ProcrastinateEngine(
            callbacks, app.due_work, app.locks, app.database, app.clock, at_once=at_once
        )
    return app.engine


class ProductCallbacks:
    """The callbacks of the engine."""

    def __init__(self, app: App, advise: Advise) -> None:
        self._app = app
        self._advise = advise
        self._housekeeping = Housekeeping(app, advise)
        self._complained: dict[str, str] = {}

    def attempt(self, run_id: str, engine: Engine) -> bool:
        return attempt(self._app, run_id, engine, self._advise)

    def housekeeping(self) -> None:
        self._housekeeping.once()

    def order_due(self, most: int) -> int:
        """Order one sync for each due connector, however many of its due times were missed.

        A connector that cannot be ordered is logged and skipped; it does not stop the others.
        """
        count = 0
        for due in self._app.due_work.due(self._app.clock.now(), most + len(self._complained)):
            if count >= most:
                break
            try:
                self._order(due)
            except (AlreadyRunning, ReconnectNeeded, NotFound):
                continue  # another process was faster
            except Exception as error:  # noqa: BLE001 - one connector ends no loop over all of them
                self._complain(due.connector_id, error)
                continue
            self._complained.pop(due.connector_id, None)
            count += 1
        return count

    def _order(self, due: DueConnector) -> None:
        connector = self._app.connectors.get(due.connector_id)
        run = order_run(
            self._app, connector, window=None, requested_by="schedule", scheduled_for=due.due
        )
        late = self._app.clock.now() - due.due
        _LOG.info(
            "run %s: ordered for %r, due at %s",
            run.id,
            connector.name,
            f"{due.due:%Y-%m-%d %H:%M} UTC",
            extra={
                "run": run.id,
                "connector": connector.id,
                "late_seconds": int(late.total_seconds()),
            },
        )

    def _complain(self, connector_id: str, error: Exception) -> None:
        """Log once why a connector cannot be ordered, not at every tick."""
        if self._complained.get(connector_id) != str(error):
            self._complained[connector_id] = str(error)
            _LOG.error(
                "the connector %s is due and cannot be synced: %s",
                connector_id,
                error,
                extra={"connector": connector_id},
            )
