"""Where the built-in simulator of this store was last reached, and around which day its data was invented."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import func, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors, meta
from tiktok_organic.store.upsert import upsert

__all__ = ["DemoHome"]

_NAME = "demo"
_API = "/open_api/v1.3"


class DemoHome:
    """Empty addresses as long as nobody wished for demo data."""

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

    def move(self, api_url: str, anchor: date) -> None:
        """The simulator listens there now: its connectors go along."""
        former, place = self.api_url, {"api_url": api_url, "anchor": anchor.isoformat()}
        with self._database.begin() as connection:
            upsert(connection, meta, [{"name": _NAME, "value": json.dumps(place).encode()}])
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
