"""GET business/video/list/ as a client sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import Simulator
from tiktok_organic.simulator.endpoints.fields import PERISHABLE, VIDEO_CLICKS, VIDEO_SCOPES

SECOND = int(datetime(2026, 2, 1, 12, tzinfo=UTC).timestamp())


def test_its_page_has_the_documented_shape(alice: Caller) -> None:
    data = alice.videos()["data"]
    assert set(data) == {"has_more", "cursor", "videos"}
    assert (type(data["has_more"]), type(data["cursor"]), len(data["videos"])) == (bool, int, 10)
    assert set(data["videos"][0]) == {"item_id"}


def test_its_videos_have_the_documented_types(alice: Caller) -> None:
    video = next(v for v in alice.walk(*list(VIDEO_SCOPES)[1:]) if len(v) == len(VIDEO_SCOPES))
    texts = (
        "item_id",
        "media_type",
        "thumbnail_url",
        "share_url",
        "embed_url",
        "caption",
        "create_time",
    )
    counts = (
        "likes",
        "comments",
        "shares",
        "favorites",
        "reach",
        "video_views",
        "new_followers",
        "profile_views",
    )
    floats = (
        "video_duration",
        "total_time_watched",
        "average_time_watched",
        "full_video_watched_rate",
    )
    assert all(type(video[name]) is str for name in texts)
    assert all(type(video[name]) is int for name in (*counts, *VIDEO_CLICKS))
    assert all(type(video[name]) is float for name in floats)
    assert type(video["is_ad"]) is bool
    assert video["create_time"].isdigit()
    assert int(video["item_id"]) >> 32 == int(video["create_time"])
    assert set(video["impression_sources"][0]) == {"impression_source", "percentage"}
    assert set(video["audience_types"][0]) == {"type", "percentage"}
    assert set(video["audience_cities"][0]) == {"city_name", "percentage"}
    assert video["video_view_retention"][0] == {"second": "0", "percentage": 1.0}
    assert type(video["engagement_likes"][0]["second"]) is str


def test_it_lists_newest_first_and_every_video_once(alice: Caller) -> None:
    videos = alice.walk("create_time", max_count=20)
    times = [int(video["create_time"]) for video in videos]
    assert len({video["item_id"] for video in videos}) == len(videos) == 57
    assert times == sorted(times, reverse=True)


def test_its_cursor_is_the_last_items_creation_also_on_the_last_page(alice: Caller) -> None:
    data = alice.videos("create_time")["data"]
    assert data["cursor"] == int(data["videos"][-1]["create_time"]) * 1000
    last = alice.videos(
        "create_time", cursor=int(alice.walk("create_time")[-1]["create_time"]) * 1000 + 1
    )["data"]
    assert (last["has_more"], last["cursor"]) == (
        False,
        int(last["videos"][0]["create_time"]) * 1000,
    )


def test_a_cursor_is_any_instant_and_means_older_than_it(alice: Caller) -> None:
    times = [int(video["create_time"]) for video in alice.walk("create_time")]
    between = (times[3] + times[4]) // 2 * 1000
    assert (
        int(alice.videos("create_time", cursor=between)["data"]["videos"][0]["create_time"])
        == times[4]
    )
    exact = alice.videos("create_time", cursor=times[3] * 1000)["data"]["videos"]
    assert int(exact[0]["create_time"]) == times[4]


def test_past_the_oldest_video_is_an_empty_end(alice: Caller) -> None:
    assert alice.videos(cursor=1000)["data"] == {"has_more": False, "cursor": 1000, "videos": []}


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_videos_of_the_same_second_are_never_lost(
    simulator: Simulator, caller: Callable[..., Caller], size: int
) -> None:
    times = [SECOND] * 45 + [SECOND - 1] * 3 + [SECOND + 1] * 2 + [SECOND - 50]
    simulator.world.add_account("busy", create_times=times)
    videos = caller("busy").walk("create_time", max_count=size)
    assert len({video["item_id"] for video in videos}) == len(videos) == len(times)
    assert sorted(int(video["create_time"]) for video in videos) == sorted(times)


def test_a_second_has_at_most_a_thousand_videos(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="1000"):
        simulator.world.add_account("impossible", create_times=[SECOND] * 1001)


@pytest.mark.parametrize(
    "query",
    [
        {"fields": '["caption"]'},
        {"fields": '["item_id","shoe_size"]'},
        {"fields": "item_id"},
        {"max_count": "21"},
        {"max_count": "0"},
        {"max_count": "-1"},
        {"max_count": "ten"},
        {"cursor": "yesterday"},
        {"cursor": "1.5"},
        {"cursor": "-5"},
        {"filters": "[]"},
        {"filters": "{"},
        {"filters": '{"video_ids": "7"}'},
        {"filters": '{"ad_post_only": true}'},
    ],
)
def test_it_refuses_bad_parameters(alice: Caller, query: dict[str, Any]) -> None:
    response = alice.raw("/business/video/list/", **query)
    assert (response.status_code, response.json()["code"]) == (200, 40002)


def test_filtered_videos_come_in_the_order_asked(alice: Caller) -> None:
    ids = [video["item_id"] for video in alice.walk()]
    wanted = [ids[30], ids[2], ids[50]]
    data = alice.videos(filters={"video_ids": [wanted[0], "123", *wanted[1:]]})["data"]
    assert [video["item_id"] for video in data["videos"]] == wanted
    assert (data["cursor"], data["has_more"]) == (0, False)


def test_a_filter_can_keep_only_ads(alice: Caller) -> None:
    videos = alice.walk("is_ad")
    ads = [video["item_id"] for video in videos if video["is_ad"]]
    found = alice.videos(
        filters={
            "video_ids": ([v["item_id"] for v in videos][:15] + ads)[:20],
            "ad_post_only": True,
        }
    )
    assert all(video["item_id"] in ads for video in found["data"]["videos"])


def test_photos_and_ads_are_among_the_posts(caller: Callable[..., Caller]) -> None:
    videos = caller("big.outdoors").walk("media_type", "is_ad", max_count=20)
    assert len(videos) == 2300
    assert {video["media_type"] for video in videos} == {"VIDEO", "PHOTO"}
    assert {video["is_ad"] for video in videos} == {True, False}


def test_idle_videos_lose_exactly_their_perishable_fields(
    alice: Caller, simulator: Simulator
) -> None:
    fields = list(VIDEO_SCOPES)[1:]
    simulator.world.settings.update(idle_posts="none")
    lively = alice.videos(*fields, cursor=SECOND * 1000)["data"]["videos"][0]
    simulator.world.settings.update(idle_posts="all")
    idle = alice.videos(*fields, cursor=SECOND * 1000)["data"]["videos"][0]
    assert set(lively) - set(idle) == PERISHABLE
    simulator.world.settings.update(idle_posts="natural")
    lengths = {len(video) for video in alice.walk(*fields)}
    assert {len(lively), len(idle)} <= lengths


def test_counters_grow_and_freeze_after_a_year(
    alice: Caller, pass_time: Callable[..., None]
) -> None:
    def views() -> int:
        return int(alice.walk("video_views")[-1]["video_views"])

    first = views()
    pass_time(days=30)
    grown = views()
    pass_time(days=330)
    frozen = views()
    pass_time(days=100)
    assert first < grown < frozen == views()


def test_counters_never_shrink(alice: Caller, pass_time: Callable[..., None]) -> None:
    seen: dict[str, dict[str, Any]] = {}
    for _ in range(10):
        for video in alice.walk("likes", "video_views"):
            if "likes" in video:
                former = seen.get(video["item_id"], {"likes": 0, "video_views": 0})
                assert video["likes"] >= former["likes"]
                assert video["video_views"] >= former["video_views"]
                seen[video["item_id"]] = video
        pass_time(hours=13)


@pytest.mark.parametrize(("choice", "seen"), [("absent", None), ("zero", int)])
def test_a_young_video_has_no_counts_yet(
    alice: Caller, simulator: Simulator, choice: str, seen: Any
) -> None:
    simulator.world.settings.update(young_posts=choice)
    simulator.world.account().posts.add(int(simulator.world.clock.now().timestamp()) - 60)
    video = alice.videos("likes", "caption")["data"]["videos"][0]
    assert "caption" in video
    assert type(video.get("likes")) is (seen or type(None))


def test_a_video_appears_when_published_and_goes_when_removed(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    soon = int(simulator.world.clock.now().timestamp()) + 600
    item = simulator.world.account().posts.add(soon).item_id
    assert item not in [video["item_id"] for video in alice.walk()]
    pass_time(minutes=11)
    assert alice.videos()["data"]["videos"][0]["item_id"] == item
    simulator.world.account().posts.remove(item)
    assert len(alice.walk()) == 57


def test_create_time_can_be_a_number(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(create_time_as_number=True)
    assert type(alice.videos("create_time")["data"]["videos"][0]["create_time"]) is int


def test_short_pages_still_have_all_videos(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(short_pages=True)
    instants = [SECOND * 1000 + number for number in range(8)]
    sizes = {
        len(alice.videos(cursor=instant, max_count=20)["data"]["videos"]) for instant in instants
    }
    assert min(sizes) < 20
    assert len(alice.walk(max_count=20)) == 57


@pytest.mark.parametrize("interval", [1, 2])
def test_empty_pages_lead_on(alice: Caller, simulator: Simulator, interval: int) -> None:
    simulator.world.settings.update(empty_pages_every=interval)
    pages = simulator.world.journal.count("video/list/")
    assert len({video["item_id"] for video in alice.walk(max_count=20)}) == 57
    assert simulator.world.journal.count("video/list/") - pages > 3


def test_empty_pages_are_empty_and_have_more(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(empty_pages_every=1)
    data = alice.videos()["data"]
    assert (data["videos"], data["has_more"]) == ([], True)


def test_duplicates_across_pages_lose_nothing(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(duplicate_posts_every=1)
    ids = [video["item_id"] for video in alice.walk(max_count=5)]
    assert len(ids) > len(set(ids)) == 57


def test_a_personal_account_has_no_clicks_on_videos(caller: Callable[..., Caller]) -> None:
    videos = caller("camille.crée").walk(*list(VIDEO_SCOPES)[1:])
    assert all(not {"profile_views", *VIDEO_CLICKS} & set(video) for video in videos)


def test_insights_of_videos_need_their_own_scope(caller: Callable[..., Caller]) -> None:
    bob = caller(scopes=("video.list",))
    assert bob.videos("caption")["code"] == 0
    assert bob.videos("new_followers")["code"] == 40001


def test_captions_have_many_scripts_and_newlines(caller: Callable[..., Caller]) -> None:
    text = "".join(
        video["caption"] for video in caller("big.outdoors").walk("caption", max_count=20)
    )
    assert all(sign in text for sign in ('"', "\n", "\t", "🥖", "خ", "ל", "朝", "é", "\\"))


def test_its_thumbnails_are_upright_pictures(alice: Caller) -> None:
    url = alice.videos("thumbnail_url")["data"]["videos"][0]["thumbnail_url"]
    assert 'height="480"' in alice.http.get(url).text
    assert alice.http.get(url.partition("?")[0]).status_code == 403


def test_forty_thousand_videos_are_walked_by_distinct_cursors(simulator: Simulator) -> None:
    account = simulator.world.add_account("archive", videos=40_000, video_days=2000.0)
    before, seen = 2**62, 0
    while page := account.posts.page(before, 20):
        assert all(left.position > right.position for left, right in pairwise(page))
        before, seen = page[-1].position, seen + len(page)
    assert seen == 40_000
