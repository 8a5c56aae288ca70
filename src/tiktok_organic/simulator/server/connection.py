"""One client's connection: reads HTTP/1.1 requests and writes answers.

Answers may be broken on purpose. The parser of `http.server` spends most of its time in a general
mail-header reader; here a line is split at its colon.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING

from tiktok_organic.simulator.server.answer import Answer, plain_json
from tiktok_organic.simulator.server.request import Request

if TYPE_CHECKING:
    from tiktok_organic.simulator.server.server import Server

_LONGEST_LINE = 65_536
_LARGEST_BODY = 8 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Connection(StreamRequestHandler):
    """Serves until the client closes, asks to close, or a fault breaks the connection."""

    server: Server
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        """Read and answer requests until the connection ends."""
        with contextlib.suppress(OSError):
            while self._exchange():
                pass

    def _exchange(self) -> bool:
        request, keep = self._read()
        if request is None:
            return False
        try:
            result = self.server.answer(request)
        except Exception as error:  # noqa: BLE001 - reported as the simulator's own mistake
            # A bug of the simulator must be visible as one, and not look like TikTok's behaviour.
            self.server.report(error)
            result = plain_json({"error": f"the simulator failed: {error!r}"}, 599)
        if result.delay > 0:
            self.server.sleep(result.delay)
        return self._write(result, request.method) and keep

    def _read(self) -> tuple[Request | None, bool]:
        words = self.rfile.readline(_LONGEST_LINE).decode("latin-1").split()
        if len(words) != 3:
            return None, False
        method, target, version = words
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(_LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY or "transfer-encoding" in headers:
            self._write(
                plain_json({"error": "send a Content-Length of at most 8 MiB"}, 411), method
            )
            return None, False
        body = self.rfile.read(int(length))
        keep = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        return Request(method, target, headers, body), keep

    def _write(self, answer: Answer, method: str) -> bool:
        """Send the answer; False if the connection is broken on purpose afterwards."""
        if answer.reset:
            self._break()
            return False
        now = self.server.world.clock.now()
        headers = {
            "Date": format_datetime(now + timedelta(seconds=answer.date_shift), usegmt=True),
            "Content-Type": answer.content_type,
            "Content-Length": len(answer.body),
            "X-Tt-Logid": self.server.world.request_id(now),
            **answer.headers,
        }
        if answer.drip and answer.drip_part == "chunk":
            del headers["Content-Length"]
            headers["Transfer-Encoding"] = "chunked"
        first = f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}\r\n"
        rest = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        body = b"" if method == "HEAD" else answer.body[: answer.cut_after]
        if answer.drip:
            self._drip(answer, first.encode("latin-1"), rest.encode("latin-1"), body)
        else:
            self.wfile.write((first + rest).encode("latin-1") + body)
        return answer.cut_after is None

    def _drip(self, answer: Answer, first: bytes, rest: bytes, body: bytes) -> None:
        """Send the answer slowly, with neither a long silence nor an early end."""
        pieces = range(answer.drip_pieces)
        if answer.drip_part == "headers":
            self._write_slowly(answer.drip, first, *(b"X-Slow-%d: .\r\n" % n for n in pieces))
            self.wfile.write(rest + body)
        elif answer.drip_part == "interim":
            self._write_slowly(answer.drip, *(b"HTTP/1.1 103 Early Hints\r\n\r\n" for _ in pieces))
            self.wfile.write(first + rest + body)
        elif answer.drip_part == "chunk":
            self.wfile.write(first + rest + b"%x;slow=" % len(body))
            self._write_slowly(answer.drip, *(b"." for _ in pieces))
            self.wfile.write(b"\r\n" + body + b"\r\n0\r\n\r\n")
        else:
            self.wfile.write(first + rest)
            self._write_slowly(answer.drip, *(bytes((byte,)) for byte in body))

    def _write_slowly(self, seconds: float, *pieces: bytes) -> None:
        for piece in pieces:
            self.server.sleep(seconds)
            self.wfile.write(piece)

    def _break(self) -> None:
        """Close with a reset (lingering for zero seconds), as a failing gateway does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
