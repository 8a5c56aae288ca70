"""Each clause of docs/models.yaml about a view, by a case small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from .hand_made import HandMade, at, days


@pytest.fixture(scope="module")
def engine() -> Iterator[HandMade]:
    made = HandMade()
    yield made
    made.closes()


@pytest.fixture
def made(engine: HandMade) -> HandMade:
    engine.empties()
    return engine


def sync(when: str, **values: Any) -> dict[str, Any]:
    return {"sync_date": at(when), "status": "succeeded", **values}


def covered(*when: date, state: str = "final") -> list[dict[str, Any]]:
    return [{"date": day, "state": state} for day in when]


def followers(when: str, count: int) -> dict[str, Any]:
    return {"_quanti_sync_date": at(when), "followers_count": count}


def snapshot(item: str, when: str, **values: Any) -> dict[str, Any]:
    return {"item_id": item, "_quanti_sync_date": at(when), **values}


class TestAccountDaily:
    def test_days_without_gaps_from_the_first_stored_or_asked_to_the_last_covered(
        self, made: HandMade
    ) -> None:
        made.writes(
            coverage_day=[
                *covered(date(2026, 3, 3), state="lost"),
                *covered(date(2026, 3, 4), state="provisional"),
                *covered(date(2026, 3, 5), state="missing"),
            ],
            profile_daily_metric=[
                {"date": date(2026, 3, 1), "likes": 1},
                {"date": date(2026, 3, 4), "likes": 2},
            ],
        )
        assert made.reads("account_daily", "date", "state", "likes") == [
            (date(2026, 3, 1), "provisional", 1),
            (date(2026, 3, 2), "lost", None),
            (date(2026, 3, 3), "lost", None),
            (date(2026, 3, 4), "provisional", 2),
            (date(2026, 3, 5), "missing", None),
        ]

    def test_followers_of_a_days_end_are_those_of_the_first_snapshot_within_48_hours(
        self, made: HandMade
    ) -> None:
        made.writes(
            coverage_day=covered(*days("2026-03-01", 3)),
            profile_daily_metric=[
                {"date": day, "daily_new_followers": 10, "daily_lost_followers": 3}
                for day in days("2026-03-01", 3)
            ],
            profile_snapshot_metric=[
                followers("2026-03-01 23:59", 90),
                followers("2026-03-03 03:00", 100),
                followers("2026-03-03 09:00", 101),
                followers("2026-03-05 23:00", 130),
            ],
        )
        found = made.reads("account_daily", "date", "followers", "followers_is_estimated")
        assert found == [
            (date(2026, 3, 1), 100, False),  # 27 hours after its end
            (date(2026, 3, 2), 100, False),  # 3 hours after its end, the earlier of two
            (date(2026, 3, 3), 130, False),  # 47 hours after its end
        ]

    @pytest.mark.parametrize(("seconds", "estimated"), [("00:00:00", False), ("00:00:01", True)])
    def test_a_snapshot_exactly_48_hours_after_a_days_end_is_within_them(
        self, made: HandMade, seconds: str, estimated: bool
    ) -> None:
        made.writes(
            coverage_day=covered(date(2026, 3, 1)),
            profile_daily_metric=[{"date": date(2026, 3, 1)}],
            profile_snapshot_metric=[followers(f"2026-03-04 {seconds}", 7)],
        )
        found = made.reads("account_daily", "followers", "followers_is_estimated")
        assert found == [(7, estimated)]

    def test_otherwise_they_are_counted_from_the_nearest_snapshot(self, made: HandMade) -> None:
        wins = {1: (5, 1), 2: (7, 0), 3: (0, 2), 4: (9, 1), 5: (1, 1)}
        made.writes(
            coverage_day=covered(*days("2026-03-01", 5)),
            profile_daily_metric=[
                {
                    "date": date(2026, 3, day),
                    "daily_new_followers": new,
                    "daily_lost_followers": lost,
                }
                for day, (new, lost) in wins.items()
            ],
            profile_snapshot_metric=[followers("2026-03-05 00:30", 1000)],
        )
        found = made.reads(
            "account_daily", "date", "net_followers", "followers", "followers_is_estimated"
        )
        assert found == [
            (date(2026, 3, 1), 4, 1000 - 8 + 2 - 7, True),  # back over the 4th, 3rd and 2nd
            (date(2026, 3, 2), 7, 1000 - 8 + 2, True),
            (date(2026, 3, 3), -2, 1000, False),  # 24.5 hours before the snapshot
            (date(2026, 3, 4), 8, 1000, False),
            (date(2026, 3, 5), 0, 1000 + 0, True),  # forward over the 5th
        ]

    def test_a_day_that_is_not_stored_has_no_followers_and_breaks_no_count(
        self, made: HandMade
    ) -> None:
        made.writes(
            coverage_day=covered(*days("2026-03-01", 4)),
            profile_daily_metric=[
                {"date": date(2026, 3, day), "daily_new_followers": 1, "daily_lost_followers": 0}
                for day in (1, 2, 4)
            ],
            profile_snapshot_metric=[followers("2026-03-01 00:10", 50)],
        )
        assert made.reads("account_daily", "followers", order="date") == [
            (51,),
            (52,),
            (None,),
            (53,),
        ]

    def test_posts_are_counted_of_all_ever_listed_also_those_that_vanished(
        self, made: HandMade
    ) -> None:
        made.writes(
            coverage_day=covered(*days("2026-03-01", 2)),
            video=[
                {"item_id": "a", "create_time": at("2026-03-01 00:00"), "state": "vanished"},
                {"item_id": "b", "create_time": at("2026-03-01 23:59:59"), "state": "frozen"},
                {"item_id": "c", "create_time": None, "state": "active"},
            ],
        )
        assert made.reads("account_daily", "posts_published", order="date") == [(2,), (0,)]

    @pytest.mark.parametrize(
        ("views", "likes", "rate"), [(200, 5, 0.05), (0, 5, None), (None, 5, None), (9, None, None)]
    )
    def test_the_engagement_rate_is_null_without_views(
        self, made: HandMade, views: int | None, likes: int | None, rate: float | None
    ) -> None:
        day = {"date": date(2026, 3, 1), "video_views": views, "likes": likes}
        made.writes(
            coverage_day=covered(date(2026, 3, 1)),
            profile_daily_metric=[{**day, "comments": 3, "shares": 2}],
        )
        assert made.reads("account_daily", "engagement_rate") == [(rate,)]


class TestVideoLatest:
    def test_each_value_is_the_last_that_tiktok_sent(self, made: HandMade) -> None:
        made.writes(
            video=[{"item_id": "a", "state": "idle"}, {"item_id": "never", "state": "vanished"}],
            video_snapshot_metric=[
                snapshot("a", "2026-03-01 03:00", video_views=100, likes=4, comments=1, shares=0),
                snapshot("a", "2026-03-02 03:00", video_views=200, reach=90),
                snapshot("a", "2026-03-03 03:00", likes=6, total_time_watched=7.5),
                snapshot("a", "2026-03-04 03:00", comments=3),
            ],
        )
        columns = ("item_id", "video_views", "likes", "comments", "shares", "reach")
        assert made.reads("video_latest", *columns) == [
            ("a", 200, 6, 3, 0, 90),
            ("never", None, None, None, None, None),
        ]
        assert made.reads("video_latest", "engagement_rate", order="item_id") == [
            (9 / 200,),
            (None,),
        ]

    @pytest.mark.parametrize(
        ("reach", "watched", "found"),
        [
            ("2026-03-01 03:00", "2026-03-02 03:00", "2026-03-01 03:00"),
            ("2026-03-02 03:00", "2026-03-01 03:00", "2026-03-01 03:00"),
            (None, "2026-03-02 03:00", "2026-03-02 03:00"),
            ("2026-03-02 03:00", None, "2026-03-02 03:00"),
            (None, None, None),
        ],
    )
    def test_insights_are_as_of_the_older_of_reach_and_watch_time(
        self, made: HandMade, reach: str | None, watched: str | None, found: str | None
    ) -> None:
        told = []
        if reach:
            told.append({**snapshot("a", reach), "reach": 1})
        if watched:
            told.append({**snapshot("a", watched), "total_time_watched": 1.0})
        made.writes(
            video=[{"item_id": "a"}],
            video_snapshot_metric=[*told, snapshot("a", "2026-03-09 03:00", video_views=1)],
        )
        assert made.reads("video_latest", "insights_as_of") == [(found and at(found),)]

    @pytest.mark.parametrize(
        ("utc", "local"),
        [
            ("2026-03-29 00:59", "2026-03-29 01:59"),  # the hour before summer time
            ("2026-03-29 01:00", "2026-03-29 03:00"),
            ("2026-10-25 00:30", "2026-10-25 02:30"),  # twice half past two
            ("2026-10-25 01:30", "2026-10-25 02:30"),
            ("2026-12-31 23:30", "2027-01-01 00:30"),
        ],
    )
    def test_create_time_local_follows_summer_time(
        self, made: HandMade, utc: str, local: str
    ) -> None:
        made.writes(video=[{"item_id": "a", "create_time": at(utc)}])
        found = made.reads("video_latest", "create_time", "create_time_local")
        assert found == [(at(utc), datetime.fromisoformat(local))]


class TestReadings:
    """video_daily and video_by_age; data time is the sync's own moment here."""

    def syncs(self, *when: str) -> list[dict[str, Any]]:
        return [sync(one, data_time=at(one)) for one in when]

    def counted(self, *readings: tuple[str, int]) -> list[dict[str, Any]]:
        return [
            snapshot("a", when, video_views=n, likes=n, comments=n, shares=n)
            for when, n in readings
        ]

    def test_the_gain_between_two_readings_is_divided_evenly_over_its_days(
        self, made: HandMade
    ) -> None:
        made.writes(
            sync_run=self.syncs("2026-03-01 12:00", "2026-03-03 12:00"),
            video=[{"item_id": "a", "create_time": at("2026-01-01 00:00")}],
            video_snapshot_metric=self.counted(("2026-03-01 12:00", 50), ("2026-03-03 12:00", 150)),
        )
        columns = ("date", "video_views", "is_estimated", "gap_days")
        assert made.reads("video_daily", *columns) == [
            (date(2026, 3, 1), 25, True, 2),
            (date(2026, 3, 2), 50, True, 2),
            (date(2026, 3, 3), 25, True, 2),
        ]

    @pytest.mark.parametrize(
        ("minutes", "estimated"), [(0, False), (60, False), (61, True), (-60, False), (-61, True)]
    )
    def test_a_day_is_read_when_readings_lie_within_60_minutes_of_both_ends(
        self, made: HandMade, minutes: int, estimated: bool
    ) -> None:
        end = at("2026-03-03 00:00") + timedelta(minutes=minutes)
        when = ["2026-03-02 00:00", end.strftime("%Y-%m-%d %H:%M"), "2026-03-04 12:00"]
        made.writes(
            sync_run=self.syncs(*when),
            video=[{"item_id": "a", "create_time": at("2026-01-01 00:00")}],
            video_snapshot_metric=self.counted(*((one, 9) for one in when)),
        )
        found = dict(made.reads("video_daily", "date", "is_estimated"))
        assert found[date(2026, 3, 2)] is estimated

    def test_one_reading_is_one_day_without_gain_and_the_publication_is_a_reading(
        self, made: HandMade
    ) -> None:
        made.writes(
            sync_run=self.syncs("2026-03-01 00:00", "2026-03-03 06:00"),
            video=[
                {"item_id": "a", "create_time": at("2026-03-02 18:00")},
                {"item_id": "old", "create_time": at("2026-02-02 18:00")},
            ],
            video_snapshot_metric=[
                snapshot("old", "2026-03-01 00:00", video_views=70),
                *self.counted(("2026-03-03 06:00", 12)),
            ],
        )
        found = made.reads("video_daily", "item_id", "date", "video_views", "gap_days")
        assert found == [
            ("a", date(2026, 3, 2), 6, 1),
            ("a", date(2026, 3, 3), 6, 1),
            ("old", date(2026, 3, 1), 0, 1),
        ]

    def test_the_first_video_of_an_account_counts_from_its_publication(
        self, made: HandMade
    ) -> None:
        made.writes(
            sync_run=[
                sync("2026-02-01 00:00", data_time=at("2026-02-01 00:00"), status="failed"),
                *self.syncs("2026-03-01 00:00", "2026-03-03 12:00"),  # the first listed no video
            ],
            video=[{"item_id": "a", "create_time": at("2026-03-02 12:00")}],
            video_snapshot_metric=self.counted(("2026-03-03 12:00", 80)),
        )
        assert made.reads("video_daily", "date", "video_views") == [
            (date(2026, 3, 2), 40),
            (date(2026, 3, 3), 40),
        ]

    def test_an_age_needs_readings_on_both_sides(self, made: HandMade) -> None:
        when = ("2026-03-01 00:00", "2026-03-03 12:00", "2026-03-05 12:30")
        made.writes(
            sync_run=self.syncs(*when),
            video=[{"item_id": "a", "create_time": at("2026-03-01 12:00")}],
            video_snapshot_metric=self.counted((when[1], 80), (when[2], 177)),
        )
        assert made.reads("video_by_age", "age_days", "video_views", "is_estimated") == [
            (1, 40, True),
            (2, 80, False),
            (3, 80 + 48, True),  # 97 gained in 48.5 hours, 24 of them: exactly 48
        ]


class TestJson:
    def test_shares_are_one_row_per_snapshot_and_label(self, made: HandMade) -> None:
        made.writes(
            sync_run=[sync("2026-03-01 03:00")],
            profile_snapshot_metric=[
                {
                    "_quanti_sync_date": at("2026-03-01 03:00"),
                    "audience_countries": '[{"country":"FR","percentage":0.25},'
                    '{"country":"DE","percentage":"0.5"},{"percentage":1},7,null]',
                    "audience_ages": "[]",
                    "audience_genders": "not json",
                    "audience_cities": None,
                }
            ],
        )
        found = made.reads("audience_country", "sync_date", "country", "share")
        moment = at("2026-03-01 03:00")
        assert found == [(moment, "DE", 0.5), (moment, "FR", 0.25)]
        assert [made.reads(f"audience_{of}") for of in ("age", "gender", "city")] == [[], [], []]

    def test_impression_sources_are_one_row_per_snapshot_and_source(self, made: HandMade) -> None:
        made.writes(
            sync_run=[sync("2026-03-01 03:00")],
            video_snapshot_metric=[
                snapshot(
                    "a",
                    when,
                    impression_sources=f'[{{"impression_source":"For You","percentage":{part}}}]',
                )
                for when, part in (("2026-03-01 03:00", 0.9), ("2026-03-02 03:00", 1))
            ],
        )
        found = made.reads("video_impression_source", "item_id", "source", "share")
        assert found == [("a", "For You", 0.9), ("a", "For You", 1.0)]

    @pytest.mark.parametrize(
        ("day", "hour", "local"),
        [
            ("2026-03-29", 0, (1, "2026-03-29")),
            ("2026-03-29", 1, (3, "2026-03-29")),
            ("2026-10-25", 0, (2, "2026-10-25")),
            ("2026-10-25", 1, (2, "2026-10-25")),
            ("2026-12-31", 23, (0, "2027-01-01")),
        ],
    )
    def test_an_hour_has_its_local_hour_and_day(
        self, made: HandMade, day: str, hour: int, local: tuple[int, str]
    ) -> None:
        activity = f'[{{"hour":"{hour}","count":7}},{{"hour":"24","count":1}},{{"hour":"x"}}]'
        made.writes(
            profile_daily_metric=[{"date": date.fromisoformat(day), "audience_activity": activity}]
        )
        columns = ("hour_utc", "hour_local", "date_local", "followers_online")
        assert made.reads("audience_hour", *columns) == [
            (hour, local[0], date.fromisoformat(local[1]), 7)
        ]

    def test_hashtags_are_those_of_the_newest_caption(self, made: HandMade) -> None:
        made.writes(
            video=[
                {"item_id": "a", "hashtags": '["sale","日本語"]'},
                {"item_id": "b", "hashtags": "[]"},
                {"item_id": "c", "hashtags": None},
            ]
        )
        assert made.reads("video_hashtag", "item_id", "hashtag") == [("a", "sale"), ("a", "日本語")]


class TestAbsence:
    """The first reason that applies, one case each."""

    SEEN = "2026-03-10 03:00"

    def reasons(self, made: HandMade, table: str, column: str) -> list[str]:
        found = made.reads("absence", "table_name", "column_name", "reason")
        return [reason for name, empty, reason in found if (name, empty) == (table, column)]

    def day(self, made: HandMade, day: str, **values: Any) -> None:
        seen = at(self.SEEN)
        made.writes(
            sync_run=[sync(self.SEEN, withheld_columns="[]")],
            profile=[{"is_business_account": True}],
            coverage_day=[{"date": date.fromisoformat(day), "last_read_at": seen}],
            profile_daily_metric=[{"date": date.fromisoformat(day), **values}],
        )

    def test_a_value_that_is_there_has_no_row(self, made: HandMade) -> None:
        self.day(made, "2026-03-01", likes=0)
        assert self.reasons(made, "profile_daily_metric", "likes") == []
        assert self.reasons(made, "profile_daily_metric", "shares") == ["nothing_sent"]

    def test_the_permission_of_the_sync_that_read_the_day_comes_first(self, made: HandMade) -> None:
        made.writes(
            sync_run=[sync(self.SEEN, withheld_columns='["profile_daily_metric.likes"]')],
            profile=[{"is_business_account": False}],
            coverage_day=[{"date": date(2026, 3, 9), "last_read_at": at(self.SEEN)}],
            profile_daily_metric=[{"date": date(2026, 3, 9)}],
        )
        assert self.reasons(made, "profile_daily_metric", "likes") == ["permission_withheld"]
        found = self.reasons(made, "profile_daily_metric", "unique_video_views")
        assert found == ["not_business"]
        assert self.reasons(made, "profile_daily_metric", "shares") == ["before_analytics"]

    def test_small_accounts_have_no_follower_activity(self, made: HandMade) -> None:
        self.day(made, "2026-03-01", likes=1)
        made.writes(profile_snapshot_metric=[followers("2026-03-02 03:00", 99)])
        found = self.reasons(made, "profile_daily_metric", "audience_activity")
        assert found == ["under_100_followers"]

    def test_days_before_the_first_value_are_before_analytics(self, made: HandMade) -> None:
        self.day(made, "2026-03-02", likes=1)
        made.writes(profile_daily_metric=[{"date": date(2026, 3, 1)}])
        assert sorted(self.reasons(made, "profile_daily_metric", "likes")) == ["before_analytics"]

    @pytest.mark.parametrize(
        ("day", "reason"), [("2026-03-07", "nothing_sent"), ("2026-03-08", "too_fresh")]
    )
    def test_a_day_is_too_fresh_until_48_hours_after_its_end(
        self, made: HandMade, day: str, reason: str
    ) -> None:
        self.day(made, day, likes=1)
        assert self.reasons(made, "profile_daily_metric", "shares") == [reason]

    def test_clicks_that_were_never_returned_are_those_of_a_registered_business(
        self, made: HandMade
    ) -> None:
        self.day(made, "2026-03-01", likes=1, email_clicks=0)
        made.writes(profile_daily_metric=[{"date": date(2026, 3, 2), "likes": 1}])
        never = self.reasons(made, "profile_daily_metric", "bio_link_clicks")
        assert never == ["not_registered_business"] * 2
        assert self.reasons(made, "profile_daily_metric", "email_clicks") == ["nothing_sent"]

    @pytest.mark.parametrize(
        ("born", "once", "reason"),
        [
            ("2026-03-08 04:00", None, "too_fresh"),
            ("2025-03-01 00:00", 5, "frozen_video"),
            ("2026-01-01 00:00", 5, "idle_video"),
        ],
    )
    def test_a_videos_insights_are_absent_for_its_age_or_because_it_is_idle(
        self, made: HandMade, born: str, once: int | None, reason: str
    ) -> None:
        told = [snapshot("a", "2026-03-09 03:00", reach=once)] if once else []
        made.writes(
            sync_run=[sync(self.SEEN)],
            video_snapshot_metric=[
                snapshot("other", "2026-03-01 03:00"),
                *told,
                snapshot("a", self.SEEN, create_time=at(born)),
            ],
        )
        found = made.reads("absence", "item_id", "column_name", "reason")
        assert ("a", "reach", reason) in found
        assert ("a", "caption", "nothing_sent") in found
