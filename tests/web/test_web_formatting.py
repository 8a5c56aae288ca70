"""The words of the page that are decided by pure functions: states, sentences, hours, problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tiktok_organic.actions.data.chart_series import DayFigures, total
from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.errors import (
    BadValue,
    DestinationBusy,
    ReconnectNeeded,
    TikTokOrganicError,
    Unreadable,
)
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.web.charts.audience_charts import active_hours, audience
from tiktok_organic.web.connectors.connector_list import Line
from tiktok_organic.web.connectors.connector_status import Status, connector_status
from tiktok_organic.web.errors.problems import problem, stored_problem
from tiktok_organic.web.texts.formatting import Words, sentence

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
CONNECTOR = Connector(
    id="c-1", name="Café Ünal", account_id="a", username="cafe.unal", former_usernames=(),
    display_name="Café", avatar="", dataset="tiktokorganic_cafe", destination="duckdb:///x",
    reports=("profile",), schedule=Schedule(), lookback=5, state="active", state_reason="",
    scopes=(), api_url="", created_at=NOW - timedelta(days=90), first_asked=None, next_due=None,
    consent_ends=NOW + timedelta(days=200),
)  # fmt: skip


def run(status: str, age: timedelta = timedelta(hours=1), repeat: datetime | None = None) -> Any:
    return SimpleNamespace(
        status=RunStatus(status),
        sync_date=NOW - age,
        finished_at=NOW - age,
        unfinished=status == RunStatus.RUNNING,
        next_attempt_at=repeat,
    )


@pytest.mark.parametrize(
    ("every", "days", "label"),
    [("daily", 1, "Up to date"), ("daily", 3, "Stale: 3 days"), ("weekly", 8, "Up to date"),
     ("weekly", 10, "Stale: 10 days"), ("off", 6, "Up to date"), ("off", 20, "Stale: 20 days")],
)  # fmt: skip
def test_up_to_date_is_said_by_the_age_of_the_last_good_sync(
    every: Any, days: int, label: str
) -> None:
    good = run("succeeded", timedelta(days=days))
    connector = replace(CONNECTOR, schedule=Schedule(every=every))
    assert connector_status(connector, good, good, NOW).label == label


def test_the_list_ranks_what_needs_a_person() -> None:
    good, old = run("succeeded"), run("succeeded", timedelta(days=20))
    soon = replace(CONNECTOR, consent_ends=NOW + timedelta(days=5))
    lost = replace(CONNECTOR, state="reconnect_needed")
    ranked = [
        connector_status(lost, run("failed"), good, NOW),
        connector_status(CONNECTOR, run("failed"), good, NOW),
        connector_status(CONNECTOR, old, old, NOW),
        connector_status(soon, good, good, NOW),
        connector_status(CONNECTOR, run("partial"), good, NOW),
        connector_status(CONNECTOR, run("running"), good, NOW),
        connector_status(replace(CONNECTOR, state="paused"), good, good, NOW),
        connector_status(CONNECTOR, good, good, NOW),
    ]
    urgencies = [one.urgency for one in ranked]
    assert urgencies == sorted(urgencies, reverse=True)
    assert len(set(urgencies)) == len(urgencies)
    assert ranked[5].shown is Status.SYNCING


def test_a_connector_that_never_synced_is_not_up_to_date() -> None:
    assert connector_status(CONNECTOR, None, None, NOW).label == "Not synced yet"


@pytest.mark.parametrize("wanted", ["cafe", "CAFÉ", "unal", "@cafe.unal", "stale", "Stale: 20", ""])
def test_the_search_finds_what_is_shown(wanted: str) -> None:
    old = run("succeeded", timedelta(days=20))
    status = connector_status(CONNECTOR, old, old, NOW)
    assert Line(CONNECTOR, status, old, old, [], None).matches(wanted)
    assert not Line(CONNECTOR, status, old, old, [], None).matches("bakery")


def test_a_repeat_that_is_due_is_the_next_sync() -> None:
    failed = run("failed", repeat=NOW + timedelta(minutes=1))
    connector = replace(CONNECTOR, next_due=NOW + timedelta(hours=13))
    line = Line(connector, connector_status(connector, failed, None, NOW), failed, None, [], None)
    assert line.next_at == NOW + timedelta(minutes=1)
    assert line.is_repeat


@pytest.mark.parametrize(
    ("text", "said"),
    [("mia@example.com is the only owner", "mia@example.com is the only owner."),
     ("tiktok_organic.db is locked", "tiktok_organic.db is locked."),
     ("the name is taken", "The name is taken."), ("why?", "Why?"), ("", "")],
)  # fmt: skip
def test_a_sentence_leaves_addresses_and_names_as_they_are(text: str, said: str) -> None:
    assert sentence(text) == said


def test_ages_are_ordered_by_age_and_other_parts_by_size() -> None:
    ages = (("35-44", 0.3), ("18-24", 0.1), ("55+", 0.2), ("25-34", 0.4))
    found = dict(audience({"audience_ages": ages, "audience_genders": (("a", 0.2), ("b", 0.8))}))
    assert [label for label, _ in found["Age"]] == ["18-24", "25-34", "35-44", "55+"]
    assert [label for label, _ in found["Gender"]] == ["b", "a"]


def test_active_hours_are_those_of_the_viewer_by_day_and_by_weekday() -> None:
    friday = date(2026, 3, 13)
    busy = tuple((hour, 100.0 if 16 <= hour < 19 else 1.0) for hour in range(24))
    found = active_hours([DayFigures(friday, {}, busy)], "America/New_York")
    assert found is not None
    assert found.best == "12:00–15:00"
    assert ("Friday", "12:00–15:00", 100.0) in found.weekdays
    assert dict(found.hours)[12] == 100.0
    assert active_hours([DayFigures(friday, {}, ())], "UTC") is None


def test_a_total_covers_calendar_days_and_says_which() -> None:
    days = [DayFigures(date(2026, 1, 1) + timedelta(days=n), {"likes": 1}) for n in range(60)]
    found = total(days[:20] + days[30:], "likes", 28)
    assert found is not None
    assert (found.start, found.end, found.value) == (date(2026, 2, 2), date(2026, 3, 1), 28)
    assert found.before is None


TERMINAL = [
    ReconnectNeeded("TikTok answered 40107: x"),
    Unreadable('HTTP 200 with 23273 bytes that are not an answer of the API, beginning \'{"code"'),
    DestinationBusy("the server cannot be reached"),
    BadValue("reports", "at least one report must be selected", example="profile,x"),
    TikTokOrganicError("odd"),
]


@pytest.mark.parametrize("error", TERMINAL, ids=lambda error: error.code)
def test_no_problem_on_a_page_speaks_of_a_terminal_or_of_bytes(error: TikTokOrganicError) -> None:
    told_again = [] if isinstance(error, BadValue) else [stored_problem(error.document(), {})]
    for told in (problem(error), *told_again):
        assert told is not None
        for text in (told.message, told.advice):
            assert "`" not in text
            assert "tiktok-organic" not in text
            assert "bytes" not in text
            assert "40107" not in text
            assert "profile,x" not in text
    assert problem(TERMINAL[0]).details == "TikTok answered 40107: x"
    assert problem(TERMINAL[3]).field == "report"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(180, "in 3 hours"), (0, "just now"), (-4, "4 minutes ago"), (-10, "overdue for 10 minutes"),
     (-7 * 1440, "overdue for 7 days")],
)  # fmt: skip
def test_a_time_for_the_next_sync_that_has_passed_is_called_overdue(
    minutes: int, said: str
) -> None:
    words = Words("UTC", "en", NOW)
    assert f">{said}<" in str(words.due(NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("language", "share", "change"),
    [("en", "5.2%", "+50%"), ("en-GB", "5.2%", "+50%"), ("de", "5.2\u202f%", "+50\u202f%")],
)
def test_a_share_is_written_as_the_language_of_the_browser_writes_it(
    language: str, share: str, change: str
) -> None:
    words = Words("UTC", language, NOW)
    assert (words.percent(0.052), words.change(3, 2)) == (share, change)
    assert [words.number(value, sign=True) for value in (0, 3, -3)] == ["0", "+3", "\u22123"]
