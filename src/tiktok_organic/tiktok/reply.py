"""What comes back from TikTok, within bounds: so many bytes, and so long until it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx2

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Unreachable, Unreadable

__all__ = ["LARGEST_BODY", "LONGEST", "Reply", "received"]

LARGEST_BODY = 64 * 1024 * 1024
LONGEST = 10 * 60.0
"""Seconds from sending a request to the last byte of its answer. A page takes seconds; and whoever reads holds the
connector, or the lock of its tokens."""


@dataclass(frozen=True)
class Reply:
    """What came back; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def received(response: httpx2.Response, clock: Clock, began: float) -> Reply:
    """The whole answer, decompressed. `began`: when it was asked for, on the clock that never goes backwards.

    Raises Unreadable when it is too large, Unreachable when it takes too long.
    """
    response.stream = _InTime(response.stream, clock, began + LONGEST)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, _body(response))


def _body(response: httpx2.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise Unreadable(
                f"an answer of more than {LARGEST_BODY // 2**20} MB is not read",
                advice="TikTok sent far more than it should. It is not kept. Try again later.",
            )
    return b"".join(parts)


class _InTime(httpx2.SyncByteStream):
    """The bytes as they come from the network, before they are decompressed: a drop that completes nothing is seen too.

    The client's own time-out looks at the pause between two bytes alone.
    """

    def __init__(self, stream: object, clock: Clock, deadline: float) -> None:
        assert isinstance(stream, httpx2.SyncByteStream)  # noqa: S101 - ours is the synchronous client
        self._stream = stream
        self._clock = clock
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if self._clock.monotonic() > self._deadline:
                raise Unreachable(
                    f"TikTok's answer came so slowly that it was not whole after {LONGEST / 60:.0f} minutes"
                )
            yield part

    def close(self) -> None:
        self._stream.close()
