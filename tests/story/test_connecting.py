"""Five steps in a terminal: from TikTok's consent page to a connector."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cast import Alice, Browser

TABLES = ["profile", "profile_snapshot_metric", "profile_daily_metric", "video_snapshot_metric"]
NAME = "TikTok Organic - Demo Bäckerei 🥨"


@pytest.fixture
def alice(alice: Alice) -> Alice:
    """She connects for herself in each story: that is what these are about."""
    alice.homes = None
    return alice


def test_a_program_reads_the_address_first_and_the_connector_second(
    alice: Alice, browser: Browser
) -> None:
    said = alice.types("connect", "--json", answer=browser.allows())
    address, connector = said.documents
    assert said.exit == 0
    assert set(address) == {"authorize_url"}
    assert address["authorize_url"].startswith(alice.simulator.authorize_url)
    assert connector["name"] == NAME
    assert connector["username"] == "demo.bakery"
    assert connector["dataset"] == "tiktokorganic_demo_bakery"
    assert connector["destination"] == f"duckdb:///{alice.file}"
    assert connector["reports"] == TABLES
    assert (connector["schedule"], connector["state"], connector["last_run"]) == (
        "daily",
        "active",
        None,
    )
    assert connector["next_due"] == "2026-03-12T03:00:00.000000Z"
    assert connector["consent_ends"].startswith("2027-03-11T15:00:00")
    assert {"id", "account_id", "created_at"} <= set(connector)


def test_a_connector_document_is_the_same_from_connect_show_and_connectors(alice: Alice) -> None:
    connected = alice.connects()
    assert alice.types("show", NAME, "--json").document == connected
    assert alice.types("show", connected["id"], "--json").document == connected
    assert alice.types("connectors", "--json").document == [connected]


def test_a_person_is_told_what_to_open_who_it_is_and_what_comes_next(
    alice: Alice, browser: Browser
) -> None:
    said = alice.types("connect", answer=browser.allows())
    assert said.exit == 0
    assert alice.simulator.authorize_url in said.out
    everything = said.out + said.err
    for fact in (
        "Demo Bäckerei 🥨",
        "@demo.bakery",
        "Business",
        "5,210",
        "Avatar",
        "tiktok-organic recover",
    ):
        assert fact in everything


def test_connecting_starts_nothing_unless_asked(alice: Alice) -> None:
    alice.connects()
    assert alice.types("runs", "--json").document == []
    assert not alice.file.exists()
    assert alice.simulator.world.journal.count("/business/video/list/") == 0


def test_connecting_can_sync_at_once(alice: Alice) -> None:
    connector = alice.connects("--sync")
    assert connector["last_run"]["status"] == "succeeded"
    (run,) = alice.types("runs", "--json").document
    assert (run["kind"], run["window"]) == ("sync", {"from": "2026-03-06", "to": "2026-03-10"})


def test_connecting_can_recover_at_once(alice: Alice) -> None:
    alice.connects("--recover", "60")
    (run,) = alice.types("runs", "--json").document
    assert (run["kind"], run["window"]) == ("recovery", {"from": "2026-01-10", "to": "2026-03-10"})
    assert run["reports"]["profile_daily_metric"]["rows"] == 59  # yesterday is not published yet


def test_the_choices_of_the_wizard_can_be_given_as_options(alice: Alice) -> None:
    connector = alice.connects(
        "--name", "Bread", "--dataset", "bread_1", "--reports", "profile_daily_metric,profile",
        "--schedule", "weekly", "--destination", f"duckdb:///{alice.home}/elsewhere/bread.duckdb",
        "--sync",
    )  # fmt: skip
    assert connector["name"] == "Bread"
    assert connector["reports"] == ["profile", "profile_daily_metric"]
    assert connector["schedule"] == "weekly"
    assert (alice.home / "elsewhere" / "bread.duckdb").exists()
    assert not alice.file.exists()


def test_a_relative_destination_is_meant_from_where_alice_stood(
    alice: Alice, tmp_path: Path
) -> None:
    connector = alice.connects("--destination", "duckdb:///near.duckdb", "--sync")
    assert connector["destination"] == f"duckdb:///{tmp_path}/near.duckdb"
    assert (tmp_path / "near.duckdb").exists()


def test_auth_code_is_as_good_as_code(alice: Alice) -> None:
    assert (
        alice.connects(change=lambda address: address.replace("?code=", "?auth_code="))["state"]
        == "active"
    )


@pytest.mark.parametrize("wrap", ['  "{}"  ', "“{}”.", "„{}“,"])
def test_a_pasted_address_may_be_wrapped_in_quotes_and_blanks_and_end_a_sentence(
    alice: Alice, wrap: str
) -> None:
    assert alice.connects(change=wrap.format)["state"] == "active"


def test_withheld_scopes_are_named_and_their_columns_stay_empty(
    alice: Alice, browser: Browser
) -> None:
    said = alice.types(
        "connect", "--sync", answer=browser.allows(withhold=["user.info.profile", "video.insights"])
    )
    assert said.exit == 0
    assert "user.info.profile, video.insights" in said.err
    assert alice.types("show", NAME, "--json").document["withheld_scopes"] == [
        "user.info.profile",
        "video.insights",
    ]
    (run,) = alice.types("runs", "--json").document
    assert any(
        "user.info.profile" in warning and "video.insights" in warning
        for warning in run["warnings"]
    )
    assert alice.rows("profile", "bio_description", "is_verified", "username") == [
        (None, None, "demo.bakery")
    ]
    assert alice.asks(
        "SELECT count(*), count(likes), count(average_time_watched) FROM "
        "tiktokorganic_demo_bakery.video_snapshot_metric"
    ) == [(57, 57, 0)]


def test_a_second_account_gets_free_names(alice: Alice) -> None:
    alice.simulator.world.add_account("demo_bakery", display_name="Demo Bäckerei 🥨")
    alice.simulator.world.add_account("DEMO-bakery", display_name="DEMO BÄCKEREI 🥨")
    first = alice.connects()
    second, third = alice.connects(account="demo_bakery"), alice.connects(account="DEMO-bakery")
    assert [c["dataset"] for c in (first, second, third)] == [
        "tiktokorganic_demo_bakery", "tiktokorganic_demo_bakery_2", "tiktokorganic_demo_bakery_3",
    ]  # fmt: skip
    assert second["name"] == f"{NAME} 2"
    assert third["name"] == "TikTok Organic - DEMO BÄCKEREI 🥨 3"


def test_a_dataset_name_may_be_used_again_at_another_destination(alice: Alice) -> None:
    alice.connects()
    other = alice.connects("--destination", f"duckdb:///{alice.home}/two.duckdb", "--dataset",
                           "tiktokorganic_demo_bakery", account="big.outdoors")  # fmt: skip
    assert other["dataset"] == "tiktokorganic_demo_bakery"


def test_an_owner_who_is_nothing_but_a_letter_gets_a_valid_dataset(alice: Alice) -> None:
    alice.simulator.world.add_account("ÄÖ.9", display_name="   ")
    connector = alice.connects(account="ÄÖ.9")
    assert connector["dataset"].isascii()
    assert connector["name"].strip() != "TikTok Organic -"


@pytest.mark.parametrize("words", [["connect"], ["connect", "--json"]])
def test_without_a_tiktok_app_it_says_which_settings_are_missing(
    alice: Alice, words: list[str]
) -> None:
    alice.settings["CLIENT_SECRET"] = ""
    said = alice.types(*words)
    assert said.exit == 1
    assert "TIKTOK_ORGANIC_CLIENT_SECRET" in said.err
    if "--json" in words:
        assert said.error["code"] == "app_not_configured"


def test_a_wrong_secret_is_told_as_such(alice: Alice, browser: Browser) -> None:
    alice.settings["CLIENT_SECRET"] = "not-the-right-secret"
    said = alice.types("connect", "--json", answer=browser.allows())
    assert said.exit == 1
    assert said.error["code"] == "app_refused"
    assert "TIKTOK_ORGANIC_CLIENT_SECRET" in said.error["advice"]
    assert "not-the-right-secret" not in json.dumps(said.documents) + said.err
