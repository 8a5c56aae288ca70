"""The folder of all archived files, on a disk or at any fsspec address."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from tiktok_organic.archive.answer_file import (
    SUFFIX,
    ArchivedAnswer,
    file_name,
    read_members,
    sent_name,
)
from tiktok_organic.archive.recording import Recording, disk_errors
from tiktok_organic.errors import DestinationBusy, Refused, TikTokOrganicError
from tiktok_organic.remote_folder import RemoteFolder

__all__ = ["Archive"]


class Archive:
    """The archive: a folder, or any fsspec address (`s3://bucket/folder`).

    For such an address, an attempt is written to the `spool` folder and moved when it is complete.
    """

    def __init__(self, address: str, spool: Path) -> None:
        remote = "://" in address and not address.startswith("file://")
        self._remote = RemoteFolder(address.rstrip("/")) if remote else None
        self._root = spool if remote else Path(address.removeprefix("file://").rstrip("/") or "/")

    def record(self, connector: str, run: str, attempt: int, sync_date: datetime) -> Recording:
        """Begin the file of an attempt.

        Raises Refused for an address that cannot be used.
        """
        if self._remote is not None:
            self._remote.require_driver()
        name = file_name(connector, run, attempt, sync_date)
        return Recording(self._root, name, self.publish)

    def sent(self, connector: str, run: str, attempt: int, sync_date: datetime) -> int:
        """Return how many requests an attempt has sent, also a killed one.

        If the number is unknown (another machine has its spool), the number of archived answers.
        """
        name = file_name(connector, run, attempt, sync_date)
        try:
            return self.local_path(sent_name(name)).stat().st_size
        except OSError:
            pass
        try:
            return sum(1 for _ in self.all_answers(name))
        except (OSError, ValueError, TikTokOrganicError):
            return 0

    def forget_sent(self, connector: str, run: str, attempt: int, sync_date: datetime) -> None:
        """Delete the count, because it is stored elsewhere now."""
        name = sent_name(file_name(connector, run, attempt, sync_date))
        with suppress(OSError):
            self.local_path(name).unlink(missing_ok=True)

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
            for answer in self._members(name):
                if "summary" in answer.head:
                    return dict(answer.head["summary"])
        except (OSError, ValueError):
            return None
        return None

    def heads(self, name: str) -> list[Mapping[str, Any]]:
        """Yield request and time of every answer of a file.

        Yields nothing if the file is missing, damaged or unreachable.
        """
        try:
            return [answer.head for answer in self._members(name) if "number" in answer.head]
        except (OSError, ValueError, TikTokOrganicError):
            return []

    def answers(self, name: str, numbers: Collection[int]) -> Iterator[ArchivedAnswer]:
        """Yield the answers with these numbers, in the order of their arrival.

        Raises DestinationBusy if the archive cannot be read at present, and Refused if it can be
        read and an answer is missing or damaged.
        """
        wanted = set(numbers)
        try:
            for answer in self._members(name):
                if "number" in answer.head and answer.number in wanted:
                    wanted.discard(answer.number)
                    yield answer
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

    def all_answers(self, name: str) -> Iterator[ArchivedAnswer]:
        """Yield every answer of a file, used or not."""
        return (answer for answer in self._members(name) if "number" in answer.head)

    def prune(self, connector: str, before: datetime) -> int:
        """Delete a connector's files from before that time; return their number."""
        count = 0
        if self._remote is not None:
            return self._prune_remote(self._remote, connector, before)
        for path in (self._root / connector).rglob(f"*{SUFFIX}"):
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
        with disk_errors(self._root):
            # The folder is created with the first file, so its nearest parent has to allow that.
            nearest = next(path for path in (self._root, *self._root.parents) if path.exists())
            if not nearest.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(nearest, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            if nearest == self._root:
                # Permissions are not enough: the file system itself may be read-only.
                probe = self._root / f".probe-{os.getpid()}"
                probe.write_bytes(b"")
                probe.unlink()
            return nearest == self._root

    def _prune_remote(self, remote: RemoteFolder, connector: str, before: datetime) -> int:
        count = 0
        for name in remote.names(connector):
            if not name.endswith(SUFFIX):
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
        # An attempt that was interrupted, or not uploaded yet, is still in the spool.
        local = self.local_path(name)
        return (
            local.open("rb") if self._remote is None or local.exists() else self._remote.open(name)
        )

    def _members(self, name: str) -> Iterator[ArchivedAnswer]:
        with self._open(name) as file:
            yield from read_members(file)
