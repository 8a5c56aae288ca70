"""Convert connectors to rows of the table `connectors`, and back; destinations are encrypted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from tiktok_organic.caseless import caseless
from tiktok_organic.connector import UNREADABLE, Connector, Schedule
from tiktok_organic.errors import WrongKey
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.warehouse.destinations import destination_key, identity

__all__ = ["ConnectorRows"]


class ConnectorRows:
    """Converts rows with the store's cipher."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    def values(self, connector: Connector) -> dict[str, Any]:
        """Return the columns of a connector."""
        schedule = connector.schedule
        return {
            "id": connector.id,
            "name": connector.name,
            "name_key": caseless(connector.name),
            "account_key": f"{connector.account_id} {connector.api_url}",
            "place_key": destination_key(connector.destination, connector.dataset),
            "account_id": connector.account_id,
            "username": connector.username,
            "former_usernames": list(connector.former_usernames),
            "display_name": connector.display_name,
            "avatar": connector.avatar,
            "followers": connector.followers,
            "dataset": connector.dataset,
            "destination": self._cipher.encrypt(connector.destination),
            "destination_key": identity(connector.destination),
            "reports": list(connector.reports),
            "schedule": schedule.every,
            "hour": schedule.hour,
            "weekday": schedule.weekday,
            "timezone": schedule.timezone,
            "lookback": connector.lookback,
            "views": connector.views,
            "state": connector.state,
            "state_reason": connector.state_reason,
            "scopes": list(connector.scopes),
            "api_url": connector.api_url,
            "created_at": connector.created_at,
            "first_asked": connector.first_asked,
            "next_due": connector.next_due,
        }

    def _opened(self, encrypted: bytes) -> str:
        """Decrypt the destination; UNREADABLE if that fails.

        An error would end a loop over all connectors.
        """
        try:
            return self._cipher.decrypt(encrypted)
        except WrongKey:
            return UNREADABLE

    def connector(self, row: Row[Any]) -> Connector:
        """Return the connector of a row that is joined with its consent's end."""
        return Connector(
            id=row.id,
            name=row.name,
            account_id=row.account_id,
            username=row.username,
            former_usernames=tuple(row.former_usernames),
            display_name=row.display_name,
            avatar=row.avatar,
            dataset=row.dataset,
            destination=self._opened(row.destination),
            reports=tuple(row.reports),
            schedule=Schedule(row.schedule, row.hour, row.weekday, row.timezone),
            lookback=row.lookback,
            state=row.state,
            state_reason=row.state_reason,
            scopes=tuple(row.scopes),
            api_url=row.api_url,
            created_at=row.created_at,
            first_asked=row.first_asked,
            next_due=row.next_due,
            consent_ends=row.consent_ends,
            followers=row.followers,
            views=row.views,
        )
