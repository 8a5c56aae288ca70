"""The archive: every answer of TikTok's data endpoints, unchanged.

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

import errno
import io
import json
import os
import threading
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tiktok_organic.clock import timestamp
from tiktok_organic.errors import DestinationBusy, Refused, TikTokOrganicError
from tiktok_organic.remote_folder import RemoteFolder

__all__ = ["Archive", "Kept", "Recording"]

_LEVEL = 1  # a third larger than level 6, at a quarter of its time
_GZIP = 31
_KEPT_HEADERS = ("date", "x-tt-logid", "content-type", "retry-after")
_SUFFIX = ".answers.gz"
_CHUNK = 1 << 18


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


@dataclass(frozen=True)
class Kept:
    """An archived answer: `head` has the request and its time, `body` is TikTok's."""

    head: Mapping[str, Any]
    body: bytes

    @property
    def number(self) -> int:
        return int(self.head["number"])


class Recording:
    """The file of one attempt while it is written. Safe to use from several threads.

    `answer_bytes`: the sum of its answers, uncompressed.
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self.name = name
        self.answer_bytes = 0
        self._archive = archive
        self._lock = threading.Lock()
        self._number = 0
        self._path = archive.local_path(name)
        with _disk(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # unbuffered, so that a killed process loses no archived answer
            self._file = self._path.open("wb", buffering=0)
            # A file of its own: a request without an answer leaves no trace in the archive.
            self._sent = archive.local_path(_sent(name)).open("wb", buffering=0)

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
                name: exchange.headers[name] for name in _KEPT_HEADERS if name in exchange.headers
            },
            "request_id": _request_id(exchange.body),
            "received_at": timestamp(exchange.received_at),
            "bytes": len(exchange.body),
        }
        with self._lock:
            self._number += 1
            self._append({"number": self._number, **head}, exchange.body)
            self.answer_bytes += len(exchange.body)
            return self._number

    def complete(self, summary: Mapping[str, Any]) -> None:
        """Write the summary, flush the file to the disk, and move it to its place."""
        with self._lock:
            self._append({"summary": dict(summary)}, b"")
            with _disk(self._path):
                # Once per attempt: the run's row refers to the file from now on.
                os.fsync(self._file.fileno())
            self.close()
        self._archive.publish(self.name)

    def close(self) -> None:
        """Stop writing. The archived answers remain, without a summary."""
        self._file.close()
        self._sent.close()

    def _append(self, head: Mapping[str, Any], body: bytes) -> None:
        # One member per answer: a killed process damages at most the last one.
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        line = json.dumps(head, separators=(",", ":")).encode() + b"\n"
        member = packer.compress(line + body + b"\n") + packer.flush()
        with _disk(self._path):
            if self._file.write(member) != len(member):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Archive:
    """The archive: a folder, or any fsspec address (`s3://bucket/folder`).

    For such an address, an attempt is written to the `spool` folder and moved when it is complete.
    """

    def __init__(self, address: str, spool: Path) -> None:
        remote = "://" in address and not address.startswith("file://")
        self._remote = RemoteFolder(address.rstrip("/")) if remote else None
        self._root = spool if remote else Path(address.removeprefix("file://").rstrip("/") or "/")

    def record(self, connector: str, run: str, attempt: int, moment: datetime) -> Recording:
        """Begin the file of an attempt.

        Raises Refused for an address that cannot be used.
        """
        if self._remote is not None:
            self._remote.require_driver()
        return Recording(self, _name(connector, run, attempt, moment))

    def sent(self, connector: str, run: str, attempt: int, moment: datetime) -> int:
        """Return how many requests an attempt has sent, also a killed one.

        If the number is unknown (another machine has its spool), the number of archived answers.
        """
        name = _name(connector, run, attempt, moment)
        try:
            return self.local_path(_sent(name)).stat().st_size
        except OSError:
            pass
        try:
            return sum(1 for _ in self.all_answers(name))
        except (OSError, ValueError, TikTokOrganicError):
            return 0

    def forget_sent(self, connector: str, run: str, attempt: int, moment: datetime) -> None:
        """Delete the count, because it is stored elsewhere now."""
        with suppress(OSError):
            self.local_path(_sent(_name(connector, run, attempt, moment))).unlink(missing_ok=True)

    def local_path(self, name: str) -> Path:
        return self._root / name

    def publish(self, name: str) -> None:
        """Upload a complete file from the spool to a remote archive.

        Raises DestinationBusy if it is unreachable.
        """
        if self._remote is None:
            return
        self._remote.put(self.local_path(name), name)
        self.local_path(name).unlink(missing_ok=True)

    def summary(self, name: str) -> dict[str, Any] | None:
        """Return the summary of a complete file; None if it is missing, or incomplete."""
        try:
            for kept in self._members(name):
                if "summary" in kept.head:
                    return dict(kept.head["summary"])
        except (OSError, ValueError):
            return None
        return None

    def heads(self, name: str) -> list[Mapping[str, Any]]:
        """Yield request and time of every answer of a file.

        Yields nothing if the file is missing, damaged or unreachable.
        """
        try:
            return [kept.head for kept in self._members(name) if "number" in kept.head]
        except (OSError, ValueError, TikTokOrganicError):
            return []

    def answers(self, name: str, numbers: Collection[int]) -> Iterator[Kept]:
        """Yield the answers with these numbers, in the order of their arrival.

        Raises DestinationBusy if the archive cannot be read at present, and Refused if it can be
        read and an answer is missing or damaged.
        """
        wanted = set(numbers)
        try:
            for kept in self._members(name):
                if "number" in kept.head and kept.number in wanted:
                    wanted.discard(kept.number)
                    yield kept
                if not wanted:
                    return
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and not self._surely_missing(name, error):
                raise DestinationBusy(
                    f"the archive cannot be read: {name}: {error.strerror or error}",
                    code="archive_away",
                ) from error
        if wanted:
            raise Refused(
                f"the archive file {name} is missing or damaged",
                code="archive_missing",
            )

    def _surely_missing(self, name: str, error: OSError) -> bool:
        """Whether the file is missing in an archive that can be read.

        If the connector's folder is missing too, the disk may not be mounted.
        """
        folder = self._root / name.partition("/")[0]
        return isinstance(error, FileNotFoundError) and (
            self._remote is not None or folder.is_dir()
        )

    def all_answers(self, name: str) -> Iterator[Kept]:
        """Yield every answer of a file, used or not."""
        return (kept for kept in self._members(name) if "number" in kept.head)

    def prune(self, connector: str, before: datetime) -> int:
        """Delete a connector's files from before that time; return their number."""
        count = 0
        if self._remote is not None:
            return self._prune_remote(self._remote, connector, before)
        for path in (self._root / connector).rglob(f"*{_SUFFIX}"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
        return count

    def remove(self, connector: str) -> None:
        """Delete all of a connector's files."""
        import shutil

        shutil.rmtree(self._root / connector, ignore_errors=True)
        if self._remote is not None:
            self._remote.delete_folder(connector)

    def check(self) -> bool:
        """Whether the place exists; nothing is created.

        Raises DestinationBusy if nothing can be archived here.
        """
        if self._remote is not None:
            return self._remote.exists()
        with _disk(self._root):
            nearest = next(path for path in (self._root, *self._root.parents) if path.exists())
            if not nearest.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(nearest, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            if nearest == self._root:
                probe = self._root / f".probe-{os.getpid()}"
                probe.write_bytes(b"")
                probe.unlink()
            return nearest == self._root

    def _prune_remote(self, remote: RemoteFolder, connector: str, before: datetime) -> int:
        count = 0
        for name in remote.names(connector):
            if not name.endswith(_SUFFIX):
                continue
            moment = remote.modified(name) or self._received(name)
            if moment is not None and moment < before:
                remote.delete(name)
                count += 1
        return count

    def _received(self, name: str) -> datetime | None:
        """Return when the last answer of a file arrived."""
        heads = self.heads(name)
        return datetime.fromisoformat(heads[-1]["received_at"]) if heads else None

    def _open(self, name: str) -> AbstractContextManager[BinaryIO]:
        local = self.local_path(name)
        return (
            local.open("rb") if self._remote is None or local.exists() else self._remote.open(name)
        )

    def _members(self, name: str) -> Iterator[Kept]:
        """Yield the complete members of a file.

        An interrupted one at its end is omitted, and so is everything after a damaged member.
        Raises ValueError for a complete member that is not ours.
        """
        with self._open(name) as file:
            rest = b""
            while True:
                packer = zlib.decompressobj(_GZIP)
                plain = io.BytesIO()
                while not packer.eof:
                    data = rest or file.read(_CHUNK)
                    rest = b""
                    if not data:
                        return
                    try:
                        plain.write(packer.decompress(data))
                    except zlib.error:
                        return
                rest = packer.unused_data
                line, _, body = plain.getvalue().partition(b"\n")
                yield _kept(json.loads(line), body)


def _kept(head: object, body: bytes) -> Kept:
    if not isinstance(head, dict):
        raise ValueError(f"{head!r} is not the head of an answer")  # noqa: TRY004 - damaged data
    return Kept(head, body[: int(head.get("bytes", 0))])


def _name(connector: str, run: str, attempt: int, moment: datetime) -> str:
    return f"{connector}/{moment.year}/{run}.{attempt}{_SUFFIX}"


def _sent(name: str) -> str:
    return name.removesuffix(_SUFFIX) + ".sent"


class _disk:  # noqa: N801 - reads as a word where it is used
    """Turn the file system's errors into ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise DestinationBusy(
                f"the archive cannot be written at {self._path}: {error.strerror or error}",
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
