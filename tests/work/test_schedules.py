"""Due moments, when the clock that they are read from is behind, ahead, or set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from work_office import Office
from work_store import NOW, MovedClock

from tiktok_organic.actions.operation.engine_setup import ProductCallbacks
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings

DAY = timedelta(days=1)
PERIODS = pytest.mark.parametrize(("every", "period"), [("daily", DAY), ("weekly", 7 * DAY)])


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def app(office: Office, clock: MovedClock) -> Iterator[App]:
    """The office, at the time of `clock`."""
    one = App(Settings.read(office.variables), clock=clock)
    yield one
    one.close()


@pytest.fixture
def alice(office: Office) -> Connector:
    """Due at three, on Wednesdays when it is weekly: at NOW."""
    connector = office.connect("alice")
    office.app.connectors.change(connector.id, {"next_due": NOW, "weekday": "wednesday"})
    return office.app.connectors.get(connector.id)


def due(app: App, connector: Connector) -> datetime:
    moment = app.connectors.get(connector.id).next_due
    assert moment is not None
    return moment


def looks(app: App) -> int:
    """One look of the engine and of its housekeeping; how many syncs were ordered.

    They are over at once.
    """
    count = ProductCallbacks(app, advice_for).order_due(5)
    for run in app.runs.newest():
        app.runs.change(run.id, {"status": "succeeded"})
    ProductCallbacks(app, advice_for).housekeeping()
    return count + ProductCallbacks(app, advice_for).order_due(5)


@PERIODS
@pytest.mark.parametrize("back", [timedelta(seconds=75), timedelta(hours=5), timedelta(hours=23)])
def test_a_clock_that_is_behind_or_steps_back_orders_no_sync_twice(
    app: App, alice: Connector, clock: MovedClock, every: str, period: timedelta, back: timedelta
) -> None:
    app.connectors.change(alice.id, {"schedule": every})
    clock.moment = NOW + timedelta(seconds=1)
    assert looks(app) == 1
    clock.moment -= back
    assert looks(app) == 0
    clock.moment = NOW + timedelta(minutes=1)
    assert looks(app) == 0
    assert due(app, alice) == NOW + period
    clock.moment = NOW + period
    assert looks(app) == 1


@PERIODS
def test_a_clock_that_ran_far_ahead_and_was_set_back_skips_no_sync(
    app: App, alice: Connector, clock: MovedClock, every: str, period: timedelta
) -> None:
    app.connectors.change(alice.id, {"schedule": every})
    clock.moment = NOW + 400 * DAY
    assert looks(app) == 1
    clock.moment = NOW - DAY
    looks(app)
    assert due(app, alice) == NOW
    clock.moment = NOW
    assert looks(app) == 1
    assert due(app, alice) == NOW + period


@PERIODS
def test_a_due_moment_that_was_set_while_the_clock_ran_ahead_is_set_anew(
    app: App, alice: Connector, clock: MovedClock, every: str, period: timedelta
) -> None:
    app.connectors.change(alice.id, {"schedule": every, "next_due": NOW + period})
    clock.moment = NOW - timedelta(hours=1)
    looks(app)
    assert due(app, alice) == NOW


def test_a_connector_without_a_due_moment_is_not_given_one_that_was_served(
    app: App, alice: Connector, clock: MovedClock
) -> None:
    clock.moment = NOW + timedelta(seconds=1)
    assert looks(app) == 1
    app.connectors.change(alice.id, {"next_due": None})
    clock.moment = NOW - timedelta(minutes=1)
    looks(app)
    assert due(app, alice) == NOW + DAY
