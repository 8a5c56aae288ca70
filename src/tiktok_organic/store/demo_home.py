"""The last address of this store's built-in simulator, and the settings of its data."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import func, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import connectors, meta

__all__ = ["DemoHome"]

_NAME = "demo"
_API = "/open_api/v1.3"


class DemoHome:
    """The simulator's addresses and data.

    Addresses are empty until the first use of demo data. `anchor` is the day around which data is
    invented. `has_history`: the invented account has the demo's events (a rename, a removed video,
    ...), also after a restart.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] | None = None

    @property
    def api_url(self) -> str:
        return self._read().get("api_url", "")

    @property
    def authorize_url(self) -> str:
        return f"{self.api_url.removesuffix(_API)}/v2/auth/authorize/" if self.api_url else ""

    @property
    def anchor(self) -> date | None:
        text = self._read().get("anchor")
        return date.fromisoformat(text) if text else None

    @property
    def has_history(self) -> bool:
        return bool(self._read().get("history"))

    def begin_history(self, anchor: date) -> None:
        """Give the invented account the demo's events, which end on the day `anchor`.

        Call it before the simulator first starts.
        """
        place = {**self._read(), "anchor": anchor.isoformat(), "history": "yes"}
        with self._database.begin() as connection:
            insert_or_replace(
                connection, meta, [{"name": _NAME, "value": json.dumps(place).encode()}]
            )
        self._known = place

    def move(self, api_url: str, anchor: date) -> None:
        """Store the simulator's new address, also in its connectors."""
        former = self.api_url
        place = {**self._read(), "api_url": api_url, "anchor": anchor.isoformat()}
        with self._database.begin() as connection:
            insert_or_replace(
                connection, meta, [{"name": _NAME, "value": json.dumps(place).encode()}]
            )
            if former and former != api_url:
                values = {
                    "api_url": api_url,
                    "account_key": func.replace(connectors.c.account_key, former, api_url),
                }
                connection.execute(
                    update(connectors).where(connectors.c.api_url == former).values(values)
                )
        self._known = place

    def _read(self) -> dict[str, str]:
        if self._known is None:
            with self._database.read() as connection:
                value = connection.execute(
                    select(meta.c.value).where(meta.c.name == _NAME)
                ).scalar()
            self._known = dict(json.loads(value)) if value else {}
        return self._known
