"""The rows of the history tables, from one sync after the other; no warehouse, no clock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tiktok_organic.history.account_history import Book, StoredHistory, Sync
from tiktok_organic.history.rows import (
    ChangeRow,
    CoverageRow,
    NameRow,
    SyncRow,
    VideoRow,
)
from tiktok_organic.history.syncs import SyncFacts
from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.tiktok.record_types import Day, Video

START = datetime(2026, 3, 10, 3, tzinfo=UTC)
ALL = {
    "profile": ("succeeded", 1),
    "profile_snapshot_metric": ("succeeded", 1),
    "profile_daily_metric": ("succeeded", 0),
    "video_snapshot_metric": ("succeeded", 0),
}


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def video(item: str, *, born: float = -30, told: bool = True, **values: Any) -> ListedVideo:
    given = {"video_views": 10, "reach": 5 if told else None, **values}
    return ListedVideo.of(Video(item, create_time=micros(at(born)), **given))


def sync(
    day: float,
    videos: Iterable[ListedVideo] | None = (),
    days: Iterable[Day] = (),
    states: dict[date, str] | None = None,
    *,
    complete: bool = True,
    **facts: Any,
) -> Sync:
    given: dict[str, Any] = {"username": "bakery", "reports": ALL, **facts}
    told = SyncFacts(at(day), f"run-{day}", "open-id", **given)
    return Sync(told, days, videos, complete, states or {})


def rows(book: Book, table: str) -> list[dict[str, Any]]:
    changed = {made.name: found for made, found in book.changed()}
    return [dict(zip(HISTORY[table].names, row, strict=True)) for row in changed[table]]


def after(*syncs: Sync) -> Book:
    book = Book("open-id")
    for one in syncs:
        book.take(one)
    return book


def the_video(book: Book, item: str = "a") -> dict[str, Any]:
    return next(row for row in rows(book, "video") if row["item_id"] == item)


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (SyncRow, "sync_run"),
        (CoverageRow, "coverage_day"),
        (ChangeRow, "profile_daily_metric_change"),
        (NameRow, "account_username"),
        (VideoRow, "video"),
    ],
)
def test_a_row_has_the_columns_of_its_table_in_order(row: Any, table: str) -> None:
    assert row.names() == HISTORY[table].names


class TestVideos:
    def test_a_video_is_active_while_tiktok_returns_its_figures(self) -> None:
        found = the_video(after(sync(0, [video("a", caption="#One")])))
        assert (found["state"], found["first_seen"], found["last_seen"]) == (
            "active",
            at(0),
            at(0),
        )
        assert found["hashtags"] == '["one"]'

    def test_it_has_vanished_at_the_second_list_without_it_as_of_the_first(self) -> None:
        once = the_video(after(sync(0, [video("a")]), sync(1)))
        assert (once["state"], once["vanished_since"]) == ("active", None)
        twice = the_video(after(sync(0, [video("a")]), sync(1), sync(2), sync(3)))
        assert (twice["state"], twice["vanished_since"]) == ("vanished", at(1))
        assert twice["last_seen"] == at(0)

    def test_a_sync_without_a_complete_list_says_nothing_of_absence(self) -> None:
        found = the_video(after(sync(0, [video("a")]), sync(1), sync(2, None), sync(3, None)))
        assert found["state"] == "active"

    def test_a_list_shorter_than_tiktoks_count_says_nothing_of_absence(self) -> None:
        short = [sync(day, [video("b")], complete=False) for day in (1, 2, 3)]
        found = after(sync(0, [video("a"), video("b")]), *short)
        assert the_video(found)["state"] == "active"
        later = the_video(after(sync(0, [video("a"), video("b")]), *short, sync(4, [video("b")])))
        assert (later["state"], later["vanished_since"]) == ("active", None)

    def test_a_video_that_returns_is_active_again_with_the_time_of_its_return(self) -> None:
        book = after(sync(0, [video("a")]), sync(1), sync(2), sync(3, [video("a")]))
        found = the_video(book)
        assert (found["state"], found["vanished_since"]) == ("active", None)
        assert found["returned_at"] == at(3)

    def test_it_is_idle_when_a_figure_that_was_returned_once_is_missing(self) -> None:
        book = after(sync(0, [video("a")]), sync(8, [video("a", told=False)]))
        assert the_video(book)["state"] == "idle"

    def test_a_video_without_figures_since_the_first_sync_is_idle_until_it_has_some(self) -> None:
        young = [video("a", told=False), video("b", born=-1, told=False)]
        book = after(sync(0, young))
        assert the_video(book)["state"] == "idle"
        assert the_video(book, "b")["state"] == "idle"
        book = after(sync(0, young), sync(1, [video("a", told=False), video("b", born=-1)]))
        assert the_video(book)["state"] == "idle"
        assert the_video(book, "b")["state"] == "active"

    def test_a_new_one_without_insights_yet_is_active(self) -> None:
        book = after(sync(0), sync(1, [video("a", born=0.5, told=False)]))
        assert the_video(book)["state"] == "active"

    def test_it_is_frozen_after_365_days_idle_or_not(self) -> None:
        book = after(sync(0, [video("a", born=-365.5), video("b", born=-364.95)]))
        assert the_video(book)["state"] == "frozen"
        assert the_video(book, "b")["state"] == "active"
        aged = after(sync(0, [video("b", born=-364.95)]), sync(1, None))
        assert the_video(aged, "b")["state"] == "frozen"

    def test_a_value_that_tiktok_omits_does_not_erase_the_known_one(self) -> None:
        book = after(
            sync(0, [video("a", caption="one", share_url="u", media_type="PHOTO", is_ad=False)]),
            sync(1, [video("a")]),
        )
        found = the_video(book)
        assert (found["caption"], found["share_url"]) == ("one", "u")
        assert (found["media_type"], found["is_ad"]) == ("PHOTO", False)

    def test_an_older_list_adds_only_what_was_not_known(self) -> None:
        book = after(sync(5, [video("a")]), sync(1, [video("a"), video("b")]))
        assert (the_video(book)["first_seen"], the_video(book)["last_seen"]) == (at(1), at(5))
        assert the_video(book, "b")["last_seen"] == at(1)

    def test_only_changed_rows_are_written(self) -> None:
        stored = VideoRow(**the_video(after(sync(0, [video("a")]))))
        told = next(iter(SyncRow.stored(rows(after(sync(0, [video("a")])), "sync_run"))))
        book = Book("open-id", StoredHistory(syncs=[told], videos=[stored]))
        book.take(sync(0, [video("a")]))
        assert rows(book, "video") == []
        assert rows(book, "sync_run") == []


class TestDays:
    def test_a_correction_is_one_row_and_the_same_value_none(self) -> None:
        day = date(2026, 3, 8)
        book = after(
            sync(0, days=[Day(day, video_views=5, likes=1)]),
            sync(1, days=[Day(day, video_views=5, likes=2)]),
        )
        assert rows(book, "profile_daily_metric_change") == [
            {
                "account_id": "open-id",
                "date": day,
                "metric": "likes",
                "old_value": "1",
                "new_value": "2",
                "sync_date": at(1),
            }
        ]

    def test_null_to_value_counts_and_value_to_absent_does_not(self) -> None:
        day = date(2026, 3, 8)
        book = after(
            sync(0, days=[Day(day, likes=1)]),
            sync(1, days=[Day(day, comments=3)]),
            sync(2, days=[Day(day, likes=1, comments=3)]),
        )
        found = rows(book, "profile_daily_metric_change")
        assert [(row["metric"], row["old_value"], row["new_value"]) for row in found] == [
            ("comments", None, "3")
        ]

    def test_json_is_compared_by_value_and_an_empty_array_corrects_nothing(self) -> None:
        day = date(2026, 3, 8)
        told = '[{"hour":"0","count":7}]'
        book = after(
            sync(0, days=[Day(day)]),
            sync(1, days=[Day(day, audience_activity="[]")]),
            sync(2, days=[Day(day, audience_activity=told)]),
            sync(3, days=[Day(day, audience_activity='[{"count":7,"hour":"0"}]')]),
            sync(4, days=[Day(day, audience_activity="[]")]),
        )
        found = rows(book, "profile_daily_metric_change")
        assert [(row["old_value"], row["new_value"]) for row in found] == [("[]", told)]

    def test_coverage_has_when_a_day_was_read_and_became_final(self) -> None:
        day, lost = date(2026, 3, 6), date(2026, 3, 5)
        book = after(
            sync(0, days=[Day(day)], states={day: "provisional", lost: "lost"}),
            sync(1, days=[Day(day)], states={day: "final", lost: "lost"}),
            sync(2, states={day: "final", lost: "lost"}),
        )
        found = {row["date"]: row for row in rows(book, "coverage_day")}
        assert found[day] == {
            "account_id": "open-id",
            "date": day,
            "state": "final",
            "first_read_at": at(0),
            "last_read_at": at(1),
            "final_at": at(1),
        }
        assert (found[lost]["state"], found[lost]["first_read_at"]) == ("lost", None)


class TestSyncs:
    def test_a_sync_in_two_parts_is_one_row_with_all_reports(self) -> None:
        book = after(
            sync(
                0,
                None,
                reports={"profile": ("succeeded", 1), "video_snapshot_metric": ("failed", 0)},
            ),
            sync(0, [video("a")], reports={"video_snapshot_metric": ("succeeded", 0)}),
        )
        (found,) = rows(book, "sync_run")
        assert found["status"] == "succeeded"
        assert json.loads(found["reports"]) == {
            "profile": {"status": "succeeded", "rows": 1},
            "video_snapshot_metric": {"status": "succeeded", "rows": 1},
        }

    def test_a_failed_sync_that_lands_later_is_one_row(self) -> None:
        book = Book("open-id")
        facts = SyncFacts(at(0), "run-0", "open-id", "bakery", reports={"profile": ("failed", 0)})
        book.failed(facts)
        book.take(sync(0))
        (found,) = rows(book, "sync_run")
        assert found["status"] == "succeeded"

    def test_gains_count_new_videos_whole_and_leave_out_what_is_unknown(self) -> None:
        book = after(
            sync(0, [video("a", video_views=100), video("gone", video_views=7)]),
            sync(1, [video("a", video_views=130), video("new", born=0.5, video_views=9)]),
        )
        gains = {row["sync_date"]: row["views_gained"] for row in rows(book, "sync_run")}
        assert gains == {at(0): None, at(1): 39}

    def test_names_have_their_first_and_last_sync(self) -> None:
        book = after(sync(0), sync(1), sync(2, username="baker"))
        found = [
            (r["username"], r["first_seen"], r["last_seen"]) for r in rows(book, "account_username")
        ]
        assert found == [("bakery", at(0), at(1)), ("baker", at(2), at(2))]

    def test_every_column_of_the_dataset_is_defined_once(self) -> None:
        found = rows(after(sync(0)), "metric_definition")
        keys = [(row["table_name"], row["column_name"]) for row in found]
        assert len(set(keys)) == len(keys)
        assert ("video_daily", "gap_days") in keys
        assert ("metric_definition", "unit") in keys
        assert ("profile_daily_metric", "likes") in keys
        assert all(row["definition"] for row in found)


def views_of(number: int) -> int:
    return 1000 + number * 7919 % 1500


class TestSyncsOfLongAgo:
    """Only the syncs of the evidence are read; those before it are, when they must be told."""

    def stored(self, *, data_time: datetime | None) -> list[SyncRow]:
        """40 daily syncs of an account whose views vary from day to day."""
        midnight = START.replace(hour=0)

        def views(moment: datetime) -> int:
            day, part = divmod((moment - midnight) / timedelta(days=1) + 100, 1)
            return int(sum(map(views_of, range(int(day)))) + views_of(int(day)) * part)

        lag, found = timedelta(hours=30), list[SyncRow]()
        for number in range(40):
            moment = at(number + (number % 5) / 10)
            before = found[-1].sync_date if found else None
            gained = None if before is None else views(moment - lag) - views(before - lag)
            told = None if data_time is None else moment - lag
            model = None if data_time is None else "continuous:30"
            found.append(
                SyncRow(
                    moment,
                    f"run-{number}",
                    data_time=told,
                    views_gained=gained,
                    views_since=before,
                    counter_lag_model=model,
                )
            )
        return found

    def book(self, told: datetime | None, asked: list[str]) -> Book:
        def older() -> list[SyncRow]:
            asked.append("older")
            return [SyncRow(at(-300), "long-ago")]

        first = START.date() - timedelta(days=100)
        days = {
            first + timedelta(days=number): {"video_views": views_of(number)}
            for number in range(140)
        }
        stored = StoredHistory(syncs=self.stored(data_time=told), days=days, older=older)
        return Book("open-id", stored)

    def test_the_first_measured_delay_applies_to_all_syncs(self) -> None:
        asked: list[str] = []
        book = self.book(None, asked)
        book.take(sync(40))
        changed = {row["run_id"]: row["data_time"] for row in rows(book, "sync_run")}
        assert changed["long-ago"] is not None
        assert asked == ["older"]

    def test_a_later_measurement_reads_none_of_them(self) -> None:
        asked: list[str] = []
        book = self.book(at(0), asked)
        book.take(sync(40))
        assert [row["run_id"] for row in rows(book, "sync_run")] == ["run-40"]
        assert asked == []
