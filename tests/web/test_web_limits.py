"""Everything from outside has a limit: size, time, number."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from tiktok_organic.cli.server.connection_limits import (
    LimitedProtocol,
    raise_open_files,
    server_options,
)
from tiktok_organic.web.pictures import picture_fetcher
from tiktok_organic.web.request_safety.request_size_limit import LARGEST_BODY
from waiting import PATIENCE

from .conftest import HOME, Place


class Sender:
    """A request whose body never ends; counts how much of it was read."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self) -> dict[str, Any]:
        self.read += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": self.read < 50_000_000}


def sent(place: Place, method: str, path: str, headers: dict[str, str]) -> tuple[int, Sender]:
    """The status of the answer to a chunked body without a length."""
    sender, status = Sender(), 0

    async def answer(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in {"host": "localhost", **headers}.items()],
        "client": ("203.0.113.5", 1),
        "server": ("localhost", 80),
    }
    asyncio.run(place.web(scope, sender, answer))
    return status, sender


def test_the_body_of_a_stranger_is_not_read_at_all(place: Place) -> None:
    for headers in ({}, {"authorization": "Bearer to_wrong"}, {"authorization": "Basic YTpi"}):
        status, sender = sent(place, "PATCH", "/api/v1/connectors/some", headers)
        assert (status, sender.read) == (401, 0)


def test_a_body_without_a_length_is_counted_while_it_arrives(place: Place) -> None:
    client = place.api(place.person("alice", "owner"), "manage")
    headers = {"authorization": client.headers["authorization"], "content-type": "application/json"}
    for method, path in (("PATCH", ""), ("POST", "/recover")):
        status, sender = sent(place, method, f"/api/v1/connectors/some{path}", headers)
        assert status == 413
        assert sender.read <= LARGEST_BODY + 65536


def test_a_form_without_a_length_is_counted_too(place: Place) -> None:
    status, sender = sent(place, "POST", "/login", {"sec-fetch-site": "same-origin"})
    assert status == 413
    assert sender.read <= LARGEST_BODY + 65536


@pytest.mark.parametrize("length", ["99999999", "-1", "x", "1" * 5000])
def test_a_length_that_is_too_large_is_refused_as_the_api_says(place: Place, length: str) -> None:
    status, sender = sent(place, "PATCH", "/api/v1/connectors/x", {"content-length": length})
    assert (status, sender.read) == (413, 0)


@contextmanager
def serving(place: Place, **limits: Any) -> Iterator[tuple[str, int]]:
    """The page behind the real server, with other limits."""
    limited = type("Limited", (LimitedProtocol,), limits)
    options = {**server_options("127.0.0.1"), "http": limited}
    config = uvicorn.Config(place.web, log_config=None, lifespan="off", **options)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def ended(peer: socket.socket) -> bool:
    """Whether the other side closes the connection; waits for it."""
    peer.settimeout(PATIENCE)
    try:
        return peer.recv(1000) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        (
            b"POST /login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: "
            b"same-origin\r\nContent-Length: 9\r\n\r\nabc"
        ),
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_closed(place: Place, begun: bytes) -> None:
    with serving(place, request_seconds=0.2) as address, socket.create_connection(address) as peer:
        peer.sendall(begun)
        assert ended(peer)


def test_a_client_that_does_not_read_its_answers_is_closed(place: Place) -> None:
    lost = threading.Event()

    def connection_lost(self: LimitedProtocol, error: Exception | None) -> None:
        LimitedProtocol.connection_lost(self, error)
        lost.set()

    one = b"GET /static/vendor/inter.woff2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        serving(place, unread_seconds=0.2, connection_lost=connection_lost) as address,
        socket.create_connection(address) as peer,
    ):
        peer.sendall(one * 400)  # far more than the kernel's buffers hold
        assert lost.wait(PATIENCE)


def test_a_client_that_holds_too_many_connections_gets_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(place, client_limit=3, _is_exempt=lambda _self: False) as address:
        held = [socket.create_connection(address) for _ in range(3)]
        for peer in held:  # each is accepted when it has answered
            peer.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert peer.recv(12) == b"HTTP/1.1 200"
        with socket.create_connection(address) as more:
            assert ended(more)
        for peer in held:
            peer.close()


def test_a_proxy_and_a_probe_are_not_limited_by_their_address() -> None:
    protocol = LimitedProtocol.__new__(LimitedProtocol)
    server_options("127.0.0.1,10.1.0.0/16")
    exempt = {}
    for peer in ("127.0.0.1", "::1", "10.1.2.3", "10.2.0.1", "203.0.113.5", ""):
        protocol._peer = peer
        exempt[peer] = protocol._is_exempt()
    server_options("127.0.0.1")
    assert [peer for peer, free in exempt.items() if free] == ["127.0.0.1", "::1", "10.1.2.3"]


def test_the_process_may_open_as_many_files_as_it_has_connections() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(900, before[1]), before[1]))
        raise_open_files()
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert allowed == min(4096, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_health_is_answered_when_every_thread_is_busy(place: Place) -> None:
    from tiktok_organic.monitoring import monitoring_routes
    from tiktok_organic.web.errors.problems import advice_for

    class Engine:
        def state(self) -> dict[str, bool]:
            return {"alive": True}

    threads = threading.active_count()
    health = monitoring_routes(place.app, Engine(), advice_for)[0]  # type: ignore[arg-type]  # one method is used
    status = 0

    async def answer(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/healthz",
        "headers": [],
        "query_string": b"",
    }

    async def ask() -> None:
        await health.app(scope, Sender(), answer)

    asyncio.run(ask())
    assert status == 200
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "",
        "a@localhost",
        "[::1",
        "10.0.0.7",
        "localhost:80, evil",
        "[::1]evil",
        "localhost:999999",
        "localhost:x",
        "0.0.0.0",
    ],
)
def test_a_foreign_name_of_the_server_is_not_served(place: Place, host: str) -> None:
    client = TestClient(place.web, base_url=HOME, headers={"host": host}, follow_redirects=False)
    for path in ("/login", "/runs/", "/api/v1/docs", "/api/v1/openapi.json", "/metrics"):
        answer = client.get(path)
        assert answer.status_code == 421
        assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST."]
)
def test_this_machine_is_served(place: Place, host: str) -> None:
    client = TestClient(place.web, base_url=HOME, headers={"host": host})
    assert client.get("/login").status_code == 200


def test_a_final_slash_too_many_leads_to_the_page_without_naming_a_host(alice: TestClient) -> None:
    assert alice.get("/runs/").headers["location"] == "/runs"
    assert alice.get(f"{HOME}//evil.example/").headers["location"] == "/evil.example"


def test_a_stream_ends_with_its_session(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    from tiktok_organic.actions.runs.order_run import order_run

    run = order_run(place.app, connector, window=None)
    shown = b""
    with alice.stream("GET", f"/runs/{run.id}/events") as answer:
        place.app.sessions.end_all("p-alice")
        for chunk in answer.iter_bytes():
            shown += chunk
    assert b"event: done" not in shown


def test_a_person_has_a_limited_number_of_streams(place: Place, alice: TestClient) -> None:
    streams = place.web.state.site.streams
    from contextlib import ExitStack

    with ExitStack() as held:
        for _ in range(10):
            held.enter_context(streams.one("p-alice"))
        assert alice.get("/runs/none/events").status_code == 429
    assert alice.get("/runs/none/events").status_code == 404


class Ticking:
    """Every look takes four seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 4
        return self.seconds


def test_a_picture_that_only_drips_is_given_up() -> None:
    import httpx2

    def drip() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x"

    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, content=drip(), headers={"content-type": "image/png"})
    )
    clock = Ticking()
    made = picture_fetcher.Fetcher(transport, clock)  # type: ignore[arg-type]  # the one method that is used
    assert made.picture("https://93.184.216.34/a.png") is None
    assert clock.seconds < 30


def test_an_odd_path_below_the_api_gets_the_apis_own_answer(alice: TestClient) -> None:
    answer = alice.get("/api/v1/connectors/x%0Ay")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == 404


def test_a_wrong_method_is_told_all_that_are_right(place: Place) -> None:
    client = place.api(place.person("alice", "owner"), "manage")
    answer = client.put("/connectors/some")
    assert answer.status_code == 405
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["allow"].split(", "))
