"""The parts of the product that an attempt may touch, taken from the application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tiktok_organic.actions.connectors.renew_tokens import token_keeper
from tiktok_organic.actions.runs.attempt_fetch import FetchDependencies
from tiktok_organic.actions.runs.attempt_load import LoadDependencies
from tiktok_organic.actions.runs.record_outcome import Records
from tiktok_organic.app import App
from tiktok_organic.clock import Clock
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.runs.metric_counters import Counters

__all__ = ["AttemptDependencies", "attempt_dependencies", "records_of"]


@dataclass(frozen=True)
class AttemptDependencies:
    """What `perform` may touch: `records` for all its steps, and the parts of each step."""

    clock: Clock
    cipher: Cipher
    counters: Counters
    records: Records
    fetching: FetchDependencies
    loading: LoadDependencies


def attempt_dependencies(app: App) -> AttemptDependencies:
    """Return the parts for one attempt. Raises WrongKey without the store's key."""
    return AttemptDependencies(
        app.clock,
        app.cipher,
        app.counters,
        records_of(app),
        FetchDependencies(
            app.clock,
            app.archive,
            app.limits,
            app.video_lists,
            app.transport,
            partial(token_keeper, app),
        ),
        LoadDependencies(app.clock, app.archive, app.database, app.runs, app.days, app.warehouse),
    )


def records_of(app: App) -> Records:
    """Return where the outcome of an attempt is recorded."""
    return Records(app.database, app.connectors, app.runs, app.days, app.chart_data, app.archive)
