"""A file of the archive: its name, and its members.

One file per attempt of a run, `{connector}/{year}/{run}.{attempt}.answers.gz`: a gzip member for
each answer, so that `zcat` reads it, appending does not change existing data, and an interrupted
file is readable up to its last complete member. A member is one line of JSON (endpoint, parameters,
status, headers, times, `bytes`), the body as it was received, a line feed. The last member of a
complete file is the summary: which answers were used, for what. It never contains tokens.

During the attempt, a second file with `.sent` has a byte for each request that was sent. A request
has no answer to archive if it renews a token, if the connection breaks, or if the process is
killed.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

__all__ = ["SUFFIX", "ArchivedAnswer", "file_name", "packed", "read_members", "sent_name"]

SUFFIX = ".answers.gz"
_LEVEL = 1  # a third larger than level 6, at a quarter of its time
# zlib's window bits: 15 for the largest window, and 16 for gzip's header.
_GZIP = 31
_CHUNK = 1 << 18


@dataclass(frozen=True)
class ArchivedAnswer:
    """An archived answer: `head` has the request and its time, `body` is TikTok's.

    The summary is a member without a number.
    """

    head: Mapping[str, Any]
    body: bytes

    @property
    def number(self) -> int:
        return int(self.head["number"])


def file_name(connector: str, run: str, attempt: int, sync_date: datetime) -> str:
    """Return the name of an attempt's file, within the archive."""
    return f"{connector}/{sync_date.year}/{run}.{attempt}{SUFFIX}"


def sent_name(name: str) -> str:
    """Return the name of the file that counts the attempt's requests."""
    return name.removesuffix(SUFFIX) + ".sent"


def packed(head: Mapping[str, Any], body: bytes) -> bytes:
    """Return a member: complete by itself, so that a killed process damages at most the last."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    line = json.dumps(head, separators=(",", ":")).encode() + b"\n"
    return packer.compress(line + body + b"\n") + packer.flush()


def read_members(file: BinaryIO) -> Iterator[ArchivedAnswer]:
    """Yield the complete members of a file.

    An interrupted one at its end is omitted, and so is everything after a damaged member. Raises
    ValueError for a complete member that is not ours.
    """
    rest = b""
    while True:
        packer = zlib.decompressobj(_GZIP)
        plain = io.BytesIO()
        while not packer.eof:
            data = rest or file.read(_CHUNK)
            rest = b""
            # The process was killed while it wrote this member.
            if not data:
                return
            try:
                plain.write(packer.decompress(data))
            # Without the end of this member, the beginning of the next one is unknown.
            except zlib.error:
                return
        rest = packer.unused_data
        line, _, body = plain.getvalue().partition(b"\n")
        yield _answer(json.loads(line), body)


def _answer(head: object, body: bytes) -> ArchivedAnswer:
    if not isinstance(head, dict):
        raise ValueError(f"{head!r} is not the head of an answer")  # noqa: TRY004 - damaged data
    return ArchivedAnswer(head, body[: int(head.get("bytes", 0))])
