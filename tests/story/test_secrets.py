"""No token, secret or code is in an output, log, error, the archive, or readable in the store."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator


@pytest.fixture
def secrets(simulator: Simulator) -> Callable[[], set[str]]:
    """Everything that TikTok ever gave out, and the app's secret."""

    def known() -> set[str]:
        grants = simulator.world.grants
        found = {*grants._by_access, *grants._by_refresh, simulator.world.app.client_secret}
        for consents in grants._by_account.values():
            for grant in consents:
                found |= {grant.refresh_token, *grant.former_refresh_tokens, *grant.access_tokens}
        assert len(found) >= 3
        return found

    return known


def holders(home: Path, secrets: set[str]) -> list[tuple[Path, str]]:
    """Files of the home that hold a secret, packed or plain."""
    found = []
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".gz":
                content += gzip.decompress(content)
            found += [(path, secret) for secret in secrets if secret.encode() in content]
    return found


def test_after_a_life_full_of_trouble_no_file_and_no_word_holds_a_secret(
    alice: Alice,
    simulator: Simulator,
    browser: Browser,
    secrets: Callable[[], set[str]],
    time: StoryTime,
) -> None:
    said, codes = [], []
    alice.settings |= {"LOG_LEVEL": "debug", "LOG_FORMAT": "json"}

    def allows(printed: str) -> str:
        landed = browser.allows()(printed)
        codes.append(landed.split("code=")[1].split("&")[0])
        return landed

    said.append(alice.types("connect", "--sync", "--json", answer=allows))
    connector = said[0].documents[1]["id"]
    for fault in (
        "http_401_envelope",
        "connection_reset",
        "not_json",
        "closed_mid_body",
        "code_20001",
    ):
        simulator.world.faults.add(fault)
        time.passes(days=1)
        said.append(alice.types("sync", connector, "--json"))
    simulator.world.revoke()
    for words in (
        ["sync", connector],
        ["show", connector],
        ["runs"],
        ["connectors"],
        ["doctor"],
        ["coverage", connector],
    ):
        said += [alice.types(*words), alice.types(*words, "--json")]
    said.append(alice.types("reconnect", connector, "--json", answer=allows))
    hidden = secrets() | set(codes)
    for answer in said[:1] + said[-1:]:  # the paste is not echoed either
        assert not [secret for secret in hidden if secret in answer.out + answer.err]
    for answer in said:
        assert not [secret for secret in hidden if secret in answer.out + answer.err]
    assert holders(alice.home, hidden) == []


@pytest.mark.parametrize("path", ["/business/get/", "/business/video/list/"])
@pytest.mark.parametrize("code", [40105, 40002, 40001, 50000, 77777])
def test_a_token_that_tiktok_repeats_in_an_error_is_cut_out(
    alice: Alice, simulator: Simulator, secrets: Callable[[], set[str]], path: str, code: int
) -> None:
    connector = alice.connects()["id"]
    (token,) = simulator.world.grants._by_access
    message = (
        f"The token {token} ({quote(token, safe='')}) of {token.upper()} is not welcome: "
        f"Access-Token={token}"
    )
    simulator.world.faults.add(
        "code", path, code=code, message=message, count=1 if code == 40105 else None
    )
    said = [
        alice.types("sync", connector, "--json"),
        alice.types("runs"),
        alice.types("runs", "--json"),
    ]
    run = said[0].document["run_id"]
    said += [alice.types("run", run), alice.types("show", connector, "--json")]
    for answer in said:
        assert token not in answer.out + answer.err
    assert holders(alice.home, secrets()) == []


@pytest.mark.parametrize("path", ["/business/get/", "/business/video/list/"])
@pytest.mark.parametrize("name", ["X-Tt-Logid", "Retry-After", "Date", "X Illegal {token}"])
def test_a_token_that_tiktok_repeats_in_a_header_is_cut_out(
    alice: Alice, simulator: Simulator, secrets: Callable[[], set[str]], path: str, name: str
) -> None:
    connector = alice.connects()["id"]
    (token,) = simulator.world.grants._by_access
    simulator.world.faults.add(
        "header", path, header=name.format(token=token), value=f"of {token}", count=None
    )
    said = [alice.types("sync", connector, "--json"), alice.types("runs", "--json")]
    run = said[0].document
    assert run["status"] == ("partial" if "token" in name else "succeeded")
    said.append(alice.types("run", run["run_id"]))
    for answer in said:
        assert token not in answer.out + answer.err
    assert holders(alice.home, secrets()) == []


@pytest.mark.parametrize("lead", ["\\u00", "%"])
def test_a_token_in_another_spelling_is_cut_out(
    alice: Alice, simulator: Simulator, secrets: Callable[[], set[str]], lead: str
) -> None:
    connector = alice.connects()["id"]
    (token,) = simulator.world.grants._by_access
    spelled = "".join(f"{lead}{ord(letter):02x}" for letter in token)
    simulator.world.faults.add(
        "bad_values",
        "/business/get/",
        where="data",
        fields=["display_name"],
        kind="given",
        value=f"Name {token}!",
    )
    simulator.world.faults.add("escaped", "/business/get/", text=token, lead=lead)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert alice.rows("profile", "display_name") == [("Name [token]!",)]
    assert holders(alice.home, secrets() | {spelled}) == []


def test_what_tiktok_repeats_of_a_renewal_is_cut_out(
    alice: Alice, simulator: Simulator, secrets: Callable[[], set[str]], time: StoryTime
) -> None:
    connector = alice.connects()["id"]
    time.passes(days=2)
    refresh, secret = (
        next(iter(simulator.world.grants._by_refresh)),
        simulator.world.app.client_secret,
    )
    message = f"refresh {refresh} with {secret} failed"
    simulator.world.faults.add("code", "/refresh_token/", code=40107, message=message, count=None)
    said = [alice.types("sync", connector, "--json"), alice.types("show", connector, "--json")]
    for answer in said:
        assert refresh not in answer.out + answer.err
        assert secret not in answer.out + answer.err
    assert holders(alice.home, secrets()) == []


def test_a_password_in_a_destination_is_never_shown(alice: Alice) -> None:
    password = "s3cr3t-password"
    alice.settings["DESTINATION"] = f"postgresql://alice:{password}@127.0.0.1:9/warehouse"
    for words in (["doctor"], ["connect"], ["connectors"]):
        for extra in ([], ["--json"]):
            said = alice.types(*words, *extra)
            assert password not in said.out + said.err, words
    assert holders(alice.home, {password}) == []


def test_a_password_in_the_archive_s_address_is_never_shown(alice: Alice) -> None:
    password = "s3cr3t-password"
    connector = alice.connects()["id"]
    alice.settings["ARCHIVE_URL"] = f"ftp://alice:{password}@127.0.0.1:9/kept"
    run = alice.syncs(connector)
    assert (run["status"], run["error"]["code"]) == ("failed", "archive_away")
    for words in (
        ["doctor"],
        ["sync", connector],
        ["runs"],
        ["run", run["run_id"]],
        ["show", connector],
    ):
        for extra in ([], ["--json"]):
            said = alice.types(*words, *extra)
            assert password not in said.out + said.err, words
    assert holders(alice.home, {password}) == []


@pytest.mark.parametrize("name", ["DESTINATION", "STORE_URL", "SECRET_KEY"])
def test_a_wrong_setting_is_named_without_its_secret(alice: Alice, name: str) -> None:
    alice.settings[name] = "nonsense://alice:hunter2hunter2@host/x y"
    said = alice.types("connectors", "--json")
    if name == "SECRET_KEY" and said.exit == 0:  # nothing encrypted was read
        return
    assert said.exit == 1
    assert f"TIKTOK_ORGANIC_{name}" in said.error["message"] + said.error["advice"]
    assert "hunter2" not in said.out + said.err
