"""Errors while connecting: each has a message with advice, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cast import Alice, Answer, Browser
from story_time import StoryTime

DATASET = "tiktokorganic_demo_bakery"


@pytest.fixture
def alice(alice: Alice) -> Alice:
    """She connects for herself in each story: that is what these are about."""
    alice.homes = None
    return alice


@pytest.fixture
def refused(alice: Alice) -> Callable[..., dict[str, str]]:
    """Connect in vain: the refusal, after a look that nothing was written."""

    def attempt(*options: str, answer: Answer, plain_too: bool = True) -> dict[str, str]:
        before = alice.types("connectors", "--json").document
        said = alice.types("connect", "--json", *options, answer=answer)
        assert said.exit == 1
        assert [set(document) for document in said.documents] == [{"authorize_url"}, {"error"}]
        assert said.error["message"] in said.err
        assert said.error["advice"] in said.err
        assert alice.types("connectors", "--json").document == before
        return said.error

    return attempt


def test_a_denied_consent(refused: Callable[..., dict[str, str]], browser: Browser) -> None:
    error = refused(answer=browser.denies)
    assert error["code"] == "access_denied"
    assert "Start again" in error["advice"]


def test_an_address_of_yesterday(
    refused: Callable[..., dict[str, str]], browser: Browser, time: StoryTime
) -> None:
    def slowly(printed: str) -> str:
        landed = browser.allows()(printed)
        time.passes(minutes=10, seconds=1)
        return landed

    assert refused(answer=slowly)["code"] == "state_expired"


def test_ten_minutes_are_enough(alice: Alice, browser: Browser, time: StoryTime) -> None:
    def slowly(printed: str) -> str:
        landed = browser.allows()(printed)
        time.passes(minutes=9, seconds=59)
        return landed

    assert alice.types("connect", "--json", answer=slowly).exit == 0


def test_a_used_address(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    landed: list[str] = []

    def remembering(printed: str) -> str:
        landed.append(browser.allows()(printed))
        return landed[0]

    alice.types("connect", "--json", answer=remembering)
    error = refused(answer=lambda printed: landed[0])
    assert error["code"] == "state_used"
    assert "again" in error["advice"] or "last" in error["advice"]


def test_an_address_of_another_attempt(
    refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    def foreign(printed: str) -> str:
        return str(
            httpx2.URL(browser.allows()(printed).strip()).copy_set_param("state", "charlies-state")
        )

    assert refused(answer=foreign)["code"] == "wrong_state"


@pytest.mark.parametrize(
    ("landed", "code"),
    [
        ("\n", "no_address"),
        ("", "no_address"),
        ("hello\n", "bad_address"),
        ("https://alice.example/tiktok/\n", "bad_address"),
        ("https://[broken\n", "bad_address"),
    ],
)
def test_no_address_at_all(refused: Callable[..., dict[str, str]], landed: str, code: str) -> None:
    assert refused(answer=lambda printed: landed)["code"] == code


@pytest.mark.parametrize("tail", ["”x", " and thank you", "…", "%20!"])
def test_an_address_with_words_behind_it_is_not_taken_for_another_attempt(
    refused: Callable[..., dict[str, str]], browser: Browser, tail: str
) -> None:
    error = refused(answer=browser.allows(change=lambda address: address + tail))
    assert error["code"] == "bad_address"


@pytest.mark.parametrize("scope", ["user.info.username", "user.account.type"])
def test_a_needed_scope_that_was_withheld(
    refused: Callable[..., dict[str, str]], browser: Browser, scope: str
) -> None:
    error = refused(answer=browser.allows(withhold=[scope]))
    assert error["code"] == "scope_missing"
    assert scope in error["message"]


def test_a_personal_account_learns_how_to_convert(
    refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    error = refused(answer=browser.allows("camille.crée"))
    assert error["code"] == "personal_account"
    assert "@camille.crée" in error["message"]
    assert (
        "Settings → Manage account → Switch to Professional account → Business" in error["advice"]
    )
    assert "ry again" in error["advice"]


def test_an_account_whose_type_tiktok_does_not_tell_is_not_called_personal(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.simulator.world.faults.add(
        "missing_fields", "/business/get/", where="data", fields=["is_business_account"], count=None
    )
    assert "Personal" not in refused(answer=browser.allows())["message"]


def test_an_account_that_another_connector_holds(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.connects("--name", "Bread")
    error = refused(answer=browser.allows())
    assert error["code"] == "account_held"
    assert "'Bread'" in error["message"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--dataset", "Bakery"], "dataset"),
        (["--dataset", "1bakery"], "dataset"),
        (["--dataset", "_bakery"], "dataset"),
        (["--dataset", "bake-ry"], "dataset"),
        (["--dataset", "bäckerei"], "dataset"),
        (["--dataset", ""], "dataset"),
        (["--dataset", "a" * 5000], "dataset"),
        (["--dataset", "bakery\n"], "dataset"),
        (["--dataset", "bakery; DROP TABLE x"], "dataset"),
        (["--name", ""], "name"),
        (["--name", "   "], "name"),
        (["--name", "x" * 5000], "name"),
        (["--name", "two\nlines"], "name"),
        (["--reports", ""], "reports"),
        (["--reports", ","], "reports"),
        (["--reports", "profile,videos"], "reports"),
        (["--reports", "all"], "reports"),
        (["--schedule", "hourly"], "schedule"),
        (["--schedule", ""], "schedule"),
        (["--recover", "0"], "days"),
        (["--recover", "61"], "60"),
        (["--recover", "-5"], "days"),
        (["--destination", "mysql://host/db"], "destination"),
        (["--destination", "warehouse.duckdb"], "destination"),
        (["--destination", "duckdb://"], "destination"),
        (["--destination", "duckdb:///"], "destination"),
        (["--destination", ""], "destination"),
        (["--reports", "profile", "--recover", "60"], "profile_daily_metric"),
    ],
)
def test_a_wrong_value_is_named_with_an_example_before_the_consent_is_used(
    alice: Alice, refused: Callable[..., dict[str, str]], options: Any, named: str
) -> None:
    def nobody_reads(printed: str) -> str:
        raise AssertionError("the consent was wasted")

    error = refused(*options, answer=nobody_reads)
    assert named.lower() in error["message"].lower()
    assert error["advice"]
    assert not alice.file.exists()
    assert alice.simulator.world.journal.count() == 0


@pytest.mark.parametrize(
    "options", [["--recover", "many"], ["--recover", "1.5"], ["--nonsense"], ["--sync", "x"]]
)
def test_a_line_that_cannot_be_parsed_is_exit_2(alice: Alice, options: list[str]) -> None:
    said = alice.types("connect", "--json", *options)
    assert (said.exit, said.out) == (2, "")
    assert said.err


def test_a_name_that_is_taken(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.connects("--name", "Bread")
    error = refused("--name", "BREAD", answer=browser.allows("big.outdoors"))
    assert error["code"] == "name_taken"
    assert "'Bread'" in error["message"]


def test_a_name_that_is_the_id_of_another(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    held = alice.connects("--name", "Bread")
    assert (
        refused("--name", held["id"], answer=browser.allows("big.outdoors"))["code"] == "name_taken"
    )


def test_a_dataset_that_another_connector_uses(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.connects("--name", "Bread")
    error = refused("--dataset", DATASET, answer=browser.allows("big.outdoors"))
    assert error["code"] == "dataset_taken"
    assert "'Bread'" in error["message"]


def test_the_same_file_by_another_name_is_the_same_destination(
    alice: Alice,
    refused: Callable[..., dict[str, str]],
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice.connects("--sync")
    monkeypatch.chdir(alice.home.parent)
    (tmp_path / "link.duckdb").symlink_to(alice.file)
    for way in (f"duckdb:///{tmp_path}/link.duckdb", f"duckdb:///{alice.home}/../home/warehouse.duckdb",
                "duckdb:///home/warehouse.duckdb"):  # fmt: skip
        error = refused(
            "--destination", way, "--dataset", DATASET, answer=browser.allows("big.outdoors")
        )
        assert error["code"] == "dataset_taken", way


@pytest.mark.parametrize("dataset", ["information_schema", "pg_catalog", "temp", "system"])
def test_a_dataset_name_that_duckdb_keeps_for_itself(
    refused: Callable[..., dict[str, str]], browser: Browser, dataset: str
) -> None:
    assert dataset in refused("--dataset", dataset, answer=browser.allows())["message"]


def test_a_destination_that_is_no_duckdb_file(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.home.mkdir()
    alice.file.write_text("my diary, please do not overwrite")
    error = refused(answer=browser.allows())
    assert error["code"] == "destination_refused"
    assert alice.file.read_text() == "my diary, please do not overwrite"


def test_a_destination_in_a_folder_that_is_a_file(
    refused: Callable[..., dict[str, str]], browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    error = refused("--destination", f"duckdb:///{tmp_path}/file/x.duckdb", answer=browser.allows())
    assert error["code"] == "destination_refused"


def test_tiktok_away_during_the_consent(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser
) -> None:
    alice.simulator.world.faults.add("http_503", "/business/get/", count=None)
    assert refused(answer=browser.allows())["code"] == "tiktok_unavailable"


@pytest.mark.parametrize(
    "fault", ["http_502_html", "empty_body", "not_json", "json_null", "connection_reset"]
)
def test_a_code_whose_answer_is_lost_is_not_used_twice(
    alice: Alice, refused: Callable[..., dict[str, str]], browser: Browser, fault: str
) -> None:
    alice.simulator.world.faults.add(fault, "/tt_user/oauth2/token/", count=None)
    assert refused(answer=browser.allows())["advice"]
    assert alice.simulator.world.journal.count("/tt_user/oauth2/token/") <= 1


def test_reconnecting_with_another_account_is_refused(alice: Alice, browser: Browser) -> None:
    connector = alice.connects()
    said = alice.types(
        "reconnect", connector["id"], "--json", answer=browser.allows("big.outdoors")
    )
    assert (said.exit, said.error["code"]) == (1, "other_account")
    assert "@demo.bakery" in said.error["message"] + said.error["advice"]
    assert alice.types("show", connector["id"], "--json").document == connector
    assert alice.syncs(connector["id"])["status"] == "succeeded"
