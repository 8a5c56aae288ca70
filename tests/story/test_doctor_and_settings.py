"""Doctor looks at every part; a setting that cannot be read is named with an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cast import Alice, Said
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

SETTINGS = {
    "HOME", "CLIENT_KEY", "CLIENT_SECRET", "API_URL", "AUTHORIZE_URL", "REDIRECT_URL", "PUBLIC_URL",
    "DESTINATION",
    "STORE_URL", "ARCHIVE_URL", "ARCHIVE_DAYS", "SECRET_KEY", "TIMEZONE", "RATE_LEVEL", "QPS",
    "QPM", "ACCOUNT_QPM",
    "NOTIFY", "LOG_LEVEL", "LOG_FORMAT",
}  # fmt: skip


def checks(said: Said) -> dict[str, Any]:
    return {check["name"]: check for check in said.document["checks"]}


def test_a_healthy_setup(alice: Alice) -> None:
    alice.connects()
    said = alice.types("doctor", "--json")
    found = checks(said)
    assert said.exit == 0
    assert {check["status"] for check in found.values()} == {"ok"}
    assert len([name for name in found if name.startswith("tokens of")]) == 1


def test_every_setting_of_the_product_is_listed(alice: Alice) -> None:
    listed = {
        setting["name"].removeprefix("TIKTOK_ORGANIC_")
        for setting in alice.types("doctor", "--json").document["settings"]
    }
    assert listed >= SETTINGS


def test_the_destination_names_the_duckdb_versions_that_can_open_its_file(alice: Alice) -> None:
    assert "DuckDB" not in checks(alice.types("doctor", "--json"))["destination"]["message"]
    alice.connects("--sync")
    message = checks(alice.types("doctor", "--json"))["destination"]["message"]
    assert message.endswith("can be opened by DuckDB 1.0 and later")


def test_plain_output_is_one_line_for_each_part(alice: Alice) -> None:
    said = alice.types("doctor")
    for part in ("settings", "TikTok app", "redirect address", "store", "archive", "destination"):
        assert sum(line[2:].startswith(f"{part}: ") for line in said.out.splitlines()) == 1, part


@pytest.mark.parametrize(
    ("name", "value", "check", "status"),
    [
        ("CLIENT_SECRET", "wrong", "TikTok app", "failed"),
        ("CLIENT_KEY", "", "TikTok app", "failed"),
        ("REDIRECT_URL", "", "redirect address", "failed"),
        ("REDIRECT_URL", "https://x.example/a", "redirect address", "warning"),
        ("REDIRECT_URL", "http://localhost:8000/", "redirect address", "warning"),
        ("REDIRECT_URL", "https://x.example/?a=1", "redirect address", "warning"),
        ("API_URL", "http://127.0.0.1:9/", "TikTok app", "warning"),
        ("API_URL", "https://localhost.evil.example/", "settings", "warning"),
        ("API_URL", "https://127.0.0.1.nip.io/", "settings", "warning"),
        ("API_RUL", "x", "settings", "warning"),
        ("DESTINATION", "duckdb:////dev/null/x.duckdb", "destination", "failed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(
    alice: Alice, name: str, value: str, check: str, status: str
) -> None:
    alice.settings[name] = value
    said = alice.types("doctor", "--json")
    assert checks(said)[check]["status"] == status
    assert checks(said)[check]["advice"]
    assert said.exit == (1 if status == "failed" else 0)


def test_nothing_is_made_where_the_archive_will_be(alice: Alice) -> None:
    for archive in (alice.home / "archive", alice.home.parent / "elsewhere" / "deep"):
        alice.settings["ARCHIVE_URL"] = str(archive)
        check = checks(alice.types("doctor", "--json"))["archive"]
        assert (check["status"], str(archive) in check["message"]) == ("ok", True)
        assert not archive.exists()
    assert not (alice.home.parent / "elsewhere").exists()


def test_an_archive_at_an_address_that_nobody_knows_is_found_before_anything_is_fetched(
    alice: Alice, simulator: Simulator
) -> None:
    connector = alice.connects()["id"]
    alice.syncs(connector)
    alice.settings["ARCHIVE_URL"] = "nosuch://joe:hunter2@bucket/x"
    said = alice.types("doctor", "--json")
    assert checks(said)["archive"]["status"] == "failed"
    run = alice.syncs(connector)
    assert (run["status"], run["requests"], run["error"]["code"]) == ("failed", 0, "bad_setting")
    again = alice.types("replay", connector, "--dataset", "again", "--json")
    assert (again.exit, again.error["code"]) == (1, "bad_setting")
    for one in (said, again, alice.types("run", run["run_id"])):
        assert "hunter2" not in one.out + one.err


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # a plug-in of apprise's own
def test_an_address_that_would_never_take_a_notification_is_found_without_being_repeated(
    alice: Alice,
) -> None:
    pytest.importorskip("apprise")
    assert "no messages" in checks(alice.types("doctor", "--json"))["notifications"]["message"]
    alice.settings["NOTIFY"] = "json://a:hunter2@host, json://host/x%2Cy"
    assert checks(alice.types("doctor", "--json"))["notifications"]["status"] == "ok"
    alice.settings["NOTIFY"] = "json://host,nonsense://x:hunter2@y"
    said = alice.types("doctor", "--json")
    check = checks(said)["notifications"]
    assert (said.exit, check["status"], "number 2" in check["message"]) == (1, "failed", True)
    assert "hunter2" not in said.out + said.err


def test_a_consent_that_has_ended_is_no_warning_any_more(alice: Alice, time: StoryTime) -> None:
    ends = alice.connects()["consent_ends"]
    time.passes(days=364)
    (warned,) = [
        check
        for name, check in checks(alice.types("doctor", "--json")).items()
        if "tokens of" in name
    ]
    assert (warned["status"], f"ends on {ends[:10]}" in warned["message"]) == ("warning", True)
    time.passes(days=2)
    said = alice.types("doctor", "--json")
    (ended,) = [check for name, check in checks(said).items() if "tokens of" in name]
    assert (said.exit, ended["status"], ended["message"]) == (
        1,
        "failed",
        f"the consent ended on {ends[:10]}",
    )
    assert "reconnect" in ended["advice"]


def test_a_key_file_that_holds_no_key_is_named(alice: Alice) -> None:
    alice.connects()
    (alice.home / "secret.key").write_text("geheim")
    said = alice.types("doctor", "--json")
    assert str(alice.home / "secret.key") in checks(said)["store"]["message"]
    assert "geheim" not in said.out + said.err


def test_a_lost_consent_is_found(alice: Alice, simulator: Simulator) -> None:
    connector = alice.connects()["id"]
    simulator.world.revoke()
    alice.syncs(connector)
    said = alice.types("doctor", "--json")
    assert said.exit == 1
    (check,) = [check for name, check in checks(said).items() if name.startswith("tokens of")]
    assert (check["status"], f"reconnect {connector}" in check["advice"]) == ("failed", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QPS", "many"), ("QPS", "0"), ("QPM", "-1"), ("ACCOUNT_QPM", "1.5"),
        ("ARCHIVE_DAYS", "a year"),
        ("RATE_LEVEL", "gold"),
        ("TIMEZONE", "Berlin"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"),
        ("API_URL", "business-api.tiktok.com"),
        ("AUTHORIZE_URL", "ftp://x"), ("PUBLIC_URL", "x"), ("DESTINATION", "mysql://x/y"),
        ("DESTINATION", "warehouse.duckdb"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_is_wrong_and_an_example(
    alice: Alice, name: str, value: str
) -> None:
    alice.settings[name] = value
    said = alice.types("connectors", "--json")
    assert said.exit == 1
    assert f"TIKTOK_ORGANIC_{name}" in said.error["message"]
    assert "for example" in said.error["advice"]
    assert not alice.home.exists()


def test_settings_may_stand_in_a_dotenv_file_beneath_the_environment(
    alice: Alice, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        'TIKTOK_ORGANIC_TIMEZONE="Europe/Berlin"\nTIKTOK_ORGANIC_CLIENT_KEY=overridden\n'
    )
    assert alice.connects()["timezone"] == "Europe/Berlin"


def test_a_relative_archive_is_the_same_from_every_folder(
    alice: Alice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.settings["ARCHIVE_URL"] = "kept"
    connector = alice.connects("--sync")["id"]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert alice.types("replay", connector, "--dataset", "again", "--json").exit == 0
    assert (alice.home / "kept" / connector).is_dir()


def test_a_line_of_the_dotenv_file_that_cannot_be_read_is_named(
    alice: Alice, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text('# mine\nTIKTOK_ORGANIC_NOTIFY="json://a:geheim@host\n')
    said = alice.types("doctor", "--json")
    assert (said.exit, "line 2 " in said.error["message"]) == (1, True)
    assert "geheim" not in said.out + said.err


def test_a_dotenv_file_that_cannot_be_read_is_named(alice: Alice, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"TIKTOK_ORGANIC_TIMEZONE=\xff\xfe\n")
    said = alice.types("connectors", "--json")
    assert said.exit == 1
    assert ".env" in said.error["message"]
