"""What a person may enter about a connector, and what is proposed: always valid, always free."""

from __future__ import annotations

import re
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.connector import WEEKDAYS
from tiktok_organic.connector_rules import (
    check_dataset,
    check_hour,
    check_lookback,
    check_name,
    check_reports,
    check_schedule,
    check_timezone,
    check_weekday,
    default_dataset,
    default_name,
)
from tiktok_organic.errors import BadValue
from tiktok_organic.reports import REPORTS

ANY = st.text(st.characters(codec=None), max_size=130)


@given(ANY, st.integers(0, 4))
def test_a_proposed_dataset_is_always_valid_and_free(username: str, taken: int) -> None:
    used: list[str] = []
    for _ in range(taken + 1):
        proposed = default_dataset(username, used)
        assert check_dataset(proposed) == proposed
        assert proposed not in used
        used.append(proposed)


@given(ANY, st.integers(0, 4))
def test_a_proposed_name_is_always_valid_and_free(display_name: str, taken: int) -> None:
    used: list[str] = []
    for _ in range(taken + 1):
        proposed = default_name(display_name, used)
        assert check_name(proposed) == proposed
        assert proposed.casefold() not in {name.casefold() for name in used}
        used.append(proposed)


@pytest.mark.parametrize(
    ("username", "dataset"),
    [
        ("demo_bakery", "tiktokorganic_demo_bakery"), ("Demo.Bakery", "tiktokorganic_demo_bakery"),
        ("käse-2", "tiktokorganic_k_se_2"), ("日本", "tiktokorganic___"), ("", "tiktokorganic_"),
        ("٣",
        "tiktokorganic__"),
    ],
)  # fmt: skip
def test_a_dataset_is_proposed_from_the_username(username: str, dataset: str) -> None:
    assert default_dataset(username, []) == dataset


def test_a_taken_dataset_gets_a_number() -> None:
    assert default_dataset("demo", ["tiktokorganic_demo"]) == "tiktokorganic_demo_2"
    assert (
        default_dataset("demo", ["tiktokorganic_demo", "tiktokorganic_demo_2"])
        == "tiktokorganic_demo_3"
    )


def test_a_connector_is_named_after_its_account() -> None:
    assert default_name("Demo Bakery", []) == "TikTok Organic - Demo Bakery"
    assert (
        default_name("Demo Bakery", ["tiktok organic - demo bakery"])
        == "TikTok Organic - Demo Bakery 2"
    )
    assert default_name(" \n ", []) == "TikTok Organic - account"


@pytest.mark.parametrize("dataset", ["a", "a1_", "tiktokorganic_demo", "z" * 200])
def test_a_good_dataset_is_taken_as_it_is(dataset: str) -> None:
    assert check_dataset(dataset) == dataset


@pytest.mark.parametrize(
    "dataset",
    [
        "",
        "A",
        "1a",
        "_a",
        "a-b",
        "a b",
        " a",
        "a\n",
        "a\nb",
        "a\x00",
        "ä",
        "a١",
        "a٣",
        "aﬁ",
        "a.b",
        'a"',
        "a;drop",
        "z" * 201,
        "ａ",
    ],
)
def test_a_bad_dataset_is_refused_with_an_example(dataset: str) -> None:
    with pytest.raises(BadValue) as caught:
        check_dataset(dataset)
    assert caught.value.name == "dataset"
    assert "tiktokorganic_" in advice_of(caught.value)


@given(ANY)
def test_a_dataset_is_what_the_page_says_and_nothing_else(dataset: str) -> None:
    valid = bool(re.fullmatch("[a-z][a-z0-9_]{0,199}", dataset, re.ASCII))
    try:
        assert check_dataset(dataset) == dataset
    except BadValue:
        assert not valid
    else:
        assert valid


@given(ANY)
def test_no_name_crashes_and_every_accepted_one_can_be_stored(name: str) -> None:
    try:
        kept = check_name(name)
    except BadValue:
        return
    assert kept == kept.strip()
    assert kept
    assert len(kept) <= 200
    kept.encode()


@pytest.mark.parametrize(
    "name", ["", "  ", "\n", "a\x00b", "a\nb", "a\x1b[31m", "\ud83d", "n" * 201]
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(BadValue):
        check_name(name)


def test_reports_come_in_their_usual_order_and_once() -> None:
    assert check_reports(["video_snapshot_metric", " profile ", "profile", ""], REPORTS) == (
        "profile",
        "video_snapshot_metric",
    )
    assert check_reports(list(REPORTS), REPORTS) == tuple(REPORTS)


@pytest.mark.parametrize("names", [[], [""], [" "], ["profiles"], ["profile", "PROFILE"], ["all"]])
def test_no_report_or_an_unknown_one_is_refused(names: list[str]) -> None:
    with pytest.raises(BadValue) as caught:
        check_reports(names, REPORTS)
    assert "video_snapshot_metric" in advice_of(caught.value)


@pytest.mark.parametrize(
    ("text", "every"), [("daily", "daily"), (" Weekly ", "weekly"), ("OFF", "off")]
)
def test_a_schedule_is_one_of_three(text: str, every: str) -> None:
    assert check_schedule(text) == every


@pytest.mark.parametrize("text", ["", "hourly", "day", "on"])
def test_another_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        check_schedule(text)


def test_hours_and_lookbacks_have_their_bounds() -> None:
    assert [check_hour(hour) for hour in (0, 23)] == [0, 23]
    assert [check_lookback(days) for days in (1, 60)] == [1, 60]
    for check, values in ((check_hour, (-1, 24)), (check_lookback, (0, 61, -5))):
        for value in values:
            with pytest.raises(BadValue):
                check(value)


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_a_weekday_may_be_short_and_capital(weekday: str) -> None:
    assert {
        check_weekday(form)
        for form in (weekday, weekday[:3], weekday.upper(), f" {weekday[:3].title()} ")
    } == {weekday}


@pytest.mark.parametrize("weekday", ["", "mo", "mondays", "1", "montag", "m"])
def test_another_weekday_is_refused(weekday: str) -> None:
    with pytest.raises(BadValue):
        check_weekday(weekday)


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", " Europe/Helsinki ", "Australia/Lord_Howe", "America/New_York"]
)
def test_a_time_zone_is_one_of_the_iana_database(zone: str) -> None:
    assert check_timezone(zone) == zone.strip()


@pytest.mark.parametrize(
    "zone",
    [
        "",
        " ",
        "Europe",
        "Europe/",
        "Berlin",
        "../etc/passwd",
        "/etc/localtime",
        "zone.tab",
        "a\x00b",
        "\ud83d",
        "x" * 5000,
        "+02:00",
    ],
)
def test_another_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(BadValue) as caught:
        check_timezone(zone)
    assert "Europe/Berlin" in advice_of(caught.value)


def test_a_name_in_decomposed_letters_is_stored_composed_and_proposed_once() -> None:
    decomposed = normalize("NFD", "Bäckerei 🥨")
    assert check_name(decomposed) == normalize("NFC", "Bäckerei 🥨")
    taken = [f"TikTok Organic - {normalize('NFC', 'Bäckerei 🥨')}"]
    assert default_name(decomposed, taken).endswith(" 2")
