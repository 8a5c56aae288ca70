"""The parts of the product that an attempt may touch, taken from the application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tiktok_organic.actions.connectors.renew_tokens import token_keeper
from tiktok_organic.actions.runs.attempt_fetch import FetchingParts
from tiktok_organic.actions.runs.attempt_load import LoadingParts
from tiktok_organic.actions.runs.record_outcome import Records
from tiktok_organic.app import App
from tiktok_organic.clock import Clock
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.runs.metric_counters import Counters

__all__ = ["AttemptParts", "attempt_parts", "records_of"]


@dataclass(frozen=True)
class AttemptParts:
    """What `perform` may touch: `records` for all its steps, and the parts of each step."""

    clock: Clock
    cipher: Cipher
    counters: Counters
    records: Records
    fetching: FetchingParts
    loading: LoadingParts


def attempt_parts(app: App) -> AttemptParts:
    """Return the parts for one attempt. Raises WrongKey without the store's key."""
    return AttemptParts(
        app.clock,
        app.cipher,
        app.counters,
        records_of(app),
        FetchingParts(
            app.clock,
            app.archive,
            app.limits,
            app.video_lists,
            app.transport,
            partial(token_keeper, app),
        ),
        LoadingParts(app.clock, app.archive, app.database, app.runs, app.days, app.warehouse),
    )


def records_of(app: App) -> Records:
    """Return where the outcome of an attempt is recorded."""
    return Records(app.database, app.connectors, app.runs, app.days, app.chart_data, app.archive)
