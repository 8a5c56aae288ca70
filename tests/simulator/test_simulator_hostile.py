"""Behaviours that broke syncs or could: endless lists, dripping lines, values too large."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import Simulator

GET = "business/get/"
LIST = "business/video/list/"
RENEW = "/refresh_token/"


def test_a_list_can_be_without_end(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("endless_list", LIST)
    cursor, pages, cursors = 0, [], []
    for _ in range(5):
        data = alice.videos(cursor=cursor, max_count=20)["data"]
        pages.append([video["item_id"] for video in data["videos"]])
        cursor = data["cursor"]
        cursors.append(cursor)
        assert data["has_more"] is True
    assert all(page == pages[0] for page in pages)
    assert [a - b for a, b in itertools.pairwise(cursors)] == [1, 1, 1, 1]


def test_a_list_can_end_early(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("early_end", LIST)
    assert len(alice.walk(max_count=20)) == 20
    assert len(alice.walk(max_count=20)) == 57


def test_a_cursor_can_come_in_seconds(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("cursor_seconds", LIST)
    data = alice.videos("create_time", max_count=20)["data"]
    assert data["cursor"] == int(data["videos"][-1]["create_time"])
    assert alice.videos(cursor=data["cursor"])["data"]["videos"] == []


@pytest.mark.parametrize("kind", ["restricted", "restricted_minutes"])
def test_a_penalty_can_have_a_message_that_names_no_limit(
    alice: Caller, simulator: Simulator, kind: str
) -> None:
    simulator.world.faults.add("throttled", GET, kind=kind)
    told = alice.profile()
    assert told["code"] == 40100
    assert "restricted" in told["message"]
    assert "QPM" not in told["message"]


def test_a_real_penalty_can_have_such_a_message_too(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    simulator.world.settings.update(
        limits=True, penalty_in_words=True, app_per_minute=2, app_per_second=0
    )
    told = [alice.profile()["message"] for _ in range(3)]
    assert told[:2] == ["OK", "OK"]
    assert told[2].endswith("are temporarily restricted.")
    pass_time(minutes=5)
    assert alice.profile()["code"] == 0


@pytest.mark.parametrize("field", ["refresh_token", "open_id", "refresh_token_expires_in"])
def test_a_renewal_can_leave_something_out(alice: Caller, simulator: Simulator, field: str) -> None:
    simulator.world.settings.update(refresh_rotates=False)
    simulator.world.faults.add("missing_fields", RENEW, where="data", fields=[field])
    data = alice.refresh()["data"]
    assert field not in data
    assert "access_token" in data
    assert field in alice.refresh()["data"]


def test_a_renewal_can_kill_the_old_pair_at_once(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(former_access_dies=True, former_refresh_dies=True)
    assert alice.refresh()["code"] == 0
    assert alice.profile()["code"] == 40105
    assert alice.refresh()["code"] == 40107


@pytest.mark.parametrize("name", ["dripping_headers", "dripping_interim", "dripping_chunk"])
def test_an_answer_can_drip_before_its_body(
    alice: Caller, simulator: Simulator, waits: list[float], name: str
) -> None:
    simulator.world.faults.add(name, GET, seconds=3, pieces=7)
    response = alice.raw("/business/get/")
    assert response.json()["code"] == 0
    assert 7 <= waits.count(3.0) <= 8
    assert alice.profile()["code"] == 0


@pytest.mark.parametrize(
    ("status", "location"), [(404, None), (403, None), (410, None), (302, "https://example.com/")]
)
def test_a_status_can_come_bare(
    alice: Caller, simulator: Simulator, status: int, location: str | None
) -> None:
    simulator.world.faults.add("http_bare", GET, status=status, location=location)
    response = alice.raw("/business/get/")
    assert (response.status_code, response.content) == (status, b"")
    assert response.headers.get("Location") == location
    assert alice.profile()["code"] == 0


def test_a_date_header_can_be_wrong(alice: Caller, simulator: Simulator) -> None:
    simulator.world.faults.add("wrong_date", GET, seconds=-86_400 * 400)
    told = parsedate_to_datetime(alice.raw("/business/get/").headers["Date"])
    assert simulator.world.clock.now() - told == timedelta(days=400)


@pytest.mark.parametrize(
    ("path", "where", "field"),
    [
        (GET, "data", "display_name"),
        (GET, "data", "profile_image"),
        (GET, "data", "username"),
        (LIST, "videos", "item_id"),
    ],
)
def test_texts_can_have_a_zero_byte_and_numbers_beyond_a_double(
    alice: Caller, simulator: Simulator, path: Any, where: str, field: str
) -> None:
    def raw() -> httpx2.Response:
        fields = ["item_id"] if path == LIST else [field]
        return alice.raw(f"/{path}", fields=fields)

    simulator.world.faults.add("bad_values", path, where=where, fields=[field], kind="zero_byte")
    simulator.world.faults.add(
        "bad_values", path, where=where, fields=[field], kind="exponent", skip=1
    )
    assert b"\\u0000" in raw().content
    assert f'"{field}":1e400'.encode() in raw().content


@pytest.mark.parametrize(("kind", "sent"), [("exponent", b"1e400"), ("zero_byte", b"\\u0000")])
def test_hours_of_activity_can_have_them_too(
    alice: Caller, simulator: Simulator, kind: str, sent: bytes
) -> None:
    simulator.world.faults.add(
        "bad_values", GET, where="metrics", fields=["audience_activity"], inside="count", kind=kind
    )
    content = alice.raw("/business/get/", fields=["audience_activity"]).content
    assert content.count(sent) == 24
