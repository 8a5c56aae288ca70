"""The first half of a sync: what is asked for, what is dropped, which reports fail alone."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from unit_fetching import ACCOUNT, TODAY, Fetching, videos
from unit_tiktok import envelope

from tiktok_organic.reports import REPORTS
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.progress import ProgressEvent
from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, CURVES, DAY_FIELDS, NEEDED, VIDEO_FIELDS
from waiting import PATIENCE

OF_ACCOUNT = {"profile", "profile_snapshot_metric", "profile_daily_metric"}


@pytest.fixture
def alice(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path)


def fields(query: dict[str, str]) -> set[str]:
    return set(json.loads(query["fields"]))


def test_two_requests_serve_the_four_reports(alice: Fetching) -> None:
    fetched = alice.run()
    assert sorted(kind for kind, _ in alice.asked) == ["account", "videos"]
    assert sorted([fetched.account or 0, *fetched.videos]) == [1, 2]
    assert fetched.failed == {}
    assert fetched.window == alice.window
    assert alice.archive.summary(fetched.archive) == json.loads(json.dumps(fetched.document()))
    assert FetchSummary.from_document(fetched.document()) == fetched


def test_every_granted_field_is_asked_for_and_the_curves_on_request(alice: Fetching) -> None:
    alice.run()
    assert fields(alice.queries("account")[0]) == set(ACCOUNT_FIELDS) | set(DAY_FIELDS)
    assert fields(alice.queries("videos")[0]) == set(VIDEO_FIELDS) - set(CURVES)
    alice.curves = True
    alice.run()
    assert fields(alice.queries("videos")[1]) == set(VIDEO_FIELDS)


@pytest.mark.parametrize(
    ("withheld", "failed"),
    [
        ("user.insights", {"profile_daily_metric"}),
        ("video.list", {"video_snapshot_metric"}),
        ("video.insights", set()),
        ("user.info.profile", set()),
        ("user.info.stats", set()),
    ],
)
def test_a_withheld_permission_costs_its_report_and_no_other(
    alice: Fetching, withheld: str, failed: set[str]
) -> None:
    alice.scopes = alice.scopes_now = tuple(scope for scope in alice.scopes if scope != withheld)
    fetched = alice.run()
    assert set(fetched.failed) == failed
    assert all(withheld in error["message"] for error in fetched.failed.values())
    catalogue = {**ACCOUNT_FIELDS, **DAY_FIELDS}
    assert not [name for name in fields(alice.queries("account")[0]) if catalogue[name] == withheld]
    if withheld == "video.list":
        assert alice.queries("videos") == []


@pytest.mark.parametrize("reports", [(name,) for name in REPORTS])
def test_only_what_the_selected_reports_need_is_asked(
    alice: Fetching, reports: tuple[str, ...]
) -> None:
    alice.reports = reports
    alice.run()
    assert {kind for kind, _ in alice.asked} == {
        "videos" if reports == ("video_snapshot_metric",) else "account"
    }


def test_a_refused_field_is_dropped_recorded_and_the_call_repeated(alice: Fetching) -> None:
    def account(query: dict[str, str]) -> Any:
        named = "engaged_audience" in fields(query)
        return envelope(code=41002, message="engaged_audience is offline") if named else ACCOUNT

    alice.account, alice.reports = account, ("profile_daily_metric",)
    fetched = alice.run()
    assert fetched.failed == {}
    assert fetched.refused_fields == ["account.engaged_audience"]
    assert len(alice.queries("account")) == 2
    assert fetched.account == 2


def test_a_field_that_is_refused_without_its_name_is_found(alice: Fetching) -> None:
    def pages(query: dict[str, str]) -> Any:
        return (
            envelope(code=40002, message="bad request")
            if {"reach", "is_ad"} & fields(query)
            else videos(1)
        )

    alice.pages = pages
    fetched = alice.run()
    assert fetched.failed == {}
    assert set(fetched.refused_fields) == {"video.reach", "video.is_ad"}
    assert all("item_id" in fields(query) for query in alice.queries("videos"))
    assert len(alice.queries("videos")) <= 30


def test_a_refused_oldest_day_is_given_up_once(alice: Fetching) -> None:
    alice.window = Window(TODAY - timedelta(days=60), TODAY - timedelta(days=1))
    oldest = alice.window.start

    def account(query: dict[str, str]) -> Any:
        return (
            envelope(code=40002, message="start too old")
            if query["start_date"] == oldest.isoformat()
            else ACCOUNT
        )

    alice.account = account
    fetched = alice.run()
    assert fetched.failed == {}
    assert fetched.refused_fields == []
    assert fetched.window == Window(oldest + timedelta(days=1), TODAY - timedelta(days=1))
    assert len(alice.queries("account")) == 2


def test_a_field_refused_without_its_name_costs_no_day(alice: Fetching) -> None:
    alice.window = Window(TODAY - timedelta(days=60), TODAY - timedelta(days=1))
    alice.account = lambda query: (
        envelope(code=40002, message="bad") if "shares" in fields(query) else ACCOUNT
    )
    fetched = alice.run()
    assert fetched.refused_fields == ["account.shares"]
    assert fetched.window == alice.window


@pytest.mark.parametrize("reach", [58, 57])
def test_a_shorter_reach_than_documented_costs_its_days_and_no_report(
    alice: Fetching, reach: int
) -> None:
    alice.window = Window(TODAY - timedelta(days=60), TODAY - timedelta(days=1))
    oldest = TODAY - timedelta(days=reach)

    def account(query: dict[str, str]) -> Any:
        known = "start_date" in query and query["start_date"] < oldest.isoformat()
        return envelope(code=40002, message="bad request") if known else ACCOUNT

    alice.account = account
    fetched = alice.run()
    assert (fetched.failed, fetched.refused_fields, fetched.warnings) == ({}, [], [])
    assert fetched.window == Window(oldest, TODAY - timedelta(days=1))
    assert len(alice.queries("account")) <= 8


def test_if_tiktok_has_only_the_last_days_those_are_loaded_and_the_others_are_named(
    alice: Fetching,
) -> None:
    alice.window = Window(TODAY - timedelta(days=60), TODAY - timedelta(days=1))
    recent = (TODAY - timedelta(days=20)).isoformat()
    alice.account = lambda query: (
        envelope(code=40002, message="bad") if query.get("start_date", recent) < recent else ACCOUNT
    )
    fetched = alice.run()
    assert fetched.failed == {}
    assert fetched.window == Window(TODAY - timedelta(days=5), TODAY - timedelta(days=1))
    assert "requests them again" in fetched.warnings[0]


def test_days_that_are_refused_altogether_cost_the_daily_report_alone(alice: Fetching) -> None:
    alice.account = lambda query: (
        envelope(code=40002, message="end_date is bad") if "end_date" in query else ACCOUNT
    )
    fetched = alice.run()
    assert set(fetched.failed) == {"profile_daily_metric"}
    error = fetched.failed["profile_daily_metric"]
    assert str(alice.window.end) in error["message"]
    assert (error["code"], error["facts"]) == ("request_refused", {"case": "days"})
    assert fetched.window is None


def test_a_window_of_the_last_days_is_never_shortened(alice: Fetching) -> None:
    alice.account = lambda query: envelope(code=40002, message="bad")
    fetched = alice.run()
    assert set(fetched.failed) == OF_ACCOUNT
    starts = {query.get("start_date") for query in alice.queries("account")}
    assert starts == {alice.window.start.isoformat(), None}
    assert len(alice.queries("account")) <= 6
    assert len(fetched.videos) == 1


def test_days_beyond_tiktoks_limit_are_cut_and_the_rest_is_asked(alice: Fetching) -> None:
    alice.window = Window(TODAY - timedelta(days=75), TODAY - timedelta(days=50))
    fetched = alice.run()
    assert fetched.window == Window(TODAY - timedelta(days=60), TODAY - timedelta(days=50))


def test_a_window_that_is_wholly_beyond_costs_no_other_report(alice: Fetching) -> None:
    alice.window = Window(TODAY - timedelta(days=90), TODAY - timedelta(days=80))
    fetched = alice.run()
    assert fetched.window is None
    assert not set(fetched.failed) - {"profile_daily_metric"}
    assert list(alice.source()[0].days()) == []


def test_a_permission_that_was_taken_back_costs_its_report(alice: Fetching) -> None:
    alice.scopes_now = (*NEEDED, "user.info.basic", "user.info.stats", "video.list")

    def account(query: dict[str, str]) -> Any:
        return (
            envelope(code=40130, message="scope not authorized")
            if set(DAY_FIELDS) & fields(query)
            else ACCOUNT
        )

    alice.account = account
    fetched = alice.run()
    assert set(fetched.failed) == {"profile_daily_metric"}
    assert set(fetched.withheld_scopes) == {"user.insights", "user.info.profile", "video.insights"}
    assert any("user.insights" in warning for warning in fetched.warnings)


def test_a_call_that_stays_forbidden_fails_and_does_not_ask_for_ever(alice: Fetching) -> None:
    alice.account = lambda query: envelope(code=40001, message="no permission")
    fetched = alice.run()
    assert set(fetched.failed) == OF_ACCOUNT
    assert len(alice.queries("account")) <= 2
    assert fetched.retry_in is None


@pytest.mark.parametrize("series", ["broken", {}, 5, True])
def test_a_daily_series_that_stays_unreadable_costs_the_days_alone(
    alice: Fetching, series: object
) -> None:
    alice.account = lambda query: {**ACCOUNT, "metrics": series}
    fetched = alice.run()
    assert set(fetched.failed) == {"profile_daily_metric"}
    assert len(alice.queries("account")) == 3
    assert fetched.retry_in is not None
    assert alice.source()[0].account().username == "alice"


@pytest.mark.parametrize(
    "page",
    [
        {}, {"videos": []}, {"has_more": False}, {"videos": None, "has_more": True, "cursor": 5},
        {"videos": [], "has_more": None}, {"videos": [], "has_more": "maybe"},
        {"videos": [], "has_more": True},
        {"videos": {}, "has_more": False}, {"videos": [], "has_more": True, "cursor": "soon"}, [],
        None, "x",
    ],
)  # fmt: skip
def test_a_page_that_stays_unreadable_costs_the_videos_alone(alice: Fetching, page: object) -> None:
    alice.pages = lambda query: page
    fetched = alice.run()
    assert set(fetched.failed) == {"video_snapshot_metric"}
    assert fetched.failed["video_snapshot_metric"]["code"] == "unreadable"
    assert fetched.videos == []
    assert len(alice.queries("videos")) == 3
    assert fetched.retry_in is not None


def test_the_videos_are_announced_before_their_second_page_though_the_account_came_later(
    alice: Fetching,
) -> None:
    first_page = threading.Event()
    announced: list[str] = []
    before_the_second_page: list[str] = []

    def progress(event: ProgressEvent) -> None:
        announced.append(event.what)
        if event.what == "videos":
            first_page.set()

    def account(query: dict[str, str]) -> Any:
        assert first_page.wait(PATIENCE)
        return ACCOUNT

    def pages(query: dict[str, str]) -> Any:
        if "cursor" not in query:
            return videos(3, cursor=1, more=True)
        before_the_second_page.extend(announced)
        return videos(2)

    alice.progress, alice.account, alice.pages = progress, account, pages
    assert alice.run().failed == {}
    assert before_the_second_page == ["videos", "account", "videos"]


def test_pages_are_followed_by_has_more_alone(alice: Fetching) -> None:
    answers = {
        None: videos(9, 8, cursor=800, more=True),
        "800": videos(cursor=700, more=True),
        "700": videos(7, 8, cursor=1),
    }
    alice.pages = lambda query: answers[query.get("cursor")]
    fetched = alice.run()
    assert len(fetched.videos) == 3
    source, findings = alice.source()
    assert [video.item_id for video in source.videos()] == ["9", "8", "7"]
    assert findings.repeated == {"video": 1}


def test_a_cursor_that_does_not_move_fails_only_the_videos(alice: Fetching) -> None:
    alice.pages = lambda query: videos(1, cursor=500, more=True)
    fetched = alice.run()
    assert set(fetched.failed) == {"video_snapshot_metric"}
    assert fetched.videos == []
    assert len(alice.queries("videos")) <= 3


def test_one_bad_page_never_costs_days(alice: Fetching) -> None:
    alice.pages = lambda query: (
        httpx2.Response(500, content=b"<html>")
        if "cursor" in query
        else videos(1, cursor=9, more=True)
    )
    fetched = alice.run()
    assert set(fetched.failed) == {"video_snapshot_metric"}
    assert [day.likes for day in alice.source()[0].days()] == [3, 2]


def test_a_revoked_consent_is_not_asked_for_more_videos(alice: Fetching) -> None:
    alice.account = lambda query: envelope(code=40105)
    fetched = alice.run()
    assert {error["code"] for error in fetched.failed.values()} == {"reconnect_needed"}
    assert len(alice.queries("videos")) <= 1
    assert fetched.retry_in is None


def test_a_personal_account_is_fetched_with_a_warning(alice: Fetching) -> None:
    alice.account = lambda query: {**ACCOUNT, "is_business_account": False}
    fetched = alice.run()
    assert fetched.failed == {}
    assert "Personal" in fetched.warnings[0]


def test_days_that_were_not_requested_are_dropped_and_counted(alice: Fetching) -> None:
    far = {"date": (TODAY - timedelta(days=30)).isoformat(), "likes": 1}
    alice.account = lambda query: {
        **ACCOUNT,
        "metrics": [far, *ACCOUNT["metrics"], {"date": TODAY.isoformat()}],
    }
    alice.run()
    source, findings = alice.source()
    assert [day.likes for day in source.days()] == [3, 2]
    assert sum(findings.dropped.values()) == 2
    assert source.read_at.startswith("2026-03-11T12:00")


def test_an_answer_that_describes_nothing_fails_its_reports(alice: Fetching) -> None:
    alice.account = lambda query: {}
    assert set(alice.run().failed) == OF_ACCOUNT


def test_a_limit_of_the_day_is_left_to_the_next_attempt(alice: Fetching) -> None:
    alice.account = lambda query: envelope(code=40100, message="QPD")
    fetched = alice.run()
    assert OF_ACCOUNT.issubset(fetched.failed)
    assert fetched.retry_in is not None
    assert fetched.retry_in >= 12 * 3600


def test_a_list_that_is_shorter_than_the_count_is_a_finding(alice: Fetching) -> None:
    alice.account = lambda query: {**ACCOUNT, "videos_count": 57}
    fetched = alice.run()
    assert fetched.failed == {}
    assert (fetched.videos_counted, fetched.videos_listed) == (57, 3)
    assert fetched.warnings == ["TikTok counts 57 public videos, its list has 3."]


@pytest.mark.parametrize("count", [0, 2, 3, None, "many"])
def test_a_list_that_is_not_shorter_than_the_count_is_not(alice: Fetching, count: object) -> None:
    alice.account = lambda query: {**ACCOUNT, "videos_count": count}
    assert alice.run().warnings == []


def test_a_list_that_repeats_itself_without_end_fails_the_videos_alone(alice: Fetching) -> None:
    alice.pages = lambda query: videos(1, 2, cursor=int(query.get("cursor", "999")) - 1, more=True)
    fetched = alice.run()
    assert set(fetched.failed) == {"video_snapshot_metric"}
    assert "does not end" in fetched.failed["video_snapshot_metric"]["message"]
    assert len(alice.queries("videos")) <= 25
