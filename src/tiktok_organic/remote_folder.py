"""A folder at any fsspec address, for an archive that several machines share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from tiktok_organic.errors import BadValue, DestinationBusy, Refused, TikTokOrganicError
from tiktok_organic.settings import hide_password, hide_passwords_in

__all__ = ["RemoteFolder"]


class RemoteFolder:
    """Files of a folder, by their path in it.

    fsspec is imported at the first use: that takes a tenth of a second. Every method raises
    BadValue for an address that fsspec does not support, Refused if the package for it is not
    installed, DestinationBusy (archive_away) if the place cannot be reached; no error repeats a
    password.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def require_driver(self) -> None:
        """Check that the address can be used, without connecting."""
        import fsspec

        for part in self._address.split("::"):  # fsspec allows to chain kinds: simplecache::s3://…
            kind = part.partition("://")[0]
            try:
                fsspec.get_filesystem_class(kind)
            except ValueError:
                raise BadValue(
                    "TIKTOK_ORGANIC_ARCHIVE_URL",
                    f"{kind!r} is not a kind of address that fsspec knows",
                    example="s3://bucket/tiktok",
                    code="bad_setting",
                ) from None
            except ImportError as error:
                raise Refused(
                    f"the archive {hide_password(self._address)} needs a package that is not "
                    f"installed: {error}",
                    code="archive_driver_missing",
                ) from None

    def exists(self) -> bool:
        """Whether the folder exists; the first file creates it."""
        with suppress(FileNotFoundError), self._reached() as (files, place):
            files.info(place)
            return True
        return False

    def put(self, file: Path, name: str) -> None:
        try:
            with self._reached() as (files, place):
                target = f"{place}/{name}"
                files.makedirs(target.rpartition("/")[0], exist_ok=True)
                files.put_file(str(file), target)
        except FileNotFoundError as error:
            raise self._away(error) from None

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file. Also raises FileNotFoundError."""
        with self._reached() as (files, place), files.open(f"{place}/{name}", "rb") as file:
            yield cast(BinaryIO, file)

    def names(self, folder: str) -> list[str]:
        """Return every file in a folder and its subfolders; none without the folder."""
        with suppress(FileNotFoundError), self._reached() as (files, place):
            found = sorted(files.find(f"{place}/{folder}"))
            return [f"{folder}{path.rpartition(f'{place}/{folder}')[2]}" for path in found]
        return []

    def modified(self, name: str) -> datetime | None:
        """Return when the file was last written; None if the place does not store it."""
        with self._reached() as (files, place):
            try:
                moment: datetime = files.modified(f"{place}/{name}")
            except (NotImplementedError, FileNotFoundError):
                return None
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError), self._reached() as (files, place):
            files.rm(f"{place}/{name}")

    def delete_folder(self, name: str) -> None:
        """Delete the folder with its content."""
        with suppress(FileNotFoundError), self._reached() as (files, place):
            files.info(f"{place}/{name}")
            files.rm(f"{place}/{name}", recursive=True)

    @contextmanager
    def _reached(self) -> Iterator[tuple[Any, str]]:
        """Yield the file system, and the folder's path in it."""
        self.require_driver()
        from fsspec.core import url_to_fs

        try:
            files, place = url_to_fs(self._address)
            try:
                yield files, place.rstrip("/")
            except (FileNotFoundError, TikTokOrganicError):
                raise
            except Exception:
                files.clear_instance_cache()  # a broken connection is not used again
                raise
        except (FileNotFoundError, TikTokOrganicError):
            raise
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            # the driver's words may contain the address with its password
            raise self._away(error) from None

    def _away(self, error: Exception) -> DestinationBusy:
        words = hide_passwords_in(str(error) or type(error).__name__, self._address)
        return DestinationBusy(
            f"the archive {hide_password(self._address)} cannot be used: {words}",
            code="archive_away",
        )
