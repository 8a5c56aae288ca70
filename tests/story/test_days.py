"""Which days a sync asks for, when a day is final, and what happens to days that were missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator
from tiktok_organic.simulator.accounts.days import LAST_STAGE, day_values

DATASET = "tiktokorganic_demo_bakery"
DAILY = ("--reports", "profile_daily_metric")


def days_of(document: dict[str, Any]) -> dict[str, str]:
    return {day["date"]: day["status"] for day in document["days"]}


@pytest.fixture
def coverage(alice: Alice) -> Callable[[str], dict[str, str]]:
    """How every day stands."""
    return lambda connector: days_of(alice.types("coverage", connector, "--json").document)


@pytest.fixture
def loaded(alice: Alice) -> Callable[[], list[date]]:
    """The days that have a row."""
    return lambda: [
        day
        for (day,) in alice.asks(f"SELECT date FROM {DATASET}.profile_daily_metric ORDER BY date")
    ]


@pytest.fixture
def asked(simulator: Simulator) -> Callable[[], list[tuple[str, str]]]:
    """The first and last day of each request, then forget them."""

    def windows() -> list[tuple[str, str]]:
        queries = [entry.query for entry in simulator.world.journal.entries("/business/get/")]
        simulator.world.journal.clear()
        return [
            (query["start_date"], query["end_date"])
            for query in queries
            if "likes" in query["fields"]
        ]

    return windows


def sync_daily(alice: Alice, time: StoryTime, connector: str, days: int) -> dict[str, Any]:
    """So many syncs, a day apart."""
    for _ in range(days):
        time.passes(days=1)
        run = alice.syncs(connector)
        assert run["status"] == "succeeded", run
    return run


def test_the_first_sync_asks_for_five_complete_days(
    alice: Alice, asked: Callable[[], list[tuple[str, str]]], loaded: Callable[[], list[date]]
) -> None:
    alice.connects("--sync", *DAILY)
    assert asked() == [("2026-03-06", "2026-03-10")]
    assert loaded() == [date(2026, 3, day) for day in (6, 7, 8, 9)]  # yesterday is not there yet


def test_the_lookback_is_a_setting(
    alice: Alice, asked: Callable[[], list[tuple[str, str]]]
) -> None:
    connector = alice.connects(*DAILY)["id"]
    alice.types("edit", connector, "--lookback", "1")
    alice.syncs(connector)
    assert asked() == [("2026-03-10", "2026-03-10")]


def test_in_the_long_run_five_days_are_asked_for(
    alice: Alice, time: StoryTime, asked: Callable[[], list[tuple[str, str]]]
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    sync_daily(alice, time, connector, 9)
    assert asked()[-1] == (str(time.day(5)), str(time.day(1)))


def test_an_outage_of_three_weeks_heals_itself(
    alice: Alice,
    time: StoryTime,
    asked: Callable[[], list[tuple[str, str]]],
    loaded: Callable[[], list[date]],
    coverage: Callable[[str], dict[str, str]],
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    sync_daily(alice, time, connector, 7)
    time.passes(days=21)
    alice.syncs(connector)
    asked()
    assert loaded() == [date(2026, 3, 6) + timedelta(days=n) for n in range(len(loaded()))]
    assert loaded()[-1] == time.day(2)
    sync_daily(alice, time, connector, 1)
    assert set(coverage(connector).values()) == {"final", "provisional", "missing"}
    assert [day for day, status in coverage(connector).items() if status == "missing"] == [
        str(time.day(1))
    ]


def test_a_weekly_schedule_loses_no_correction(
    alice: Alice, simulator: Simulator, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    simulator.world.settings.update(correction_hours=96.0)
    connector = alice.connects("--schedule", "weekly", "--sync", *DAILY)["id"]
    for _ in range(6):
        time.passes(days=7)
        alice.syncs(connector)
    for day, likes in alice.asks(
        f"SELECT date, likes FROM {DATASET}.profile_daily_metric WHERE date < ?", time.day(7)
    ):
        truth = day_values(simulator.world.account(), day, LAST_STAGE, simulator.world.settings)
        assert likes == truth["likes"], day


def test_an_outage_beyond_sixty_days_loses_what_is_beyond_and_says_so(
    alice: Alice,
    time: StoryTime,
    asked: Callable[[], list[tuple[str, str]]],
    coverage: Callable[[str], dict[str, str]],
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    last = alice.syncs(connector)["window"]["to"]
    time.passes(days=75)
    asked()
    run = alice.syncs(connector)
    assert asked() == [(str(time.day(60)), str(time.day(1)))]
    lost = [str(date.fromisoformat(last) + timedelta(days=n)) for n in range(30)]
    assert run["lost_days"] == [day for day in lost if day < str(time.day(60))]
    stands = coverage(connector)
    assert [day for day, status in stands.items() if status == "lost"] == run["lost_days"]
    assert stands[str(time.day(60))] == "provisional"


def test_a_day_is_told_lost_once(alice: Alice, time: StoryTime) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    time.passes(days=75)
    assert alice.syncs(connector)["lost_days"]
    time.passes(hours=1)
    assert alice.syncs(connector)["lost_days"] == []


def test_a_refused_oldest_day_is_tried_once_more_one_day_shorter(
    alice: Alice, simulator: Simulator, asked: Callable[[], list[tuple[str, str]]], time: StoryTime
) -> None:
    connector = alice.connects(*DAILY)["id"]
    simulator.world.faults.add("refused_oldest_day", days=60)
    run = alice.recovers(connector)
    assert run["status"] == "succeeded"
    assert asked() == [(str(time.day(60)), str(time.day(1))), (str(time.day(59)), str(time.day(1)))]
    assert run["lost_days"] == [str(time.day(60))]
    assert run["refused_fields"] == []


def test_a_reach_of_58_days_costs_two_days_once(
    alice: Alice,
    simulator: Simulator,
    asked: Callable[[], list[tuple[str, str]]],
    time: StoryTime,
    coverage: Callable[[str], dict[str, str]],
) -> None:
    connector = alice.connects(*DAILY)["id"]
    simulator.world.faults.add("refused_oldest_day", days=59)
    run = alice.recovers(connector)
    assert (run["status"], run["lost_days"]) == (
        "succeeded",
        [str(time.day(60)), str(time.day(59))],
    )
    asked()
    for _ in range(5):
        time.passes(days=1)
        run = alice.syncs(connector)
        assert (run["status"], run["lost_days"]) == ("succeeded", [])
    assert set(coverage(connector).values()) == {"final", "provisional", "missing", "lost"}
    assert (
        len(asked()) <= 8
    )  # refused again until the days of then are final, and not asked for any more


def test_a_field_refused_without_a_name_costs_no_day(
    alice: Alice, simulator: Simulator, time: StoryTime, loaded: Callable[[], list[date]]
) -> None:
    """Whether the oldest day or a field was refused turns out afterwards: then the day is asked for
    again.
    """
    connector = alice.connects(*DAILY)["id"]
    simulator.world.faults.add(
        "refused_field", "/business/get/", field="bio_link_clicks", names_field=False
    )
    run = alice.recovers(connector)
    assert run["status"] == "succeeded"
    assert run["refused_fields"] == ["account.bio_link_clicks"]
    assert loaded()[0] == time.day(60)
    assert run["lost_days"] == []


def test_a_day_is_final_when_two_mature_reads_on_different_days_agree(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]  # on the 11th, 15:00
    day = "2026-03-09"  # over on the 10th at 0:00, mature from the 12th on
    for hours, status in (
        (0, "provisional"),
        (24, "provisional"),
        (6, "provisional"),
        (24, "provisional"),
    ):
        time.passes(hours=hours)
        alice.syncs(connector)
        assert coverage(connector)[day] == status, time.now()
    # Now the 13th, 21:00: values settle until 84 hours after the day's end, on the 13th at 12:00.
    time.passes(hours=2)
    alice.syncs(connector)
    assert coverage(connector)[day] == "provisional"  # twice on the same day
    time.passes(hours=2)
    alice.syncs(connector)
    assert coverage(connector)[day] == "final"


def test_a_day_that_is_not_mature_is_never_final(
    alice: Alice, simulator: Simulator, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    simulator.world.settings.update(publication_hours=0.0, correction_hours=0.0)
    connector = alice.connects("--sync", *DAILY)["id"]
    day = str(time.day(1))
    for _ in range(2):  # until the 12th, 23:00: 47 hours after its end
        time.passes(hours=16)
        alice.syncs(connector)
    assert coverage(connector)[day] == "provisional"
    time.passes(hours=2)  # the 13th at 1:00
    alice.syncs(connector)
    assert coverage(connector)[day] == "provisional"
    time.passes(hours=24)
    alice.syncs(connector)
    assert coverage(connector)[day] == "final"


def test_a_recovered_window_begins_the_coverage(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    connector = alice.connects(*DAILY)["id"]
    assert list(coverage(connector)) == []
    alice.recovers(connector, "--days", "30")
    days = coverage(connector)
    assert (min(days), max(days), len(days)) == (str(time.day(30)), str(time.day(1)), 30)


def test_a_recovery_of_a_few_days_does_not_call_the_others_lost(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    before = coverage(connector)
    day = str(time.day(1))
    run = alice.recovers(connector, "--from", day, "--to", day)
    assert run["lost_days"] == []
    assert coverage(connector) == before


def test_a_recovery_of_a_few_days_after_an_outage_does_not_call_the_outage_lost(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    time.passes(days=20)
    day = str(time.day(3))
    assert alice.recovers(connector, "--from", day, "--to", day)["lost_days"] == []
    assert "lost" not in coverage(connector).values()


def test_days_left_count_down_for_days_at_risk(alice: Alice, time: StoryTime) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    time.passes(days=50)
    days = {
        day["date"]: day for day in alice.types("coverage", connector, "--json").document["days"]
    }
    assert days["2026-03-06"]["status"] == "provisional"
    assert days["2026-03-10"]["status"] == "missing"
    assert days["2026-03-10"]["days_left"] == days["2026-03-06"]["days_left"] + 4 > 0
    time.passes(days=days["2026-03-10"]["days_left"])
    assert alice.syncs(connector)["status"] == "succeeded"
    assert (date(2026, 3, 10),) in alice.asks(f"SELECT date FROM {DATASET}.profile_daily_metric")


def test_every_status_is_in_the_summary(alice: Alice) -> None:
    connector = alice.connects("--recover", "60", *DAILY)["id"]
    document = alice.types("coverage", connector, "--json").document
    assert set(document["summary"]) == {"final", "provisional", "missing", "lost"}
    assert sum(document["summary"].values()) == len(document["days"]) == 60


def test_days_before_the_first_asked_one_are_not_asked_for(
    alice: Alice, time: StoryTime, asked: Callable[[], list[tuple[str, str]]]
) -> None:
    connector = alice.connects("--sync", *DAILY)["id"]
    time.passes(days=3)
    asked()
    alice.syncs(connector)
    assert asked() == [("2026-03-06", str(time.day(1)))]


def test_a_daily_report_that_was_never_selected_has_no_days_to_miss(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    connector = alice.connects("--reports", "profile", "--sync")["id"]
    time.passes(days=3)
    alice.syncs(connector)
    assert "lost" not in coverage(connector).values()
    time.passes(days=70)
    alice.syncs(connector)
    alice.types("edit", connector, "--reports", "profile,profile_daily_metric")
    run = alice.syncs(connector)
    assert run["lost_days"] == []
    assert run["window"]["from"] == str(time.day(5))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--days", "61"], "bad_value"), (["--days", "0"], "bad_value"),
        (["--days", "-1"], "bad_value"),
        (["--from", "2026-01-09"], "bad_value"),
        (["--from", "2020-01-01", "--to", "2020-02-01"], "bad_value"),
        (["--to", "2026-03-11"], "bad_value"),
        (["--from", "2026-03-10", "--to", "2026-03-01"], "bad_value"),
        (["--from", "10.03.2026"], "bad_value"), (["--from", "2026-02-30"], "bad_value"),
        (["--from", "20260301"], "bad_value"),
        (["--from", ""], "bad_value"), (["--days", "3", "--from", "2026-03-01"], "refused"),
    ],
)  # fmt: skip
def test_a_recovery_that_tiktok_cannot_answer_is_refused_with_the_reason(
    alice: Alice, asked: Callable[[], list[tuple[str, str]]], options: list[str], code: str
) -> None:
    connector = alice.connects(*DAILY)["id"]
    said = alice.types("recover", connector, *options, "--json")
    assert (said.exit, said.error["code"]) == (1, code)
    assert asked() == []
    assert alice.types("runs", "--json").document == []


def test_more_than_sixty_days_are_refused_with_the_reason(alice: Alice) -> None:
    connector = alice.connects(*DAILY)["id"]
    assert "60 days" in alice.types("recover", connector, "--days", "61", "--json").error["message"]


@pytest.mark.parametrize(
    ("options", "window"),
    [
        ([], ("2026-01-10", "2026-03-10")), (["--days", "1"], ("2026-03-10", "2026-03-10")),
        (["--from", "2026-02-01"], ("2026-02-01", "2026-03-10")),
        (["--from", "2026-01-10", "--to", "2026-01-10"], ("2026-01-10", "2026-01-10")),
        (["--to", "2026-02-01"], ("2026-01-10", "2026-02-01")),
    ],
)  # fmt: skip
def test_any_window_of_the_last_sixty_days_can_be_recovered(
    alice: Alice,
    asked: Callable[[], list[tuple[str, str]]],
    options: list[Any] | list[str],
    window: tuple[str, ...],
) -> None:
    connector = alice.connects(*DAILY)["id"]
    run = alice.recovers(connector, *options)
    assert (run["kind"], run["status"]) == ("recovery", "succeeded")
    assert (run["window"]["from"], run["window"]["to"]) == window
    assert asked() == [window]


def test_a_recovery_is_a_sync_of_the_other_reports_as_of_now(alice: Alice) -> None:
    connector = alice.connects()["id"]
    run = alice.recovers(connector)
    assert run["reports"]["video_snapshot_metric"] == {"status": "succeeded", "rows": 57}
    assert run["reports"]["profile_snapshot_metric"] == {"status": "succeeded", "rows": 1}


def test_without_the_daily_report_there_is_nothing_to_recover(alice: Alice) -> None:
    connector = alice.connects("--reports", "profile")["id"]
    said = alice.types("recover", connector, "--json")
    assert said.exit == 1
    assert "profile_daily_metric" in said.error["advice"]


def test_a_connector_of_an_earlier_version_misses_no_day_since_it_was_made(
    alice: Alice, time: StoryTime, coverage: Callable[[str], dict[str, str]]
) -> None:
    """Its first day was not kept then."""
    connector = alice.connects(*DAILY)["id"]
    with alice.app() as app:
        app.connectors.change(connector, {"first_asked": None})
    time.passes(days=10)
    assert len(coverage(connector)) == 10
    assert alice.syncs(connector)["window"]["from"] == str(time.day(10))
