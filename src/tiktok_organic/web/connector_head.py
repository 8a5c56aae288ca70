"""What the head of every page about a connector shows."""

from __future__ import annotations

from typing import Any

from tiktok_organic.connector import Connector
from tiktok_organic.web.site import Site

__all__ = ["head"]


def head(site: Site, connector: Connector, tab: str) -> dict[str, Any]:
    now = site.app.clock.now()
    last = next(iter(site.app.runs.newest(connector.id, 1)), None)
    left = (connector.consent_ends - now).days if connector.consent_ends else None
    invented = site.is_invented(connector.api_url)
    return {
        "connector": connector,
        "tab": tab,
        "last": last,
        "days_left": left,
        "invented": invented,
    }
