"""When alerts are sent, and that they are sent once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from work_office import Office

from tiktok_organic.actions.connectors.pause_resume_remove import pause
from tiktok_organic.actions.notifications.alerts import Standing, alerts_about
from tiktok_organic.actions.notifications.send_alerts import send_alerts
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TryAgain
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.simulator import Simulator
from tiktok_organic.sync.run_status import ReportResult, cause
from tiktok_organic.sync.window import Window

NOW = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REVOKED: dict[str, Any] = {
    "video_snapshot_metric": {
        "status": "failed",
        "error": {"code": "not_permitted", "message": "m"},
    },
    "profile": {
        "status": "failed",
        "error": {"code": "reconnect_needed", "message": "gone"},
    },
}
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
    return [event.key for event in alerts_about(standing, now)]


def ends(office: Office, connector: Connector, status: str, **values: object) -> None:
    """A run of the connector that ended so, for good."""
    run = order_run(office.app, office.app.connectors.get(connector.id), window=None)
    error = None if status == "succeeded" else {"code": "defect", "message": "it broke"}
    ended = {"status": status, "finished_at": office.app.clock.now(), "error": error}
    office.app.runs.change(run.id, {**ended, **values})


def test_nothing_is_told_of_a_connector_that_is_well() -> None:
    assert keys(WELL) == []


@pytest.mark.parametrize(
    ("left", "told"),
    [(30.5, ""), (30, ":30"), (15, ":30"), (14, ":14"), (3.5, ":14"), (3, ":3"), (0.1, ":3")],
)
def test_the_end_of_a_consent_is_told_at_30_14_and_3_days(left: float, told: str) -> None:
    found = keys(replace(WELL, consent_ends=NOW + timedelta(days=left)))
    assert [key[len("consent:2026-03-11") :] for key in found] == ([told] if told else [])


def test_days_are_told_of_before_they_are_lost() -> None:
    assert keys(replace(WELL, missing=[("2026-01-20", 11)])) == []
    assert keys(replace(WELL, missing=[("2026-01-20", 10)])) == ["days"]


def test_a_revoked_consent_is_one_event_and_not_a_failed_sync_as_well() -> None:
    assert keys(replace(WELL, state="reconnect_needed", failed="r1", succeeded=False)) == [
        "reconnect"
    ]


def test_a_sync_that_failed_for_good_is_told_once(office: Office, bakery: Connector) -> None:
    letters = Letters()
    ends(office, bakery, "failed")
    send_alerts(office.app, letters.send, advice_for)
    send_alerts(office.app, letters.send, advice_for)
    ((title, body),) = letters.sent
    assert "a connector needs attention" in title
    assert bakery.name in body
    assert "it broke" in body


def test_nothing_is_told_while_it_is_tried_again(office: Office, bakery: Connector) -> None:
    letters = Letters()
    ends(office, bakery, "failed", next_attempt_at=office.app.clock.now() + timedelta(minutes=5))
    send_alerts(office.app, letters.send, advice_for)
    assert letters.sent == []


def test_the_end_of_trouble_is_told_and_its_return_is_news(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    for status in ("failed", "succeeded", "failed"):
        ends(office, bakery, status)
        send_alerts(office.app, letters.send, advice_for)
    assert len(letters.sent) == 3
    assert "recovered" in letters.sent[1][0]


def test_what_could_not_be_delivered_is_told_the_next_time(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    ends(office, bakery, "failed")
    letters.fails = True
    with pytest.raises(TryAgain):
        send_alerts(office.app, letters.send, advice_for)
    letters.fails = False
    send_alerts(office.app, letters.send, advice_for)
    assert len(letters.sent) == 1


def test_a_failure_is_told_once_and_the_next_one_a_day_later(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    ends(office, bakery, "failed")
    send_alerts(office.app, letters.send, advice_for)
    ((key, said),) = [
        (key, said)
        for (holder, key), said in office.app.notices.last_sent().items()
        if holder == bakery.id
    ]
    office.app.notices.mark_sent(bakery.id, key, said - timedelta(days=1))
    send_alerts(office.app, letters.send, advice_for)
    assert len(letters.sent) == 1, "an old failure is no news, however long it lasts"
    ends(office, bakery, "failed")
    send_alerts(office.app, letters.send, advice_for)
    assert len(letters.sent) == 2
    ends(office, bakery, "failed")
    send_alerts(office.app, letters.send, advice_for)
    assert len(letters.sent) == 2, "nor is every failure of one day"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "before the next one is due"),
        (
            {"scheduled": False},
            "none is scheduled: correct the cause and sync again (`tiktok-organic sync c-1`)",
        ),
        ({"state": "paused"}, "while the connector is paused"),
    ],
)
def test_a_failed_sync_is_told_with_what_comes_next(change: dict[str, Any], said: str) -> None:
    (event,) = alerts_about(replace(WELL, succeeded=False, failed="r1", **change), NOW)
    assert said in event.text


def test_a_second_revocation_is_news_however_the_syncs_between_ended(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    for state in ("reconnect_needed", "active", "reconnect_needed"):
        office.app.connectors.change(bakery.id, {"state": "active"})
        ends(office, bakery, "partial", results=REVOKED if state != "active" else {})
        office.app.connectors.change(bakery.id, {"state": state})
        send_alerts(office.app, letters.send, advice_for)
    assert ["reconnect needed" in body for _, body in letters.sent] == [True, False, True]
    assert f"{bakery.name}: reconnected." in letters.sent[1][1]


def test_the_revocation_that_ended_a_run_is_no_failure_once_the_account_is_reconnected(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    ends(office, bakery, "partial", results=REVOKED, error=None)
    send_alerts(office.app, letters.send, advice_for)
    assert letters.sent == []


def test_a_revoked_run_is_told_as_such_though_a_permission_was_withheld_as_well() -> None:
    found = cause(None, map(ReportResult.from_document, REVOKED.values()))
    assert found is not None
    assert found["code"] == "reconnect_needed"
    assert (
        cause({"code": "defect"}, map(ReportResult.from_document, REVOKED.values()))
        == REVOKED["profile"]["error"]
    )
    assert cause(None, []) is None


@pytest.mark.parametrize("since", ["running", "paused", "failed"])
def test_days_that_a_sync_asked_for_in_vain_are_not_about_to_be_lost(
    office: Office, bakery: Connector, since: str
) -> None:
    """The account is younger than they are."""
    letters = Letters()
    today = office.app.clock.now().date()
    office.app.connectors.change(bakery.id, {"first_asked": today - timedelta(days=58)})
    ends(office, bakery, "succeeded", results={DAILY_REPORT: {"status": "succeeded", "rows": 3}})
    if since == "paused":
        pause(office.app.connectors, bakery)
    else:
        run = order_run(
            office.app,
            office.app.connectors.get(bakery.id),
            window=Window(today - 2 * DAY, today - DAY),
        )
        status = {
            "status": since,
            "next_attempt_at": office.app.clock.now() if since == "failed" else None,
        }
        office.app.runs.change(run.id, status)
    send_alerts(office.app, letters.send, advice_for)
    assert letters.sent == []


def test_days_after_those_that_the_last_sync_asked_for_are_told_of_before_they_are_lost(
    office: Office, bakery: Connector
) -> None:
    letters = Letters()
    today = office.app.clock.now().date()
    office.app.connectors.change(bakery.id, {"first_asked": today - timedelta(days=58)})
    done = {DAILY_REPORT: {"status": "succeeded", "rows": 3}}
    ends(office, bakery, "succeeded", results=done, window_end=today - timedelta(days=55))
    pause(office.app.connectors, bakery)
    send_alerts(office.app, letters.send, advice_for)
    ((_, body),) = letters.sent
    assert (
        f"5 days are about to be lost permanently, the first ({today - timedelta(days=54)})" in body
    )


def test_many_connectors_are_one_message(office: Office, tmp_path: Path) -> None:
    letters = Letters()
    for number in range(30):
        ends(office, office.connect(f"shop{number}{tmp_path.name}"), "failed")
    send_alerts(office.app, letters.send, advice_for)
    ((title, body),) = letters.sent
    assert "30 connectors" in title
    assert "10 more" in body
    assert not any(secret in body for secret in ("access_token", "refresh_token"))
