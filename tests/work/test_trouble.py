"""When people are told, and that they are told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from work_office import Office

from tiktok_organic.actions.notify import tell
from tiktok_organic.actions.order import order
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TryAgain
from tiktok_organic.simulator import Simulator
from tiktok_organic.work.trouble import Standing, events

NOW = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)
WELL = Standing("c-1", "Bakery", "active", NOW + timedelta(days=200), succeeded=True)


class Letters:
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails = False

    def send(self, title: str, body: str) -> None:
        if self.fails:
            raise TryAgain("no network")
        self.sent.append((title, body))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def bakery(office: Office, tmp_path: Path) -> Connector:
    return office.connect(f"bakery{tmp_path.name}")


def keys(standing: Standing, now: datetime = NOW) -> list[str]:
    return [event.key for event in events(standing, now)]


def ends(office: Office, connector: Connector, status: str, **values: object) -> None:
    """A run of the connector that ended so, for good."""
    run = order(office.app, connector, window=None)
    error = None if status == "succeeded" else {"code": "defect", "message": "it broke", "advice": "Report it."}
    ended = {"status": status, "finished_at": office.app.clock.now(), "error": error}
    office.app.runs.change(run.id, {**ended, **values})


def test_nothing_is_told_of_a_connector_that_is_well() -> None:
    assert keys(WELL) == []


@pytest.mark.parametrize(
    ("left", "told"), [(30.5, ""), (30, ":30"), (15, ":30"), (14, ":14"), (3.5, ":14"), (3, ":3"), (0.1, ":3")]
)
def test_the_end_of_a_consent_is_told_at_30_14_and_3_days(left: float, told: str) -> None:
    found = keys(replace(WELL, consent_ends=NOW + timedelta(days=left)))
    assert [key[len("consent:2026-03-11") :] for key in found] == ([told] if told else [])


def test_days_are_told_of_before_they_are_lost() -> None:
    assert keys(replace(WELL, missing=[("2026-01-20", 11)])) == []
    assert keys(replace(WELL, missing=[("2026-01-20", 10)])) == ["days"]


def test_a_revoked_consent_is_one_event_and_not_a_failed_sync_as_well() -> None:
    assert keys(replace(WELL, state="reconnect_needed", failed=True, succeeded=False)) == ["reconnect"]


def test_a_sync_that_failed_for_good_is_told_once(office: Office, bakery: Connector) -> None:
    letters = Letters()
    ends(office, bakery, "failed")
    tell(office.app, letters)
    tell(office.app, letters)
    ((title, body),) = letters.sent
    assert "a connector needs attention" in title
    assert bakery.name in body
    assert "it broke" in body


def test_nothing_is_told_while_it_is_tried_again(office: Office, bakery: Connector) -> None:
    letters = Letters()
    ends(office, bakery, "failed", next_attempt_at=office.app.clock.now() + timedelta(minutes=5))
    tell(office.app, letters)
    assert letters.sent == []


def test_the_end_of_trouble_is_told_and_its_return_is_news(office: Office, bakery: Connector) -> None:
    letters = Letters()
    for status in ("failed", "succeeded", "failed"):
        ends(office, bakery, status)
        tell(office.app, letters)
    assert len(letters.sent) == 3
    assert "recovered" in letters.sent[1][0]


def test_what_could_not_be_delivered_is_told_the_next_time(office: Office, bakery: Connector) -> None:
    letters = Letters()
    ends(office, bakery, "failed")
    letters.fails = True
    with pytest.raises(TryAgain):
        tell(office.app, letters)
    letters.fails = False
    tell(office.app, letters)
    assert len(letters.sent) == 1


def test_many_connectors_are_one_message(office: Office, tmp_path: Path) -> None:
    letters = Letters()
    for number in range(30):
        ends(office, office.connect(f"shop{number}{tmp_path.name}"), "failed")
    tell(office.app, letters)
    ((title, body),) = letters.sent
    assert "30 connectors" in title
    assert "10 more" in body
    assert not any(secret in body for secret in ("access_token", "refresh_token"))
