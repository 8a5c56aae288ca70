"""The file of one attempt while it is written."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from tiktok_organic.archive.answer_file import packed, sent_name
from tiktok_organic.clock import timestamp
from tiktok_organic.errors import DestinationBusy

__all__ = ["Recording", "disk_errors"]

_ARCHIVED_HEADERS = ("date", "x-tt-logid", "content-type", "retry-after")


class Answered(Protocol):
    """What the archive needs of an exchange."""

    @property
    def endpoint(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, str]: ...
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def received_at(self) -> datetime: ...


class Recording:
    """The file of one attempt while it is written. Safe to use from several threads.

    `answer_bytes`: the sum of its answers, uncompressed. `publish`: called with the name when the
    file is complete.
    """

    def __init__(self, folder: Path, name: str, publish: Callable[[str], None]) -> None:
        self.name = name
        self.answer_bytes = 0
        self._publish = publish
        self._lock = threading.Lock()
        self._number = 0
        self._path = folder / name
        with disk_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # unbuffered, so that a killed process loses no archived answer
            self._file = self._path.open("wb", buffering=0)
            # A file of its own: a request without an answer leaves no trace in the archive.
            self._sent = (folder / sent_name(name)).open("wb", buffering=0)

    def sending(self) -> None:
        """Record that a request is sent.

        A full disk is reported when an answer cannot be archived.
        """
        with suppress(OSError, ValueError):
            self._sent.write(b".")

    def keep(self, exchange: Answered) -> int:
        """Archive an answer before it is used; return its number, from 1."""
        head: dict[str, Any] = {
            "endpoint": exchange.endpoint,
            "parameters": dict(exchange.parameters),
            "status": exchange.status,
            "headers": {
                name: exchange.headers[name]
                for name in _ARCHIVED_HEADERS
                if name in exchange.headers
            },
            "request_id": _request_id(exchange.body),
            "received_at": timestamp(exchange.received_at),
            "bytes": len(exchange.body),
        }
        # Number and member under one lock: the numbers follow the order in the file.
        with self._lock:
            self._number += 1
            self._append({"number": self._number, **head}, exchange.body)
            self.answer_bytes += len(exchange.body)
            return self._number

    def complete(self, summary: Mapping[str, Any]) -> None:
        """Write the summary, flush the file to the disk, and move it to its place."""
        with self._lock:
            self._append({"summary": dict(summary)}, b"")
            with disk_errors(self._path):
                # Once per attempt: the run's row refers to the file from now on.
                os.fsync(self._file.fileno())
            self.close()
        self._publish(self.name)

    def close(self) -> None:
        """Stop writing. The archived answers remain, without a summary."""
        self._file.close()
        self._sent.close()

    def _append(self, head: Mapping[str, Any], body: bytes) -> None:
        member = packed(head, body)
        with disk_errors(self._path):
            # An unbuffered write to a full disk may write a part and raise nothing.
            if self._file.write(member) != len(member):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Convert the file system's errors to DestinationBusy."""
    try:
        yield
    except OSError as error:
        raise DestinationBusy(
            f"the archive cannot be written at {path}: {error.strerror or error}",
            code="archive_unwritable",
        ) from error


def _request_id(body: bytes) -> str | None:
    """Return TikTok's request id; it is near the beginning or the end of the body."""
    for part in (body[:400], body[-400:]):
        _, found, rest = part.partition(b'"request_id"')
        if found:
            value = rest.lstrip(b" :").split(b'"', 2)
            return (
                value[1].decode("ascii", "replace")[:80]
                if len(value) > 2 and not value[0]
                else None
            )
    return None
