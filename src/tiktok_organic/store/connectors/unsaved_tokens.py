"""Renewed pairs that the store could not accept yet, encrypted, each in a file of the home folder.

TikTok may accept a refresh token only once. So space for the new pair is reserved before TikTok is
asked, and the pair is written there before it is written into the store: a full disk or a killed
process does not lose the consent.

Only this machine has the file. If several machines share a store,
`actions/connectors/save_unsaved_tokens.py` stores the pair within a minute, before another machine
renews the old one. The shared archive is not used for this, because it never contains a token.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tiktok_organic.errors import TryAgain, WrongKey
from tiktok_organic.store.connectors.tiktok_tokens import StoredTokens
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.tiktok.token_pair import TokenPair

__all__ = ["UnsavedTokens"]

# Bytes. An encrypted pair is 1 to 2 KB long.
_RESERVED = 16 * 1024
"""Bytes. An encrypted pair is 1 to 2 KB long."""
_SUFFIX = ".pair"
_TIMES = ("access_expires", "consent_ends")


class UnsavedTokens:
    """At most one pair for each connector. The caller holds the lock `tokens:CONNECTOR`."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder = folder
        self._cipher = cipher

    def reserve(self, connector_id: str) -> None:
        """Allocate the space for a pair. Raises TryAgain when that is not possible."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Real bytes, not a sparse file: the blocks have to exist before TikTok invalidates the
            # former pair.
            self._write(connector_id, bytes(_RESERVED), os.O_TRUNC)
        except OSError as error:
            self.discard(connector_id)
            raise TryAgain(
                f"the access token cannot be renewed: {self._folder} cannot be written "
                f"({error.strerror or error})",
                code="disk_full",
            ) from error

    def keep(self, connector_id: str, renewed: StoredTokens) -> None:
        """Write the new pair into the reserved space.

        `renewed.version`: of the pair that it replaces. An error is not raised: the store may still
        accept the pair.
        """
        values = {**asdict(renewed.tokens), "version": renewed.version}
        for name in _TIMES:
            values[name] = values[name].isoformat()
        with suppress(OSError):
            # In place: the blocks are allocated, so a full disk does not matter.
            self._write(connector_id, self._cipher.encrypt(json.dumps(values)) + b"\n", 0)

    def connectors(self) -> list[str]:
        """The ids of the connectors that have a file here."""
        with suppress(OSError):
            return sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}"))
        return []

    def read(self, connector_id: str) -> StoredTokens | None:
        """Return the saved pair, None if none exists."""
        try:
            encrypted = self._file(connector_id).read_bytes().partition(b"\n")[0]
            values: dict[str, Any] = json.loads(self._cipher.decrypt(encrypted))
        except (OSError, WrongKey, ValueError):
            return None
        version = int(values.pop("version"))
        for name in _TIMES:
            values[name] = datetime.fromisoformat(values[name])
        return StoredTokens(TokenPair(**{**values, "scopes": tuple(values["scopes"])}), version)

    def discard(self, connector_id: str) -> None:
        """Delete the file, with or without a pair."""
        with suppress(OSError):
            self._file(connector_id).unlink(missing_ok=True)

    def _write(self, connector_id: str, content: bytes, flags: int) -> None:
        path = self._file(connector_id)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _file(self, connector_id: str) -> Path:
        return self._folder / f"{connector_id}{_SUFFIX}"
