"""GET business/get/ as a client sees it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import Simulator
from tiktok_organic.simulator.endpoints.fields import (
    BUSINESS_METRICS,
    CLICK_METRICS,
    METRICS,
    OPEN_METRICS,
    PROFILE_SCOPES,
    SCOPES,
)

TODAY = date(2026, 3, 11)
ALL_FIELDS = tuple(dict.fromkeys((*PROFILE_SCOPES, *sorted(METRICS))))


def _ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_it_wraps_answers_in_the_envelope(alice: Caller) -> None:
    response = alice.raw("/business/get/")
    body = response.json()
    assert list(body) == ["code", "message", "request_id", "data"]
    assert (response.status_code, body["code"], body["message"]) == (200, 0, "OK")
    assert re.fullmatch(r"20260311150000[0-9A-F]{20}", body["request_id"])
    assert response.headers["Date"] == "Wed, 11 Mar 2026 15:00:00 GMT"
    assert response.headers["X-Tt-Logid"]


def test_it_gives_name_and_picture_by_default(alice: Caller) -> None:
    assert set(alice.profile()["data"]) == {"display_name", "profile_image"}


def test_it_gives_only_what_was_asked(alice: Caller) -> None:
    data = alice.profile("username", "likes")["data"]
    assert set(data) == {"username", "metrics"}
    assert set(data["metrics"][0]) == {"date", "likes"}


def test_its_profile_attributes_have_the_documented_types(alice: Caller) -> None:
    data = alice.profile(*ALL_FIELDS)["data"]
    kinds = {
        "is_business_account": bool,
        "username": str,
        "display_name": str,
        "profile_image": str,
        "profile_deep_link": str,
        "bio_description": str,
        "is_verified": bool,
        "following_count": int,
        "followers_count": int,
        "total_likes": int,
        "videos_count": int,
    }
    assert {name: type(data[name]) for name in kinds} == kinds
    assert data["followers_count"] == 5210
    assert data["videos_count"] == 54  # three of 57 only show in ads


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("audience_ages", "age"),
        ("audience_genders", "gender"),
        ("audience_countries", "country"),
        ("audience_cities", "city_name"),
    ],
)
def test_its_distributions_are_fractions(alice: Caller, field: str, label: str) -> None:
    rows = alice.profile(field)["data"][field]
    assert all(set(row) == {label, "percentage"} for row in rows)
    assert all(type(row["percentage"]) is float and 0 < row["percentage"] < 1 for row in rows)
    assert 0.3 < sum(row["percentage"] for row in rows) <= 1.001


def test_its_daily_rows_have_the_documented_types(alice: Caller) -> None:
    row = alice.profile(*sorted(METRICS))["data"]["metrics"][0]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["date"])
    counts = {
        name: value for name, value in row.items() if name not in ("date", "audience_activity")
    }
    assert set(counts) == {*OPEN_METRICS, *BUSINESS_METRICS, *CLICK_METRICS}
    assert all(type(value) is int and value >= 0 for value in counts.values())
    hours = row["audience_activity"]
    assert [hour["hour"] for hour in hours] == [str(hour) for hour in range(24)]
    assert all(type(hour["count"]) is int for hour in hours)


def test_it_gives_the_followers_both_above_and_in_the_days(alice: Caller) -> None:
    data = alice.profile("followers_count")["data"]
    assert data["followers_count"] == 5210
    assert all("followers_count" in row for row in data["metrics"])


def test_gains_and_losses_add_up_to_the_totals(alice: Caller) -> None:
    rows = alice.profile(
        "followers_count", "daily_new_followers", "daily_lost_followers", start_date=_ago(60)
    )["data"]["metrics"]
    for former, row in itertools.pairwise(rows):
        net = row["daily_new_followers"] - row["daily_lost_followers"]
        assert row["followers_count"] - former["followers_count"] == net


def test_it_can_read_the_followers_of_a_day_as_a_net_change(
    alice: Caller, simulator: Simulator
) -> None:
    simulator.world.settings.update(
        followers_count_meaning="net", daily_total_followers_meaning="net"
    )
    row = alice.profile("followers_count", *BUSINESS_METRICS)["data"]["metrics"][0]
    net = row["daily_new_followers"] - row["daily_lost_followers"]
    assert row["followers_count"] == row["daily_total_followers"] == net


def test_it_takes_the_last_seven_days_by_default_and_leaves_out_the_unpublished(
    alice: Caller,
) -> None:
    days = [row["date"] for row in alice.profile("likes")["data"]["metrics"]]
    assert days == [_ago(number) for number in (7, 6, 5, 4, 3, 2)]


def test_a_day_appears_thirty_six_hours_after_its_end(
    alice: Caller, pass_time: Callable[..., None]
) -> None:
    pass_time(hours=-4)
    assert alice.profile("likes")["data"]["metrics"][-1]["date"] == _ago(3)
    pass_time(hours=1)
    assert alice.profile("likes")["data"]["metrics"][-1]["date"] == _ago(2)


def test_a_day_is_corrected_for_forty_eight_hours_and_then_stays(
    alice: Caller, pass_time: Callable[..., None]
) -> None:
    def views() -> Any:
        day = _ago(2)
        return alice.profile("video_views", start_date=day, end_date=day)["data"]["metrics"][0][
            "video_views"
        ]

    first = views()
    pass_time(days=1)
    second = views()
    pass_time(days=1)
    third = views()
    pass_time(days=20)
    assert first < second < third == views()


def test_it_leaves_out_days_before_analytics_were_switched_on(
    alice: Caller, simulator: Simulator
) -> None:
    simulator.world.account().analytics_on = TODAY - timedelta(days=4)
    days = [row["date"] for row in alice.profile("likes", start_date=_ago(30))["data"]["metrics"]]
    assert days == [_ago(4), _ago(3), _ago(2)]


def test_it_has_no_days_while_analytics_are_off(alice: Caller, simulator: Simulator) -> None:
    simulator.world.account().analytics_on = None
    assert alice.profile("likes")["data"] == {"metrics": []}


def test_it_reaches_sixty_days_back(alice: Caller) -> None:
    rows = alice.profile("likes", start_date=_ago(60), end_date=_ago(1))["data"]["metrics"]
    assert len(rows) == 59
    assert rows[0]["date"] == _ago(60)


def test_it_refuses_a_start_older_than_sixty_days(alice: Caller) -> None:
    body = alice.profile("likes", start_date=_ago(61))
    assert body["code"] == 40002
    assert body["data"] == {}


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": _ago(3), "end_date": _ago(4)},
        {"start_date": "11.03.2026"},
        {"start_date": "2026-3-1"},
        {"start_date": "2026-02-30"},
        {"end_date": ""},
        {"fields": "username,display_name"},
        {"fields": '"username"'},
        {"fields": "[]"},
        {"fields": "[1]"},
        {"fields": '["username", "shoe_size"]'},
        {"fields": '["date"]'},
        {"fields": "[" * 20_000},
        {"business_id": ""},
    ],
)
def test_it_refuses_bad_parameters(alice: Caller, query: Any) -> None:
    response = alice.raw("/business/get/", **query)
    assert response.status_code == 200
    assert response.json()["code"] == 40002


def test_it_accepts_spaces_inside_the_field_list(alice: Caller) -> None:
    assert alice.raw("/business/get/", fields='[ "username" ,\n "likes" ]').json()["code"] == 0


def test_it_refuses_an_end_in_the_future_only_if_a_setting_says_so(
    alice: Caller, simulator: Simulator
) -> None:
    assert alice.profile("likes", end_date=_ago(-2))["code"] == 0
    simulator.world.settings.update(refuse_future_end=True)
    assert alice.profile("likes", end_date=_ago(-2))["code"] == 40002


def test_a_personal_account_has_no_business_metrics(caller: Callable[..., Caller]) -> None:
    data = caller("camille.crée").profile(*ALL_FIELDS)["data"]
    assert data["is_business_account"] is False
    assert set(data["metrics"][0]) == {"date", *OPEN_METRICS}


@pytest.mark.parametrize(("choice", "value"), [("zero", 0), ("null", None)])
def test_metrics_out_of_reach_can_be_zero_or_null(
    caller: Callable[..., Caller], simulator: Simulator, choice: str, value: int | None
) -> None:
    simulator.world.settings.update(gated_metrics=choice)
    assert (
        caller("camille.crée").profile("bio_link_clicks")["data"]["metrics"][0]["bio_link_clicks"]
        == value
    )


def test_an_unregistered_business_has_no_clicks(
    caller: Callable[..., Caller], simulator: Simulator
) -> None:
    simulator.world.add_account("unregistered", is_registered=False)
    row = caller("unregistered").profile(*sorted(METRICS))["data"]["metrics"][0]
    assert not set(CLICK_METRICS) & set(row)
    assert set(BUSINESS_METRICS) < set(row)


@pytest.mark.parametrize(("choice", "seen"), [("empty", []), ("null", None), ("absent", "absent")])
def test_a_tiny_account_has_no_audience(
    caller: Callable[..., Caller], simulator: Simulator, choice: str, seen: list[Any] | str | None
) -> None:
    simulator.world.settings.update(small_audience=choice)
    data = caller("tiny.tearoom").profile("audience_ages", "audience_activity")["data"]
    assert data.get("audience_ages", "absent") == seen
    assert all("audience_activity" not in row for row in data["metrics"])


def test_a_hundred_followers_are_enough_for_an_audience(
    caller: Callable[..., Caller], simulator: Simulator
) -> None:
    simulator.world.add_account("hundred", followers=100)
    simulator.world.add_account("ninety.nine", followers=99)
    assert caller("hundred").profile("audience_ages")["data"]["audience_ages"]
    assert caller("ninety.nine").profile("audience_ages")["data"]["audience_ages"] == []


def test_its_numbers_depend_on_seed_and_day_alone(simulator: Simulator, alice: Caller) -> None:

    with Simulator(world=None, clock=simulator.world.clock.now) as other:
        token = other.world.token()
        params = {
            "business_id": token["open_id"],
            "fields": '["video_views","daily_new_followers"]',
        }
        headers = {"Access-Token": token["access_token"]}
        theirs = alice.http.get(
            f"{other.api_url}/business/get/", params=params, headers=headers
        ).json()
    assert theirs["data"] == alice.profile("video_views", "daily_new_followers")["data"]


def test_its_pictures_are_served_until_they_expire(
    alice: Caller, pass_time: Callable[..., None]
) -> None:
    url = alice.profile("profile_image")["data"]["profile_image"]
    assert "x-expires" in parse_qs(urlsplit(url).query)
    picture = alice.http.get(url)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    assert picture.text.startswith("<svg")
    pass_time(days=3)
    assert alice.http.get(url).status_code == 403


@pytest.mark.parametrize(("choice", "code"), [("40001", 40001), ("40130", 40130)])
def test_it_refuses_fields_whose_scope_was_withheld(
    caller: Callable[..., Caller], simulator: Simulator, choice: str, code: int
) -> None:
    simulator.world.settings.update(withheld_scope=choice)
    bob = caller(scopes=("user.info.basic", "user.info.username"))
    assert bob.profile("username", "likes")["code"] == code
    assert bob.profile("username")["code"] == 0


def test_it_can_omit_withheld_fields_silently(
    caller: Callable[..., Caller], simulator: Simulator
) -> None:
    simulator.world.settings.update(withheld_scope="omit")
    bob = caller(scopes=("user.info.username",))
    assert bob.profile("username", "likes", "bio_description")["data"] == {
        "username": "demo.bakery"
    }


def test_followers_need_either_of_two_scopes(caller: Callable[..., Caller]) -> None:
    assert set(caller(scopes=("user.info.stats",)).profile("followers_count")["data"]) == {
        "followers_count"
    }
    assert set(caller(scopes=("user.insights",)).profile("followers_count")["data"]) == {"metrics"}


@pytest.mark.parametrize("field", sorted(PROFILE_SCOPES))
def test_every_attribute_needs_its_scope(caller: Callable[..., Caller], field: Any) -> None:
    others = tuple(
        scope for scope in SCOPES if scope != PROFILE_SCOPES[field] and scope != "user.insights"
    )
    assert caller(scopes=others).profile(field)["code"] == 40001
    assert caller(scopes=(PROFILE_SCOPES[field],)).profile(field)["code"] == 0
