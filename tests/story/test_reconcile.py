"""`reconcile` compares what TikTok returns in two places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator


def lives(alice: Alice, time: StoryTime, days: int) -> str:
    connector = str(alice.connects("--sync", "--recover", "60")["id"])
    for _ in range(days):
        time.passes(days=1)
        assert alice.syncs(connector)["status"] == "succeeded"
    return connector


@pytest.fixture
def reconciled(alice: Alice) -> Callable[..., Any]:
    def asks(connector: str, *options: str) -> Any:
        said = alice.types("reconcile", connector, *options, "--json")
        assert said.exit == 0, said
        return said.document

    return asks


def test_a_world_that_adds_up_reconciles(
    alice: Alice, simulator: Simulator, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    simulator.world.settings.update(ads_counted=True, post_counting="continuous")
    document = reconciled(lives(alice, time, 8))
    assert document["videos"]["verdict"] == "equal"
    assert document["videos"]["listed"] == document["videos"]["counted"] > 50
    assert document["followers"]["verdict"] == "equal"
    assert document["views"]["verdict"] == "explained", document["views"]
    assert document["views"]["account"] == sum(d["account"] for d in document["views"]["days"]) > 0
    truth = simulator.world.truth()
    final = [day for day in document["views"]["days"] if day["state"] == "final"]
    assert final
    for day in final:
        assert day["account"] == truth.account_day(time.today().fromisoformat(day["date"])).views


def test_posts_that_show_in_ads_only_explain_a_longer_list(
    alice: Alice, simulator: Simulator, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    simulator.world.settings.update(ads_counted=False)
    videos = reconciled(lives(alice, time, 0))["videos"]
    assert videos["difference"] > 0
    assert videos["verdict"] == "explained"


def test_a_list_that_is_shorter_than_the_count_is_flagged(
    alice: Alice, simulator: Simulator, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    connector = lives(alice, time, 0)
    simulator.world.faults.add(
        "bad_values",
        "/business/get/",
        where="data",
        fields=["videos_count"],
        kind="given",
        value=99,
    )
    time.passes(days=1)
    alice.syncs(connector)
    videos = reconciled(connector)["videos"]
    assert (videos["verdict"], videos["counted"]) == ("flagged", 99)
    assert str(99 - videos["listed"]) in videos["explanation"]


def test_views_that_belong_to_no_listed_video_are_flagged(
    alice: Alice, simulator: Simulator, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    simulator.world.settings.update(unlisted_share=0.2, post_counting="continuous")
    views = reconciled(lives(alice, time, 8))["views"]
    assert views["verdict"] == "flagged"
    assert 0.1 < views["difference"] / views["account"] < 0.25
    assert "no listed video" in views["explanation"]


def test_followers_that_go_without_being_lost_are_flagged(
    alice: Alice, simulator: Simulator, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    connector = lives(alice, time, 3)
    simulator.world.faults.add(
        "bad_values",
        "/business/get/",
        where="data",
        fields=["followers_count"],
        kind="given",
        value=500,
    )
    time.passes(days=1)
    alice.syncs(connector)
    followers = reconciled(connector)["followers"]
    assert followers["verdict"] != "flagged", "its day is not counted yet"
    assert abs(followers["difference"]) <= 5, "the parts of the first and last day are estimates"
    simulator.world.faults.add(
        "missing_fields",
        "/business/get/",
        where="data",
        fields=["followers_count"],
        count=None,
    )
    for _ in range(4):
        time.passes(days=1)
        alice.syncs(connector)
    followers = reconciled(connector)["followers"]
    assert followers["verdict"] == "flagged"
    assert followers["change"] < -500


def test_without_two_syncs_nothing_is_compared_that_needs_them(
    alice: Alice, time: StoryTime, reconciled: Callable[..., Any]
) -> None:
    document = reconciled(lives(alice, time, 0))
    assert document["views"]["verdict"] == "not_comparable"
    assert document["views"]["account"] is None


def test_people_read_the_same_in_words(alice: Alice, time: StoryTime) -> None:
    said = alice.types("reconcile", lives(alice, time, 4))
    assert said.exit == 0
    assert "Followers: change, and new minus lost: " in said.out
    assert "Views: of the account, and of its videos: " in said.out


def test_a_number_of_days_out_of_range_is_refused(alice: Alice) -> None:
    connector = alice.connects("--sync")["id"]
    said = alice.types("reconcile", connector, "--days", "0", "--json")
    assert (said.exit, said.error["code"]) == (1, "bad_value")
