"""Every history table and view equals the oracle's, for random accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cast import Alice
from oracle import PERISHABLE, Oracle, listens

from tiktok_organic.simulator.endpoints.fields import SCOPES

USER = "random.bakery"
DATASET = "tiktokorganic_random_bakery"
SYNCS = 12
DAY = timedelta(days=1)

LIVES: dict[int, dict[str, Any]] = {
    1: {"settings": {}, "traits": {"followers": 900}, "long_outage": 7},
    2: {
        "settings": {
            "post_counting": "continuous",
            "young_posts": "zero",
            "small_audience": "absent",
            "gated_metrics": "null",
        },
        "traits": {"followers": 101},
        "withheld": "video.insights",
        "turns_personal": 6,
    },
}
"""What differs from life to life; the number is the seed of all that happens."""


@dataclass
class Life:
    alice: Alice
    oracle: Oracle
    failed: int
    partial: int

    def asks(self, view: str, columns: str) -> set[tuple[Any, ...]]:
        rows = self.alice.asks(f"SELECT {columns} FROM {DATASET}.{view}")
        found = {tuple(map(_utc, row)) for row in rows}
        assert len(found) == len(rows), f"{view} has doubled rows"
        return found


def live(number: int, alice: Alice) -> Life:
    """One life: syncs at uneven hours, with outages, failures and all that may happen to videos."""
    about, dice, time = LIVES[number], Random(number), alice.time
    world = alice.simulator.world
    world.settings.update(limits=False, **about["settings"])
    first = int(time.now().timestamp())
    births = [-400 * 86_400, -364 * 86_400, -60 * 86_400, -3 * 86_400, -7200]
    births += [dice.randrange(-90, 75) * 86_400 + dice.randrange(86_400) for _ in range(13)]
    world.add_account(USER, create_times=[first + born for born in births], **about["traits"])
    withheld = tuple(filter(None, [about.get("withheld")]))
    scopes = frozenset(SCOPES) - frozenset(withheld)
    oracle = Oracle(_withheld(about.get("withheld")))
    heard = listens(alice.simulator, USER, scopes, time.now())
    options = ("--recover", "20", "--sync")
    connector = alice.connects(*options, account=USER, withhold=withheld)["id"]
    oracle.synced(heard, 20)
    failed = partial = 0
    for turn in range(1, SYNCS):
        long = 70 if turn == about.get("long_outage") else dice.choice((1, 1, 1, 1, 2, 4, 9))
        time.passes(days=long, minutes=dice.randrange(-500, 500))
        happens(dice, world, turn, time.now())
        if turn == about.get("turns_personal"):
            account = world.account(name(world))
            account.is_business_account = account.is_registered = False
        heard = listens(alice.simulator, world.account(name(world)).username, scopes, time.now())
        fate = dice.random()
        if fate < 0.1:
            world.faults.add("not_json", count=None)
        elif fate < 0.2:
            world.faults.add("not_json", "/business/video/list/", count=None)
            heard.videos = None
        elif fate < 0.35:
            world.faults.add(
                "missing_fields", "/video/list/", fields=["likes"], index=None, count=None
            )
            heard.videos = {
                item: {key: value for key, value in video.items() if key != "likes"}
                for item, video in (heard.videos or {}).items()
            }
        run = alice.syncs(connector)
        world.faults.clear()
        failed += run["status"] == "failed"
        partial += run["status"] == "partial"
        if run["status"] != "failed":
            assert datetime.fromisoformat(run["sync_date"]) == heard.at
            oracle.synced(heard)
    told = alice.asks(f"SELECT sync_date, data_time FROM {DATASET}.sync_run")
    times = {_utc(at): _utc(until) for at, until in told}
    for sync in oracle.syncs:
        sync.data_time = times[sync.at]
    return Life(alice, oracle, failed, partial)


def happens(dice: Random, world: Any, turn: int, now: datetime) -> None:
    """One of the things that owners and TikTok do."""
    user = name(world)
    posts = world.account(user).posts
    what = dice.choice(("nothing", "remove", "hide", "return", "restate", "rename", "followers"))
    item = dice.choice([post.item_id for post in posts])
    if what in ("remove", "hide"):
        posts.remove(item, kind="hidden" if what == "hide" else "removed")
    elif what == "return":
        for post in list(posts):
            posts.bring_back(post.item_id)
    elif what == "restate":
        world.restate(now.date() - 4 * DAY, now + 2 * DAY, 0.2, user)
    elif what == "rename":
        world.rename(user, f"random.baker{turn}")
    elif what == "followers":
        world.account(user).following += 1


def name(world: Any) -> str:
    names = [user for user in world.accounts.usernames() if user.startswith("random.baker")]
    return str(names[0])


def _withheld(scope: str | None) -> frozenset[str]:
    """The columns that the scope opens."""
    if scope == "video.insights":
        return frozenset(
            f"video_snapshot_metric.{column}" for column in set(PERISHABLE) - {"reach"}
        )
    return frozenset()


def _utc(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


@pytest.fixture(params=LIVES)
def life(
    request: pytest.FixtureRequest,
    alice: Alice,
) -> Life:
    return live(request.param, alice)


COLUMNS = {
    "coverage_day": "date, state, first_read_at, last_read_at, final_at",
    "video": "item_id, create_time, caption, first_seen, last_seen, state, vanished_since, "
    "returned_at",
    "account_daily": "date, state, video_views, unique_video_views, profile_views, likes, "
    "comments, shares, engaged_audience, bio_link_clicks, new_followers, lost_followers, "
    "net_followers, followers, followers_is_estimated, posts_published, engagement_rate",
    "video_latest": "item_id, video_views, likes, comments, shares, reach, video_duration, "
    "total_time_watched, average_time_watched, full_video_watched_rate, insights_as_of, "
    "engagement_rate",
    "video_daily": "item_id, date, video_views, likes, comments, shares, is_estimated, gap_days",
    "video_by_age": "item_id, age_days, video_views, likes, comments, shares",
    "absence": "item_id, date, table_name, column_name, reason",
}


def test_tables_and_views_hold_what_the_contract_says_of_what_tiktok_said(life: Life) -> None:
    for view, columns in COLUMNS.items():
        meant = getattr(life.oracle, view)()
        found = life.asks(view, columns)
        assert (found - meant, meant - found) == (set(), set()), view
        assert found, view
    changes = "date, metric, old_value, new_value, sync_date"
    assert life.asks("profile_daily_metric_change", changes) == life.oracle.changes
    assert life.oracle.changes
    names = {(each, min(when), max(when)) for each, when in life.oracle.names.items()}
    assert life.asks("account_username", "username, first_seen, last_seen") == names
    windows = {(sync.at, *(sync.asked or ())) for sync in life.oracle.syncs}
    told = life.asks("sync_run", "sync_date, status, window_start, window_end")
    assert {(at, *window) for at, status, *window in told if status != "failed"} == windows
    statuses = [status for _, status, *_ in told]
    assert statuses.count("partial") == life.partial
    assert life.failed - statuses.count("failed") in (0, 1)  # the last one has no commit yet
