"""What the history tables and views must hold, calculated from what TikTok said at each sync.

Nothing of the product is used: the oracle asks the simulator itself, right before each sync, and
applies the contract (docs/models.yaml) in plain Python.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import httpx2

from tiktok_organic.simulator import Simulator
from tiktok_organic.simulator.endpoints.fields import VIDEO_SCOPES, scopes_of_profile_field
from waiting import PATIENCE

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTERS = ("video_views", "likes", "comments", "shares")
CLICKS = frozenset(
    f"{name}_clicks" for name in ("bio_link", "phone_number", "app_download", "email", "address")
) | {"lead_submissions"}
BUSINESS = CLICKS | {
    "unique_video_views", "engaged_audience", "audience_activity",
    "daily_new_followers", "daily_lost_followers", "daily_total_followers",
}  # fmt: skip
DAILY = (
    "video_views", "unique_video_views", "profile_views", "likes", "comments", "shares",
    "daily_new_followers", "daily_lost_followers", "daily_total_followers", "engaged_audience",
    "bio_link_clicks", "phone_number_clicks", "lead_submissions", "app_download_clicks",
    "email_clicks", "address_clicks", "audience_activity",
)  # fmt: skip
STATS = ("followers_count", "following_count", "total_likes", "videos_count")
AUDIENCES = ("audience_countries", "audience_cities", "audience_ages", "audience_genders")
PROFILE = ("display_name", "bio_description", "profile_image", "profile_deep_link", "is_verified",
           "is_business_account")  # fmt: skip
PERISHABLE = ("reach", "total_time_watched", "average_time_watched", "full_video_watched_rate",
              "impression_sources", "audience_countries")  # fmt: skip
PLAIN = ("create_time", "caption", "thumbnail_url", "embed_url", "share_url")
VIDEO = (*PLAIN, *COUNTERS, "video_duration", *PERISHABLE)
LATEST = (*COUNTERS, "reach", "video_duration", "total_time_watched", "average_time_watched",
          "full_video_watched_rate")  # fmt: skip
KNOWN = (*PROFILE, *STATS, *AUDIENCES, "username")

Row = dict[str, Any]


@dataclass
class Listening:
    """What TikTok says at one moment, and what became of the sync. `videos` None: not listed."""

    at: datetime
    account: Row
    days: dict[date, Row]
    videos: dict[str, Row] | None
    asked: tuple[date, date] | None = None
    data_time: datetime | None = None


def listens(simulator: Simulator, username: str, scopes: frozenset[str], at: datetime) -> Listening:
    """Ask for everything of the account that one may see with `scopes`."""
    world = simulator.world
    token = world.token(username, tuple(scopes))["access_token"]
    common = {"business_id": world.account(username).open_id}
    with httpx2.Client(headers={"Access-Token": token}, timeout=PATIENCE, verify=False) as http:
        fields = [name for name in (*KNOWN, *DAILY) if scopes & set(scopes_of_profile_field(name))]
        asked_of_videos = ["item_id", "is_ad", "media_type", *VIDEO]
        asked_of_videos = [name for name in asked_of_videos if VIDEO_SCOPES[name] in scopes]
        first, last = at.date() - 60 * DAY, at.date() - DAY
        told = _data(http, f"{simulator.api_url}/business/get/", {
            **common, "fields": json.dumps(fields), "start_date": str(first), "end_date": str(last),
        })  # fmt: skip
        videos: dict[str, Row] = {}
        cursor: int | None = None
        more = True
        while more:
            asked = {**common, "max_count": "20", "fields": json.dumps(asked_of_videos)}
            if cursor is not None:
                asked["cursor"] = str(cursor)
            page = _data(http, f"{simulator.api_url}/business/video/list/", asked)
            cursor, more = page["cursor"], page["has_more"]
            videos |= {video["item_id"]: video for video in page["videos"]}
    days = {date.fromisoformat(row["date"]): row for row in told.pop("metrics", [])}
    return Listening(at, told, days, videos)


def _data(http: httpx2.Client, address: str, query: Mapping[str, str]) -> Row:
    answer = http.get(address, params=dict(query)).json()
    assert answer["code"] == 0, answer
    data: Row = answer["data"]
    return data


@dataclass
class DayKnown:
    """One UTC day: its row, and how it was read."""

    row: Row | None = None
    reads: list[tuple[datetime, Row]] = field(default_factory=list)
    final_at: datetime | None = None
    final: bool = False


@dataclass
class VideoKnown:
    """One video: each snapshot with the moment of it, and its fate."""

    snapshots: list[tuple[datetime, Row]] = field(default_factory=list)
    absent: list[datetime] = field(default_factory=list)
    vanished_since: datetime | None = None
    returned_at: datetime | None = None


class Oracle:
    """Takes in one sync after the other; then every method gives a table or view of the contract.

    `withheld`: columns, as table.column, whose permission is not given.
    """

    def __init__(self, withheld: frozenset[str] = frozenset(), lookback: int = 5) -> None:
        self.withheld, self.lookback = withheld, lookback
        self.syncs: list[Listening] = []
        self.days: dict[date, DayKnown] = {}
        self.videos: dict[str, VideoKnown] = {}
        self.changes: set[tuple[date, str, str | None, str, datetime]] = set()
        self.names: dict[str, list[datetime]] = {}
        self.first_asked: date | None = None

    def synced(self, heard: Listening, recovered: int | None = None) -> None:
        """A sync loaded what was heard; `recovered`: days that a person asked for."""
        today = heard.at.date()
        first = today - DAY * (recovered or self.lookback)
        if recovered is None and self.first_asked is not None:
            day = max(self.first_asked, today - 60 * DAY)
            while day < first and (self._is_final(day) or self._state(day, today) == "lost"):
                day += DAY
            first = min(first, day)
        heard.asked = first, today - DAY
        self.first_asked = min(filter(None, (self.first_asked, first)))
        for day, row in heard.days.items():
            if day >= first:
                self._read(day, row, heard.at)
        if heard.videos is not None:
            self._list(heard)
        self.names.setdefault(heard.account["username"], []).append(heard.at)
        self.syncs.append(heard)

    def _read(self, day: date, row: Row, at: datetime) -> None:
        known = self.days.setdefault(day, DayKnown())
        told = {name: _value(row.get(name)) for name in DAILY}
        known.reads.append((at, told))
        if known.row is None:
            known.row = dict(told)
        else:
            for name, value in told.items():
                before = known.row[name]
                if value is None or (value == "[]" and before is not None):
                    continue
                if value != before and value != "[]":
                    old = None if before is None else str(before)
                    self.changes.add((day, name, old, str(value), at))
                known.row[name] = value
        ripe = [(when, values) for when, values in known.reads if when - _end(day) > 2 * DAY]
        same = list(itertools.takewhile(lambda read: read[1] == told, reversed(ripe)))
        final = len({when.date() for when, _ in same}) > 1
        if final and not known.final:
            known.final_at = at
        known.final = final
        known.final_at = known.final_at if final else None

    def _list(self, heard: Listening) -> None:
        assert heard.videos is not None
        for item, row in heard.videos.items():
            known = self.videos.setdefault(item, VideoKnown())
            known.snapshots.append((heard.at, {name: _value(row.get(name)) for name in row}))
            if known.vanished_since:
                known.returned_at = heard.at
            known.absent, known.vanished_since = [], None
        for item in self.videos.keys() - heard.videos.keys():
            known = self.videos[item]
            known.absent.append(heard.at)
            if len(known.absent) > 1:
                known.vanished_since = known.absent[0]

    def _is_final(self, day: date) -> bool:
        return day in self.days and self.days[day].final

    def _state(self, day: date, today: date) -> str:
        if day in self.days:
            return "final" if self.days[day].final else "provisional"
        return "lost" if day < today - 60 * DAY else "missing"

    @property
    def last(self) -> datetime:
        return self.syncs[-1].at

    def _lists(self) -> list[datetime]:
        return [sync.at for sync in self.syncs if sync.videos is not None]

    def data_time(self, at: datetime) -> datetime:
        """Return the data time of that sync; it never decreases."""
        times = [s.data_time or s.at - 36 * HOUR for s in self.syncs
                 if s.at <= at and s.videos is not None]  # fmt: skip
        return max(times)

    def first_data_time(self) -> datetime:
        return min(s.data_time or s.at - 36 * HOUR for s in self.syncs)

    # The tables and views.

    def coverage_day(self) -> set[tuple[Any, ...]]:
        assert self.first_asked is not None
        found = set()
        for day in _each(self.first_asked, self.last.date() - DAY):
            known = self.days.get(day, DayKnown())
            reads = [when for when, _ in known.reads]
            found.add((day, self._state(day, self.last.date()), min(reads, default=None),
                       max(reads, default=None), known.final_at))  # fmt: skip
        return found

    def video(self) -> set[tuple[Any, ...]]:
        found = set()
        for item, known in self.videos.items():
            moments = [at for at, _ in known.snapshots]
            found.add((item, self._born(item), self._newest(item, "caption"), moments[0],
                       moments[-1], self._fate(item), known.vanished_since,
                       known.returned_at))  # fmt: skip
        return found

    def _fate(self, item: str) -> str:
        known = self.videos[item]
        if known.vanished_since:
            return "vanished"
        if self.last - self._born(item) > 365 * DAY:
            return "frozen"
        rows = [row for _, row in known.snapshots]
        now = any(_present(rows[-1].get(name)) for name in PERISHABLE)
        ever = any(_present(row.get(name)) for row in rows for name in PERISHABLE)
        return "idle" if not now and (ever or self._from_the_start(item)) else "active"

    def _from_the_start(self, item: str) -> bool:
        return self.videos[item].snapshots[0][0] == self._lists()[0]

    def _born(self, item: str) -> datetime:
        return EPOCH + timedelta(seconds=int(self._newest(item, "create_time")))

    def _newest(self, item: str, name: str) -> Any:
        told = (row.get(name) for _, row in reversed(self.videos[item].snapshots))
        return next((value for value in told if value is not None), None)

    def account_daily(self) -> set[tuple[Any, ...]]:
        assert self.first_asked is not None
        posts: dict[date, int] = defaultdict(int)
        for item in self.videos:
            posts[self._born(item).date()] += 1
        found = set()
        for day in _each(self.first_asked, self.last.date() - DAY):
            row = self.days[day].row if day in self.days else dict.fromkeys(DAILY)
            assert row is not None
            new, lost = row["daily_new_followers"], row["daily_lost_followers"]
            net = None if new is None or lost is None else new - lost
            parts = [row[name] for name in ("likes", "comments", "shares")]
            rate = _rate(parts, row["video_views"])
            found.add((day, self._state(day, self.last.date()),
                       *(row[name] for name in DAILY[:6]), row["engaged_audience"],
                       row["bio_link_clicks"], new, lost, net, *self._followers(day),
                       posts[day], rate))  # fmt: skip
        return found

    def _followers(self, day: date) -> tuple[int | None, bool | None]:
        if day not in self.days:
            return None, None
        end = _end(day)
        told = [(s.at, s.account["followers_count"]) for s in self.syncs
                if s.account.get("followers_count") is not None]  # fmt: skip
        soon = [count for at, count in told if end <= at <= end + 2 * DAY]
        if soon:
            return soon[0], False
        if not told:
            return None, None
        at, count = min(told, key=lambda one: (abs(one[0] - end), one[0] < end))
        anchor = (at + DAY / 2).date() - DAY  # the midnight nearest to the snapshot
        for n in _each(day + DAY, anchor):
            count -= self._net(n)
        for n in _each(anchor + DAY, day):
            count += self._net(n)
        return count, True

    def _net(self, day: date) -> int:
        row = self.days[day].row if day in self.days else None
        if row is None or None in (row["daily_new_followers"], row["daily_lost_followers"]):
            return 0
        return int(row["daily_new_followers"] - row["daily_lost_followers"])

    def video_latest(self) -> set[tuple[Any, ...]]:
        found = set()
        for item, known in self.videos.items():
            values = [self._newest(item, name) for name in LATEST]
            moments = [
                max((at for at, row in known.snapshots if row.get(name) is not None), default=None)
                for name in ("reach", "total_time_watched")
            ]
            views, *parts = values[:4]
            rate = _rate(parts, views)
            as_of = min(filter(None, moments), default=None)
            found.add((item, *values, as_of, rate))
        return found

    def _readings(self, item: str, name: str) -> list[tuple[datetime, int]]:
        born, first = self._born(item), self.first_data_time()
        new, counted, found = born > first, False, list[tuple[datetime, int]]()
        if new:
            found.append((born, 0))
        for at, row in self.videos[item].snapshots:
            counted = counted or any(row.get(one) for one in COUNTERS)
            until, value = self.data_time(at), row.get(name)
            if value is not None and (not new or counted or until >= born + 2 * DAY):
                found.append((max(until, born) if new else until, value))
        return found

    def video_daily(self) -> set[tuple[Any, ...]]:
        rows: dict[tuple[str, date], list[Any]] = {}
        for item in self.videos:
            readings = {name: self._readings(item, name) for name in COUNTERS}
            for place, name in enumerate(COUNTERS):
                for day, gain in _gains(readings[name]).items():
                    rows.setdefault((item, day), [None] * 4)[place] = gain
            for (one, day), row in rows.items():
                if one == item and len(row) == 4:
                    told = [readings[name] for n, name in enumerate(COUNTERS) if row[n] is not None]
                    row.append(not all(_read_at_both_ends(day, times) for times in told))
                    row.append(max(_gap(day, times) for times in told))
        return {(*key, *row) for key, row in rows.items()}

    def video_by_age(self) -> set[tuple[Any, ...]]:
        found = set()
        for item, age in itertools.product(self.videos, (1, 2, 3, 7, 14, 30, 90)):
            at = self._born(item) + age * DAY
            values = [_at(self._readings(item, name), at) for name in COUNTERS]
            if any(value is not None for value in values):
                found.add((item, age, *values))
        return found

    def absence(self) -> set[tuple[Any, ...]]:
        return {*self._empty_days(), *self._empty_account(), *self._empty_videos()}

    def _empty_days(self) -> Iterator[tuple[Any, ...]]:
        business = bool(self.syncs[-1].account["is_business_account"])
        told = [day for day, known in self.days.items()
                if any(known.row[n] is not None for n in DAILY if n != "audience_activity")]  # type: ignore[index]  # fmt: skip
        for day, known in self.days.items():
            assert known.row is not None
            followers = self._followers(day)[0]
            small = known.row["audience_activity"] == "[]" or (
                followers is not None and followers < 100
            )
            for name in DAILY:
                if _present(known.row[name]):
                    continue
                never = all(not _present(one.row[name]) for one in self.days.values() if one.row)
                reasons = {
                    "permission_withheld": f"profile_daily_metric.{name}" in self.withheld,
                    "not_business": name in BUSINESS and not business,
                    "under_100_followers": name == "audience_activity" and small,
                    "before_analytics": not told or day < min(told),
                    "too_fresh": known.reads[-1][0] < _end(day) + 2 * DAY,
                    "not_registered_business": name in CLICKS and never,
                }
                yield None, day, "profile_daily_metric", name, _first(reasons)

    def _empty_account(self) -> Iterator[tuple[Any, ...]]:
        account = self.syncs[-1].account
        counted = any(known.row and any(v is not None for n, v in known.row.items()
                      if n != "audience_activity") for known in self.days.values())  # fmt: skip
        small = (account.get("followers_count") or 100) < 100
        for table, names in (("profile", PROFILE), ("profile_snapshot_metric", STATS + AUDIENCES)):
            for name in names:
                value = _value(account.get(name))
                audience = name in AUDIENCES
                if _present(value):
                    continue
                reasons = {
                    "permission_withheld": f"{table}.{name}" in self.withheld,
                    "under_100_followers": audience and (small or value == "[]"),
                    "before_analytics": audience and not counted,
                }
                yield None, None, table, name, _first(reasons)

    def _empty_videos(self) -> Iterator[tuple[Any, ...]]:
        for item, known in self.videos.items():
            at, row = known.snapshots[-1]
            age = at - self._born(item)
            rows = [row for _, row in known.snapshots]
            gone = not any(_present(row.get(name)) for name in PERISHABLE)
            once = any(row.get(name) is not None for row in rows for name in PERISHABLE)
            for name in VIDEO:
                if _present(row.get(name)):
                    continue
                counted = name not in PLAIN
                reasons = {
                    "permission_withheld": f"video_snapshot_metric.{name}" in self.withheld,
                    "too_fresh": counted and age < 2 * DAY,
                    "frozen_video": counted and age > 365 * DAY,
                    "idle_video": name in PERISHABLE
                    and gone
                    and (once or self._from_the_start(item)),
                }
                yield item, None, "video_snapshot_metric", name, _first(reasons)


def _first(reasons: Mapping[str, bool]) -> str:
    return next((reason for reason, applies in reasons.items() if applies), "nothing_sent")


def _value(value: Any) -> Any:
    """A list as its text."""
    if not isinstance(value, list):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _rate(parts: list[int | None], views: int | None) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / views if views and len(known) == len(parts) else None


def _present(value: Any) -> bool:
    return value not in (None, "[]")


def _end(day: date) -> datetime:
    return datetime.combine(day + DAY, time(), UTC)


def _each(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def _between(one: tuple[datetime, int], other: tuple[datetime, int], at: datetime) -> int:
    """The counter at an instant between two readings, rounded half up."""
    part = Fraction((at - one[0]) // timedelta(microseconds=1),
                    (other[0] - one[0]) // timedelta(microseconds=1))  # fmt: skip
    return one[1] + math.floor((other[1] - one[1]) * part + Fraction(1, 2))


def _gains(readings: list[tuple[datetime, int]]) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    if readings:
        found[readings[0][0].date()] += 0
    for one, other in itertools.pairwise(readings):
        before = one[1]
        for day in _each(one[0].date(), other[0].date()):
            until = other[1] if _end(day) > other[0] else _between(one, other, _end(day))
            found[day] += until - before
            before = until
    return dict(found)


def _read_at_both_ends(day: date, readings: list[tuple[datetime, int]]) -> bool:
    return all(
        any(abs(at - edge) <= HOUR for at, _ in readings) for edge in (_end(day) - DAY, _end(day))
    )


def _gap(day: date, readings: list[tuple[datetime, int]]) -> int:
    """The longest pair that has a part of the day; one that only ends at its start counts last."""
    start, end = _end(day) - DAY, _end(day)
    pairs = [(one[0], other[0]) for one, other in itertools.pairwise(readings)]
    within = [b - a for a, b in pairs if a < end and b > start]
    longest = max(within or [b - a for a, b in pairs if b == start] or [DAY])
    return max(1, math.floor(longest / DAY + 0.5))


def _at(readings: list[tuple[datetime, int]], at: datetime) -> int | None:
    for one, other in itertools.pairwise(readings):
        if one[0] < at < other[0]:
            return _between(one, other, at)
    exact = [value for when, value in readings if when == at]
    return exact[-1] if exact else None
