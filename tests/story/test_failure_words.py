"""A failed sync says why on standard error, with the terminal or without."""

from __future__ import annotations

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator


@pytest.mark.parametrize(
    "words", [("sync", "--all"), ("sync", "--all", "--json"), ("sync",), ("sync", "--json")]
)
def test_a_sync_that_fails_in_part_says_why_and_what_to_do(
    alice: Alice, simulator: Simulator, words: tuple[str, ...]
) -> None:
    connector = alice.connects()["id"]
    simulator.world.faults.add("not_json", "/business/video/list/", count=None)
    if "--all" not in words:
        words = (words[0], connector, *words[1:])
    said = alice.types(*words)
    assert said.exit == 1
    assert "failed in part" in said.err
    assert "archive" in said.err


def test_a_list_that_ends_before_tiktoks_own_count_is_warned_about(
    alice: Alice, simulator: Simulator
) -> None:
    connector = alice.connects()["id"]
    simulator.world.faults.add("early_end", "/business/video/list/", count=None)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert [text for text in run["warnings"] if "listed 20 videos and counts 54" in text]


def test_one_connector_with_a_poisoned_value_leaves_the_others_an_array(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    alice.connects()
    simulator.world.accounts.add("tea.room", videos=3)
    alice.connects(account="tea.room")
    simulator.world.faults.add(
        "bad_values",
        where="account",
        fields=["display_name"],
        kind="given",
        value="cake \\u0000 cake",
        count=None,
    )
    said = alice.types("sync", "--all", "--json")
    assert [run["status"] for run in said.document] == ["succeeded", "succeeded"], said
