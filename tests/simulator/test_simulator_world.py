"""The invented world adds up: counters are sums of days, and account days are sums of videos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import Simulator, World
from tiktok_organic.simulator.accounts.counts import Counts
from tiktok_organic.simulator.accounts.rhythm import part_of_day
from tiktok_organic.simulator.accounts.truth import Truth

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)  # as in conftest
TODAY = NOW.date()
COUNTERS = ("video_views", "likes", "comments", "shares")
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)  # 36 hours before NOW, back to the midnight before


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _counters(video: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(video[name] for name in COUNTERS)


def _true(counts: Counts) -> tuple[int, ...]:
    return (counts.views, counts.likes, counts.comments, counts.shares)


@pytest.fixture
def truth(simulator: Simulator) -> Truth:
    return simulator.world.truth()


def test_counters_are_the_sums_of_the_videos_true_days(alice: Caller, truth: Truth) -> None:
    sums: dict[str, tuple[int, ...]] = {}
    for row in truth.video_days(TODAY - timedelta(days=300), date(2026, 3, 9)):
        former = sums.get(row.item_id, (0, 0, 0, 0))
        gained = (row.views, row.likes, row.comments, row.shares)
        sums[row.item_id] = tuple(a + b for a, b in zip(former, gained, strict=True))
    videos = [video for video in alice.walk(*COUNTERS, max_count=20) if "likes" in video]
    assert len(videos) > 50
    assert {video["item_id"]: _counters(video) for video in videos} == {
        video["item_id"]: sums[video["item_id"]] for video in videos
    }


def test_account_days_are_the_sums_of_all_videos_with_gross_likes(
    alice: Caller, simulator: Simulator, truth: Truth
) -> None:
    posts = simulator.world.account().posts
    first, last = TODAY - timedelta(days=60), TODAY - timedelta(days=5)
    # Nothing is lost of what removed and hidden videos were given.
    newest = posts.page(int(NOW.timestamp() * 1000), 6)
    assert posts.remove(newest[0].item_id)
    assert posts.remove(newest[5].item_id, datetime(2026, 2, 20, tzinfo=UTC), "hidden")
    sums = {day.isoformat(): [0, 0, 0, 0] for day in _days(first, last)}
    for row in truth.video_days(first, last):
        gained = (row.views, row.gross_likes, row.comments, row.shares)
        of_day = sums[row.date.isoformat()]
        of_day[:] = [a + b for a, b in zip(of_day, gained, strict=True)]
    rows = alice.profile(*COUNTERS, start_date=str(first), end_date=str(last))["data"]["metrics"]
    assert {row["date"]: list(_counters(row)) for row in rows} == sums
    assert all(row["video_views"] > 0 for row in rows)


@pytest.mark.parametrize("counting", ["stepwise", "continuous"])
@pytest.mark.parametrize("delay", [0, 24, 36, 48])
def test_a_counter_has_exactly_what_happened_until_its_data_time(
    alice: Caller, simulator: Simulator, truth: Truth, counting: str, delay: int
) -> None:
    simulator.world.settings.update(post_latency_hours=delay, post_counting=counting)
    until = NOW - timedelta(hours=delay)
    if counting == "stepwise":
        until = until.replace(hour=0, minute=0)
    for video in alice.videos(*COUNTERS, max_count=20)["data"]["videos"]:
        if "likes" in video:
            assert _counters(video) == _true(truth.counter(video["item_id"], until))


def test_a_day_is_spread_over_its_hours_as_documented(truth: Truth) -> None:
    assert part_of_day(0) == 0.0
    assert part_of_day(86_400 - 1) < 1
    assert part_of_day(20 * 3600) - part_of_day(17 * 3600) > 0.2  # the evening
    assert part_of_day(5 * 3600) - part_of_day(2 * 3600) < 0.04  # the night
    item = truth.item_ids()[-3]
    day = truth.video_day(item, date(2026, 3, 5))
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    halves = [
        truth.counter(item, noon).since(truth.counter(item, noon - timedelta(hours=12))),
        truth.counter(item, noon + timedelta(hours=12)).since(truth.counter(item, noon)),
    ]
    assert halves[0].views + halves[1].views == day.views
    assert 0 < halves[0].views < halves[1].views


def test_views_outside_the_list_come_only_by_a_setting(
    alice: Caller, simulator: Simulator, truth: Truth
) -> None:
    first, last = TODAY - timedelta(days=60), TODAY - timedelta(days=5)

    def views() -> Any:
        rows = alice.profile("video_views", start_date=str(first), end_date=str(last))
        return sum(row["video_views"] for row in rows["data"]["metrics"])

    listed = sum(row.views for row in truth.video_days(first, last))
    assert views() == listed
    simulator.world.settings.update(unlisted_share=0.2)
    assert 1 - listed / views() == pytest.approx(0.2, abs=0.02)
    days = _days(first, last)
    whole = simulator.world.truth()
    assert sum(whole.account_day(day).views for day in days) == views()


def test_settings_may_differ_by_account(
    alice: Caller, caller: Callable[..., Caller], simulator: Simulator
) -> None:
    alice.control("settings", username="demo.bakery", post_latency_hours=0, young_posts="zero")
    for name in ("demo.bakery", "big.outdoors"):
        posts = simulator.world.account(name).posts
        posts.add(int(NOW.timestamp()) - 60)
    assert alice.videos("likes")["data"]["videos"][0] == {
        "item_id": alice.videos()["data"]["videos"][0]["item_id"],
        "likes": 0,
    }
    assert "likes" not in caller("big.outdoors").videos("likes")["data"]["videos"][0]
    told = alice.control("settings", username="demo.bakery", latency=1.0)
    assert (told.status_code, "latency" in told.json()["error"]) == (400, True)


def test_settings_can_be_given_at_construction() -> None:
    world = World(lambda: NOW, settings={"unlisted_share": 0.1})
    world.settings.update(unlisted_share=0.2)
    world.reset()
    assert world.settings.unlisted_share == 0.1
    account = world.add_account("own", settings={"post_latency_hours": 48})
    assert world.settings_of(account).post_latency_hours == 48
    with pytest.raises(ValueError, match="shoe_size"):
        world.add_account("odd", settings={"shoe_size": 44})


def test_likes_are_taken_back_and_views_never_are(truth: Truth) -> None:
    rows = list(truth.video_days(TODAY - timedelta(days=300), TODAY))
    assert any(row.likes < 0 for row in rows)
    assert all(min(row.views, row.gross_likes, row.comments, row.shares) >= 0 for row in rows)
    assert sum(row.likes for row in rows) < sum(row.gross_likes for row in rows)


def test_videos_have_viral_days_second_waves_and_paid_bursts(simulator: Simulator) -> None:
    world = simulator.world
    world.add_account("varied", followers=50_000, videos=300, video_days=300.0, ad_share=0.1)
    account, truth = world.account("varied"), world.truth("varied")
    gains: dict[str, list[int]] = {}
    for row in truth.video_days(TODAY - timedelta(days=300), TODAY - timedelta(days=1)):
        gains.setdefault(row.item_id, []).append(row.views)
    assert any(max(days[2:], default=0) > 1.5 * max(days[:2]) for days in gains.values())
    waves = 0
    for days in gains.values():
        quiet = next((n for n in range(10, len(days)) if sum(days[n - 7 : n]) == 0), None)
        waves += quiet is not None and sum(days[quiet:]) > 100
    assert waves > 5
    ads = [post for post in account.posts if account.is_ad(post)]
    assert 10 < len(ads) < 60


def test_an_idle_video_loses_its_perishable_fields_and_gets_them_back(
    simulator: Simulator, caller: Callable[..., Caller], truth: Truth
) -> None:
    world = simulator.world
    world.add_account("busy", followers=20_000, videos=60, video_days=200.0)
    fields = ("video_views", "reach", "total_time_watched")
    owner = caller("busy")
    told: dict[str, list[tuple[bool, datetime]]] = {}
    for _ in range(120):
        for video in owner.walk(*fields, max_count=20):
            told.setdefault(video["item_id"], []).append(("reach" in video, world.clock.now()))
        world.clock.move(timedelta(days=1))
    busy = world.truth("busy")
    returns = 0
    for item, seen in told.items():
        for (was, _), (has, now) in pairwise(seen):
            noticed = (now - timedelta(hours=36)).replace(hour=0)
            week = busy.counter(item, noticed).views - (
                busy.counter(item, noticed - timedelta(days=7)).views
            )
            born = busy.counter(item, noticed).views == 0
            assert has == (week > 0) or born
            returns += has and not was and not born
    assert returns >= 2


def test_a_removed_video_gains_nothing_and_a_hidden_one_goes_on(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    posts = simulator.world.account().posts
    first, second = [post.item_id for post in posts.page(int(NOW.timestamp() * 1000), 3)[1:]]
    truth = simulator.world.truth()
    alice.control("posts/remove", item_id=first)
    alice.control("posts/remove", item_id=second, kind="hidden")
    listed = {video["item_id"] for video in alice.walk()}
    assert not listed & {first, second}
    assert len(listed) == 55
    then = NOW + timedelta(days=3)
    assert truth.counter(first, then) == truth.counter(first, NOW)
    assert truth.counter(second, then).views > truth.counter(second, NOW).views
    pass_time(days=3)
    assert alice.control("posts/return", item_id=first).json() == {"returned": True}
    assert alice.control("posts/return", item_id=first).json() == {"returned": False}
    assert first in {video["item_id"] for video in alice.walk()}
    later = then + timedelta(days=3)
    assert truth.counter(first, later).views > truth.counter(first, then).views
    kinds = {(event.kind, event.item_id) for event in truth.events() if event.at >= NOW}
    assert kinds == {("removed", first), ("hidden", second), ("returned", first)}


def test_removal_and_return_can_be_planned(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    posts = simulator.world.account().posts
    item = posts.page(int(NOW.timestamp() * 1000), 1)[0].item_id
    posts.remove(item, NOW + timedelta(days=1))
    posts.bring_back(item, NOW + timedelta(days=2))
    seen = []
    for _ in range(4):
        seen.append(item in {video["item_id"] for video in alice.walk()})
        pass_time(hours=16)
    assert seen == [True, True, False, True]


def test_followers_move_by_what_was_won_and_lost(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.clock.set(datetime(2026, 3, 4, tzinfo=UTC))  # counters of the midnight
    before = alice.profile("followers_count")["data"]["followers_count"]
    pass_time(days=14)
    after = alice.profile("followers_count")["data"]["followers_count"]
    truth = simulator.world.truth()
    net = 0
    for day in _days(date(2026, 3, 4), date(2026, 3, 17)):
        metrics = truth.day_metrics(day)
        won, lost = metrics["daily_new_followers"], metrics["daily_lost_followers"]
        assert isinstance(won, int)
        assert isinstance(lost, int)
        net += won - lost
    assert after - before == net != 0


def test_a_restated_day_changes_once(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    day = date(2026, 3, 1)
    at = (NOW + timedelta(days=2)).isoformat()
    alice.control("restate", date=str(day), at=at, share=0.25)
    told = []
    for _ in range(4):
        row = alice.profile(*COUNTERS, start_date=str(day), end_date=str(day))["data"]["metrics"]
        told.append(_counters(row[0]))
        pass_time(days=1)
    assert told[0] == told[1] != told[2] == told[3]
    assert told[2][0] == simulator.world.truth().account_day(day).views
    assert told[0][0] == pytest.approx(told[2][0] * 1.25, abs=1)


def test_a_rename_happens_at_its_date(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    at = (NOW + timedelta(days=1)).isoformat()
    alice.control("rename", new_username="bakery.berlin", at=at)
    assert alice.profile("username")["data"] == {"username": "demo.bakery"}
    pass_time(days=1)
    assert alice.profile("username")["data"] == {"username": "bakery.berlin"}
    url = alice.videos("share_url")["data"]["videos"][0]["share_url"]
    assert "@bakery.berlin/" in url


def test_an_outage_lasts_from_one_instant_to_another(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    since, until = NOW + timedelta(hours=1), NOW + timedelta(hours=3)
    alice.control(
        "faults", name="http_503", count=None, since=since.isoformat(), until=until.isoformat()
    )
    codes = []
    for _ in range(4):
        codes.append(alice.raw("/business/get/").status_code)
        pass_time(hours=1)
    assert codes == [200, 503, 503, 200]
    told = alice.control("faults", name="http_503", since="2026-03-11T00:00:00")
    assert told.status_code == 400


def test_audiences_drift(alice: Caller, pass_time: Callable[..., None]) -> None:
    def home() -> Any:
        rows = alice.profile("audience_countries")["data"]["audience_countries"]
        return {row["country"]: row["percentage"] for row in rows}["DE"]

    shares = []
    for _ in range(90):
        shares.append(home())
        pass_time(days=1)
    steps = [abs(after - before) for before, after in pairwise(shares)]
    assert max(steps) < 0.01 < max(shares) - min(shares)


def test_old_videos_come_less_from_for_you(
    simulator: Simulator, caller: Callable[..., Caller]
) -> None:
    simulator.world.settings.update(idle_posts="none")
    videos = caller("big.outdoors").walk("create_time", "impression_sources", max_count=20)
    shares = [
        {source["impression_source"]: source["percentage"] for source in video[
            "impression_sources"
        ]}["For You"]
        for video in videos
        if "impression_sources" in video
    ]  # fmt: skip
    assert sum(shares[:100]) / 100 > sum(shares[-100:]) / 100 + 0.1


def test_counters_of_young_videos_can_be_withheld_by_age(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.settings.update(post_latency_hours=0, post_counting="continuous")
    simulator.world.settings.update(young_hours=30)
    simulator.world.account().posts.add(int(NOW.timestamp()) - 1)
    seen = []
    for _ in range(4):
        seen.append("likes" in alice.videos("likes")["data"]["videos"][0])
        pass_time(hours=10)
    assert seen == [False, False, False, True]


def test_the_truth_is_available_over_http(alice: Caller, simulator: Simulator) -> None:
    def ask(path: str, **query: Any) -> Any:
        return alice.http.get(f"{simulator.url}/_simulator/{path}", params=query).json()

    document = ask("truth", start="2026-03-01", end="2026-03-05")
    assert [day["date"] for day in document["days"]] == [f"2026-03-0{n}" for n in range(1, 6)]
    assert document["days"][0]["video_views"] == (
        simulator.world.truth().account_day(date(2026, 3, 1)).views
    )
    assert {event["kind"] for event in document["events"]} == {"published"}
    videos = ask("truth/videos", start="2026-03-01", end="2026-03-01")["videos"]
    assert sum(video["views"] for video in videos) == document["days"][0]["video_views"]
    assert set(videos[0]) == {
        "item_id", "date", "views", "likes", "comments", "shares", "gross_likes"
    }  # fmt: skip


def test_the_world_is_the_same_in_every_process_and_another_with_another_seed() -> None:
    def views(seed: int) -> Any:
        truth = World(lambda: NOW, seed=seed).truth()
        return [truth.account_day(day).views for day in _days(date(2026, 1, 1), date(2026, 1, 5))]

    assert views(1) == views(1) != views(2)
    assert views(1) == [3525, 1897, 1445, 724, 1282]
