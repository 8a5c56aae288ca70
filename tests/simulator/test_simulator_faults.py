"""Limits, faults, control and the line itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from simulator_caller import Caller

import tiktok_organic.simulator as package
from tiktok_organic.simulator import Simulator, catalogue
from tiktok_organic.simulator.endpoints.fields import VIDEO_SCOPES
from tiktok_organic.simulator.faults.spoiling import BAD_VALUES, as_sent
from waiting import PATIENCE

GET = "business/get/"
LIST = "business/video/list/"


def test_forty_a_minute_per_account_and_endpoint(
    alice: Caller,
    caller: Callable[..., Caller],
    simulator: Simulator,
    pass_time: Callable[..., None],
) -> None:
    simulator.world.settings.update(limits=True, app_per_second=0)
    assert [alice.profile("username")["code"] for _ in range(41)] == [0] * 40 + [40100]
    assert alice.videos()["code"] == 0
    assert caller("tiny.tearoom").profile("username")["code"] == 0
    pass_time(minutes=4)
    assert alice.profile("username")["code"] == 40100
    pass_time(minutes=1)
    assert alice.profile("username")["code"] == 0


def test_ten_a_second_per_app(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.settings.update(limits=True)
    bodies = [alice.profile("username") for _ in range(11)]
    assert bodies[-1]["message"] == "App reaches the QPS limit."
    pass_time(seconds=1)
    assert alice.profile("username")["code"] == 0
    assert simulator.world.limits.throttled == 1


def test_a_throttled_answer_may_name_no_limit(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(limits=True, app_per_second=1, throttle_names_limit=False)
    alice.profile("username")
    assert "QPS" not in alice.profile("username")["message"]


def test_a_days_limit_ends_at_midnight(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.settings.update(limits=True, app_per_day=1)
    alice.profile("username")
    pass_time(hours=8)
    assert alice.profile("username")["code"] == 40100
    pass_time(hours=1)
    assert alice.profile("username")["code"] == 0


def test_an_app_minute_blocks_everything(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.settings.update(limits=True, app_per_minute=2, app_per_second=0)
    assert [alice.profile("username")["code"] for _ in range(3)] == [0, 0, 40100]
    pass_time(minutes=2)
    assert alice.videos()["code"] == 40100


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_fault_can_hit_without_harming_the_next_request(
    alice: Caller, simulator: Simulator, name: Any
) -> None:
    simulator.world.faults.add(name, count=2)
    for path in (GET, LIST):
        with suppress(httpx2.TransportError):
            alice.raw(
                f"/{path}", fields=["item_id", "caption"] if path == LIST else ["username", "likes"]
            )
    simulator.world.faults.clear()
    simulator.world.clock.offset *= 0
    account = simulator.world.accounts.by_open_id(alice.open_id)
    assert account is not None
    fresh = simulator.world.token(account.username)
    assert alice.raw("/business/get/", token=fresh["access_token"]).json()["code"] == 0


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("http_500", 500),
        ("http_502_html", 502),
        ("http_429", 429),
        ("html_200", 200),
        ("http_401_plain", 401),
    ],
)
def test_gateways_answer_without_an_envelope(
    alice: Caller, simulator: Simulator, name: str, status: int
) -> None:
    simulator.world.faults.add(name, GET)
    response = alice.raw("/business/get/")
    assert response.status_code == status
    with pytest.raises(ValueError):
        response.json()


def test_a_429_may_say_when_to_come_back(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("http_429", retry_after=7)
    assert alice.raw("/business/get/").headers["Retry-After"] == "7"


def test_faults_wait_count_and_queue(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("code", GET, skip=1, count=2, code=50002, message="timeout")
    simulator.world.faults.add("throttled", GET, kind="qpm")
    assert alice.videos()["code"] == 0
    assert [alice.profile()["code"] for _ in range(5)] == [0, 50002, 50002, 40100, 0]


def test_a_fault_can_aim_at_one_page(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("code", LIST, page=3)
    first = alice.videos()["data"]
    second = alice.videos(cursor=first["cursor"])["data"]
    assert alice.videos(cursor=second["cursor"])["code"] == 50000


def test_bodies_can_be_cut(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("truncated_body", GET)
    with pytest.raises(ValueError):
        alice.raw("/business/get/").json()
    simulator.world.faults.add("closed_mid_body", GET)
    with pytest.raises(httpx2.RemoteProtocolError):
        alice.raw("/business/get/")
    simulator.world.faults.add("connection_reset", GET)
    with pytest.raises(httpx2.TransportError):
        alice.raw("/business/get/")


def test_an_answer_can_drip(alice: Caller, simulator: Simulator, waits: list[float]) -> None:
    simulator.world.faults.add("dripping", GET, seconds=2)
    assert alice.raw("/business/get/").json()["code"] == 0
    assert len(waits) > 100
    assert set(waits) == {2.0}


@pytest.mark.parametrize("kind", sorted(BAD_VALUES))
def test_values_can_be_bad(alice: Caller, simulator: Simulator, kind: Any) -> None:
    simulator.world.faults.add("bad_values", LIST, fields=["caption"], kind=kind)
    text = alice.raw("/business/video/list/", fields=["item_id", "caption"]).content
    expected = json.loads(as_sent(json.dumps(BAD_VALUES[kind])))
    assert repr(json.loads(text)["data"]["videos"][0]["caption"]) == repr(expected)


def test_a_lone_surrogate_travels_as_an_escape(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("bad_values", LIST, fields=["caption"], kind="lone_surrogate")
    assert b"\\ud83d" in alice.raw("/business/video/list/", fields=["item_id", "caption"]).content


def test_a_cursor_can_stick(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("stuck_cursor", LIST)
    first = alice.videos()["data"]["cursor"]
    again = alice.videos(cursor=first)["data"]
    assert (again["cursor"], again["has_more"]) == (first, True)


def test_a_field_can_be_refused(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("refused_field", LIST, field="reach", code=41002)
    assert [
        alice.videos("reach")["code"],
        alice.videos("likes")["code"],
        alice.videos("reach")["code"],
    ] == [
        41002,
        0,
        41002,
    ]


def test_the_oldest_day_can_be_refused(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("refused_oldest_day", GET)
    assert alice.profile("likes", start_date="2026-01-10")["code"] == 40002
    assert alice.profile("likes", start_date="2026-01-11")["code"] == 0


def test_a_lost_answer_has_rotated_already(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("lost_answer", "refresh_token/")
    with pytest.raises(httpx2.TransportError):
        alice.refresh()
    assert alice.refresh()["code"] == 40107


def test_a_failure_before_rotating_harms_nothing(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("http_500", "refresh_token/")
    url = f"{simulator.api_url}/tt_user/oauth2/refresh_token/"
    assert alice.http.post(url, json={}).status_code == 500
    assert alice.refresh()["code"] == 0


def test_the_refresh_token_may_come_back_unchanged(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("same_refresh_token", "refresh_token/")
    assert alice.refresh()["data"]["refresh_token"] == alice.grant["refresh_token"]


def test_an_account_can_change_midway(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("renamed", GET, skip=1, username="new.name")
    assert [alice.profile("username")["data"]["username"] for _ in range(2)] == [
        "demo.bakery",
        "new.name",
    ]
    simulator.world.faults.add("turned_personal", GET)
    assert alice.profile("is_business_account")["data"] == {"is_business_account": False}
    simulator.world.faults.add("revoked", LIST)
    assert alice.videos()["code"] == 40105


def test_time_is_spent_by_the_given_sleep(
    alice: Caller, simulator: Simulator, waits: list[float]
) -> None:
    simulator.world.faults.add("slow", seconds=30)
    simulator.world.settings.update(latency=0.25)
    alice.profile()
    assert waits == [30.25]


def test_unknown_faults_and_parameters_are_refused(alice: Caller) -> None:
    assert alice.control("faults", name="earthquake").status_code == 400
    assert alice.control("faults", name="slow", minutes=1).status_code == 400
    assert alice.control("faults", name="slow", seconds="x").status_code == 400
    assert alice.control("accounts", username=1).status_code == 400
    assert alice.control("settings", latency="fast").status_code == 400
    assert alice.control("nonsense").status_code == 404


def test_control_does_over_http_what_python_does(alice: Caller, simulator: Simulator) -> None:
    alice.control("accounts", username="http.made", videos=3, followers=7)
    token = alice.control("token", username="http.made").json()
    videos = alice.raw(
        "/business/video/list/", token=token["access_token"], business_id=token["open_id"]
    ).json()
    assert len(videos["data"]["videos"]) == 3
    alice.control("rename", username="http.made", new_username="renamed")
    alice.control("faults", name="http_500", path=GET)
    assert alice.raw("/business/get/").status_code == 500
    alice.control("clock", days=3)
    assert simulator.world.clock.today().isoformat() == "2026-03-14"
    assert alice.control("revoke").json() == {"revoked": 1}
    alice.control("reset")
    assert "renamed" not in simulator.world.accounts.usernames()


def test_the_journal_counts_and_keeps_no_secrets(alice: Caller) -> None:
    alice.profile("username")
    alice.refresh()
    document = alice.http.get(f"{alice.simulator.url}/_simulator/requests").json()
    assert document["total"] == 2
    assert document["paths"]["/open_api/v1.3/business/get/"] == 1
    assert document["requests"][0]["code"] == 0
    assert alice.grant["access_token"] not in json.dumps(document)
    assert alice.grant["refresh_token"] not in json.dumps(document)


def test_sixteen_clients_walk_at_once(simulator: Simulator, caller: Callable[..., Caller]) -> None:
    names = [f"walker.{number}" for number in range(16)]
    for name in names:
        simulator.world.accounts.add(name, videos=95)

    def walk(name: str) -> list[str]:
        token = simulator.world.token(name)
        with httpx2.Client(headers={"Access-Token": token["access_token"]}, verify=False) as http:
            ids, cursor, more = [], 0, True
            while more:
                params = {"business_id": token["open_id"], "max_count": 20, "cursor": cursor}
                data = http.get(f"{simulator.api_url}/{LIST}", params=params).json()["data"]
                ids += [video["item_id"] for video in data["videos"]]
                cursor, more = data["cursor"], data["has_more"]
            return ids

    with ThreadPoolExecutor(16) as pool:
        assert [len(set(ids)) for ids in pool.map(walk, names)] == [95] * 16
    assert simulator.world.journal.count(LIST) == 16 * 5


def test_it_runs_as_a_process_and_ends_quietly() -> None:
    # The package is given its own path, so that the test does not depend on how it was installed.
    start = (
        f"import sys; sys.path.insert(0, {str(Path(package.__file__).parents[2])!r}); "
        "from tiktok_organic.simulator.__main__ import main; main(['--videos', '3', '--limits', "
        "'off'])"
    )
    command = [sys.executable, "-c", start]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        summary = httpx2.get(f"{line.split()[-1]}/_simulator/", verify=False).json()
        assert summary["settings"]["limits"] is False
        process.terminate()
        assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == 0


def test_closing_twice_is_harmless() -> None:
    simulator = Simulator()
    simulator.close()
    simulator.close()


def test_all_fields_at_once(alice: Caller) -> None:
    assert alice.videos(*list(VIDEO_SCOPES)[1:], max_count=20)["code"] == 0
