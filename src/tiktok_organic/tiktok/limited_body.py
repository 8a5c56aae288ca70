"""Read an answer of TikTok, limited in size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from tiktok_organic.errors import Unreadable

__all__ = ["LARGEST_BODY", "Reply", "received"]

LARGEST_BODY = 64 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def received(response: httpx2.Response) -> Reply:
    """Read the whole answer, decompressed. Raises Unreadable if it is too large."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, _body(response))


def _body(response: httpx2.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise Unreadable(
                f"the answer is larger than {LARGEST_BODY // 2**20} MB",
                case="too_large",
            )
    return b"".join(parts)
