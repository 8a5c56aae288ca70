"""An answer that arrives drop by drop is given up at its deadline, whichever of its parts it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from unit_clock import FakeClock
from unit_tiktok import MemoryRateLimiter

from tiktok_organic.clock import SystemClock
from tiktok_organic.errors import Unreachable
from tiktok_organic.tiktok.consent_address import App
from tiktok_organic.tiktok.http_client import http_client
from tiktok_organic.tiktok.oauth import OAuth
from tiktok_organic.tiktok.transport import OutOfTime, Patience, Transport, Usage

BODY = b'{"code":0,"message":"OK","data":{}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
PARTS = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "header": (HEAD + b"X-Long: ", b"x"),
    "headers": (HEAD, b"X-Many: x\r\n"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "body": (HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "packed body": (
        HEAD
        + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0",
        b"n",
    ),
}
"""What comes at once, and what then comes again and again."""


class Drips:
    """A server that sends one part of an answer for ever, each time the clock has moved on.

    `clock` moves by 20 seconds with each drop, so no test waits. Later connections are answered.
    """

    def __init__(
        self,
        beginning: bytes,
        drop: bytes,
        clock: FakeClock,
        times: int = 1,
        drops: int = 1_000_000,
    ) -> None:
        self._drops = drops
        self._drop, self._beginning, self._clock, self._times = drop, beginning, clock, times
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                self.connections += 1
                with closing(line), suppress(OSError):
                    self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        line.recv(65536)
        if self.connections > self._times:
            line.sendall(WHOLE)
            return
        line.sendall(self._beginning)
        for _ in range(self._drops):
            self._clock.elapsed += 20
            line.sendall(self._drop)


@contextmanager
def dripping(part: str, times: int = 1, **options: Any) -> Iterator[tuple[Transport, Drips]]:
    clock = FakeClock()
    with (
        closing(Drips(*PARTS[part], clock, times)) as server,
        http_client(server.url, clock=clock) as http,
    ):
        yield Transport(http, server.url, "k", clock, MemoryRateLimiter(clock), **options), server


@pytest.mark.parametrize("part", PARTS)
def test_an_answer_that_only_drips_is_given_up(part: str) -> None:
    with dripping(part) as (transport, _):
        with pytest.raises(Unreachable, match="not complete after 180 seconds"):
            transport.send("GET", "x")
        assert transport.usage.requests == 1
        assert transport.send("GET", "x").body == BODY


def test_an_attempt_ends_when_its_answers_took_too_long_together() -> None:
    with dripping("header", times=100) as (transport, server):
        for _ in range(5):
            with pytest.raises(Unreachable):
                transport.send("GET", "x")
        with pytest.raises(OutOfTime, match="15 minutes in this attempt") as caught:
            transport.send("GET", "x")
        assert server.connections == 5
        assert transport.pause_after(caught.value, 1) is None


def test_a_renewal_that_only_drips_ends_with_the_time_of_its_attempt() -> None:
    app = App("k", "s3cret", "https://example.com/")
    with dripping("interim answers", times=100) as (transport, server):
        with pytest.raises(Unreachable):
            OAuth(transport, app).granted("act.1")
        assert server.connections == 5
        assert transport.usage.seconds == 900


def test_answers_that_arrive_give_an_attempt_more_time() -> None:
    usage = Usage(answers=100, seconds=2000)
    with dripping("header", times=0, usage=usage) as (transport, _):
        assert transport.send("GET", "x").body == BODY
    with (
        dripping("header", times=0, usage=Usage(answers=10, seconds=2000)) as (transport, _),
        pytest.raises(OutOfTime),
    ):
        transport.send("GET", "x")


def test_a_slow_answer_within_its_deadline_is_read_to_its_end() -> None:
    clock = FakeClock()
    with (
        closing(Drips(WHOLE[:-8], WHOLE[-8:], clock, drops=1)) as server,
        http_client(server.url, clock=clock) as http,
    ):
        transport = Transport(http, server.url, "k", clock, MemoryRateLimiter(clock))
        assert transport.send("GET", "x").body == BODY


class SinceSending(SystemClock):
    """The machine's own clock, which stands still until the request is sent: a busy machine may
    need longer to connect than the request has."""

    def __init__(self) -> None:
        self._began: float | None = None

    def begin(self) -> None:
        self._began = super().monotonic()

    def monotonic(self) -> float:
        return 0.0 if self._began is None else super().monotonic() - self._began


def test_silence_is_given_up_at_the_deadline_and_not_later() -> None:
    """On the machine's own clock: the socket waits no longer than the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        clock = SinceSending()
        with http_client(url, clock=clock) as http:
            limiter, patience = MemoryRateLimiter(FakeClock()), Patience(exchange=0.05)
            transport = Transport(
                http, url, "k", clock, limiter, patience=patience, on_send=clock.begin
            )
            with pytest.raises(Unreachable, match="not complete"):
                transport.send("GET", "x")
