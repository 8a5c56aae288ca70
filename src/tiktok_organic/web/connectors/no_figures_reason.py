"""The likeliest reason why TikTok has no figures for an account, shown without an alarm."""

from __future__ import annotations

from tiktok_organic.connector import Connector
from tiktok_organic.store.connectors.chart_data import ChartData, whole_number

__all__ = ["absence_reason"]

_SMALLEST_AUDIENCE = 100
_INSIGHTS = "user.insights"


def absence_reason(data: ChartData, connector: Connector) -> str:
    """Return one or two sentences for days or an audience without figures."""
    moments = data.moments(connector.id, 1)
    posts = whole_number(moments[-1][1].get("videos_count")) if moments else None
    if _INSIGHTS not in connector.scopes:
        return (
            "The account's owner withheld the permission for daily figures. Reconnect and leave "
            "every permission switched on."
        )
    if posts == 0:
        return "The account has no public post yet, and TikTok counts nothing before the first one."
    if connector.followers is not None and connector.followers < _SMALLEST_AUDIENCE:
        return (
            f"TikTok gives few figures for accounts below {_SMALLEST_AUDIENCE} followers; this "
            f"one has {connector.followers}."
        )
    return (
        "Usually the account was new then, or its analytics were not switched on yet: in the "
        "TikTok app under Business suite → Analytics."
    )
