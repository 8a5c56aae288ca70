"""The table `account_username`: every name of the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tiktok_organic.history.rows import NameRow

__all__ = ["Names"]


class Names:
    """The rows of `account_username`, updated by one sync after the other."""

    def __init__(self, account_id: str, stored: Iterable[NameRow] = ()) -> None:
        self._account_id = account_id
        self._rows = {row.username: row for row in stored}
        self._stored = dict(self._rows)

    def seen(self, username: str, sync_date: datetime) -> None:
        """Add the account's name at a sync."""
        row = self._rows.get(username)
        if row is None:
            row = NameRow(self._account_id, username, sync_date, sync_date)
        self._rows[username] = replace(
            row,
            first_seen=min(row.first_seen, sync_date),
            last_seen=max(row.last_seen, sync_date),
        )

    def changed(self) -> list[NameRow]:
        """Return the rows that differ from the stored ones."""
        return [row for key, row in self._rows.items() if self._stored.get(key) != row]
