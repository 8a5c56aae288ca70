"""A year of an account, with everything that happens to one, against what was really so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import httpx2
import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator
from waiting import PATIENCE

USER = "year.bakery"
DATASET = "tiktokorganic_year_bakery"
DAY = timedelta(days=1)
SYNCS = (
    *range(30),
    *range(33, 37),  # after 3 days without
    *range(57, 61),  # after 20
    *range(131, 230, 11),  # after 70, more than TikTok looks back
    230,  # the owner has revoked the consent
    *range(260, 362, 17),
    *range(362, 366),
)
"""The days with a sync: few in quiet times, to save time."""
REVOKED = (230, 260)
"""On the first of these days the owner takes the consent back, on the other one gives it again."""


class Year:
    """The story, played once."""

    def __init__(self, alice: Alice) -> None:
        self.alice = alice
        self.time = alice.time
        self.world = alice.simulator.world
        self.start = self.time.now()
        self.synced: list[datetime] = []
        self.failed = 0

    def play(self) -> None:
        connector = self.alice.connects("--recover", "30", account=USER)["id"]
        self.connector = connector
        items = self.world.truth(USER).item_ids()
        posts = self.world.account(USER).posts
        self.removed, self.hidden = items[3], items[5]
        self.world.restate(self.day(8), self.now(11), 0.1, USER)
        for day in range(366):
            if day == 20:
                self.world.rename(USER, "year.baker")
                posts.remove(self.removed)
                posts.remove(self.hidden, kind="hidden")
            if day == 26:
                posts.bring_back(self.hidden)
            if day == REVOKED[0]:
                self.world.revoke("year.baker")
            if day == REVOKED[1]:
                self.reconnects()
            if day in SYNCS:
                self.sync(connector)
            self.time.passes(hours=24 - day % 3 * 0.5 + 0.5)

    def reconnects(self) -> None:
        answer = self.alice.browser.allows("year.baker")
        said = self.alice.types("reconnect", self.connector, "--json", answer=answer)
        assert said.exit == 0, said

    def sync(self, connector: str) -> None:
        run = self.alice.syncs(connector)
        if run.get("status") == "succeeded":
            self.synced.append(datetime.fromisoformat(run["sync_date"]))
        else:
            self.failed += 1

    def day(self, number: int) -> date:
        return self.start.date() + DAY * number

    def now(self, number: int) -> datetime:
        return self.start + DAY * number


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("year")
    time = StoryTime()
    with (
        pytest.MonkeyPatch.context() as patch,
        httpx2.Client(timeout=PATIENCE, verify=False) as http,
        Simulator(clock=time.now, random=Random(7), sleep=time.sleep) as running,
    ):
        patch.chdir(folder)
        running.world.settings.update(limits=False)
        first = int(time.now().timestamp())
        running.world.add_account(
            USER,
            followers=5000,
            create_times=[first + (n * 14 - 90) * 86_400 + n % 7 * 7200 for n in range(30)],
        )
        alice = Alice(folder / "home", running, time, Browser(http), patch)
        made = Year(alice)
        made.play()
        yield made


def test_every_lost_day_is_named_and_no_other(year: Year) -> None:
    rows = year.alice.asks(f"SELECT date, state FROM {DATASET}.coverage_day ORDER BY 1")
    days = [day for day, _ in rows]
    assert days == [days[0] + DAY * n for n in range(len(days))]
    assert days[0] <= year.start.date() - 29 * DAY
    assert days[-1] == year.synced[-1].date() - DAY
    lost = {day for day, state in rows if state == "lost"}
    stored = {day for (day,) in year.alice.asks(f"SELECT date FROM {DATASET}.profile_daily_metric")}
    assert lost.isdisjoint(stored)
    assert lost | stored | {d for d, state in rows if state == "missing"} == set(days)
    assert 8 <= len(lost) <= 14
    for day in lost:  # TikTok answers for 60 days, and publishes a day 36 hours after its end
        reachable = [s for s in year.synced if timedelta(days=3) <= s - _noon(day) <= 58 * DAY]
        assert not reachable, day


def test_no_row_is_doubled(year: Year) -> None:
    keys = {
        "profile_daily_metric": "date",
        "video_snapshot_metric": "item_id, _quanti_sync_date",
        "profile_snapshot_metric": "_quanti_sync_date",
        "video": "item_id",
        "video_daily": "item_id, date",
        "account_daily": "date",
        "video_latest": "item_id",
        "video_by_age": "item_id, age_days",
        "coverage_day": "date",
        "sync_run": "sync_date",
    }
    for table, key in keys.items():
        doubled = f"SELECT {key} FROM {DATASET}.{table} GROUP BY {key} HAVING count(*) > 1"
        assert year.alice.asks(doubled) == [], table


def test_stored_days_are_the_truth(year: Year) -> None:
    truth = year.world.truth("year.baker")
    rows = year.alice.asks(
        f"SELECT date, video_views, likes, comments, shares FROM {DATASET}.account_daily "
        "WHERE state = 'final'"
    )
    assert len(rows) > 150
    for day, *values in rows:
        meant = truth.account_day(day)
        wanted = [meant.views, meant.gross_likes, meant.comments, meant.shares]
        assert values == wanted, day


def test_the_sum_over_a_videos_days_is_its_counter(year: Year) -> None:
    snapshots = year.alice.asks(
        "SELECT item_id, video_views, likes, comments, shares "
        f"FROM {DATASET}.video_snapshot_metric ORDER BY _quanti_sync_date"
    )
    born = dict(year.alice.asks(f"SELECT item_id, epoch(create_time) FROM {DATASET}.video"))
    ((first,),) = year.alice.asks(
        "SELECT epoch(min(coalesce(data_time, sync_date - INTERVAL 36 HOUR))) "
        f"FROM {DATASET}.sync_run WHERE status <> 'failed'"
    )
    told: dict[str, list[tuple[int | None, ...]]] = defaultdict(list)
    for item, *values in snapshots:
        told[item].append(tuple(values))
    sums = year.alice.asks(
        "SELECT item_id, sum(video_views)::BIGINT, sum(likes)::BIGINT, sum(comments)::BIGINT, "
        f"sum(shares)::BIGINT FROM {DATASET}.video_daily GROUP BY 1"
    )
    assert len(sums) >= 28
    for item, *found in sums:
        for place, gained in enumerate(found):
            values = [row[place] for row in told[item] if row[place] is not None]
            start = 0 if born[item] > first else values[0]
            assert gained == values[-1] - start, (item, place)


def test_video_daily_is_within_five_percent_of_the_truth(year: Year) -> None:
    """For new videos, on days between daily syncs; an outage is divided evenly over its days."""
    truth = year.world.truth("year.baker")
    found = {
        (item, day): views
        for item, day, views in year.alice.asks(
            f"SELECT item_id, date, video_views FROM {DATASET}.video_daily WHERE gap_days <= 1"
        )
    }
    errors, total = 0, 0
    for (item, day), views in found.items():
        meant = truth.video_day(item, day).views
        errors, total = errors + abs(views - meant), total + meant
    assert len(found) > 100
    assert errors / total <= 0.05, errors / total


def test_states_of_videos_are_what_happened_to_them(year: Year) -> None:
    rows = year.alice.asks(
        "SELECT item_id, state, vanished_since IS NOT NULL, returned_at IS NOT NULL "
        f"FROM {DATASET}.video"
    )
    states = {item: rest for item, *rest in rows}
    assert states[year.removed] == ["vanished", True, False]
    assert states[year.hidden][0] != "vanished"
    assert states[year.hidden][1:] == [False, True]
    assert {state for _, state, *_ in rows} >= {"vanished", "idle", "active", "frozen"}


def test_a_restated_day_is_a_correction(year: Year) -> None:
    corrected = year.alice.asks(
        "SELECT old_value::BIGINT > new_value::BIGINT "
        f"FROM {DATASET}.profile_daily_metric_change WHERE metric = 'video_views' AND date = ?",
        year.day(8),
    )
    assert (True,) in corrected


def test_names_failures_and_syncs_are_told(year: Year) -> None:
    names = year.alice.asks(f"SELECT username FROM {DATASET}.account_username ORDER BY first_seen")
    assert names == [("year.bakery",), ("year.baker",)]
    runs = dict(year.alice.asks(f"SELECT status, count(*) FROM {DATASET}.sync_run GROUP BY status"))
    assert len(year.synced) == len(SYNCS) - 1
    assert runs["succeeded"] == len(year.synced) + 2  # connecting and reconnecting sync too
    assert runs["failed"] == year.failed == 1


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
