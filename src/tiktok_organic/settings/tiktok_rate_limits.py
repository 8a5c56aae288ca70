"""How many requests TikTok allows: for the whole app, and for one account at one endpoint.

Documents 1738084416214017 (Accounts) and 1740029171730433 (all endpoints).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACCOUNT_MINUTE", "APP_LEVELS", "Limits"]

APP_LEVELS = {
    "basic": (10, 600),
    "advanced": (20, 1000),
    "premium": (30, 1000),
    "ultimate": (50, 1000),
}
"""Requests of the app per second and per minute, by its level.

The Accounts endpoints together allow no more than 1,000 a minute.
"""
ACCOUNT_MINUTE = 40
"""Requests per minute of one account to one endpoint."""


@dataclass(frozen=True)
class Limits:
    """`second` and `minute`: requests of the whole app; by default those of a new app.

    `account_minute`: of one account to one endpoint.
    """

    second: int = APP_LEVELS["basic"][0]
    minute: int = APP_LEVELS["basic"][1]
    account_minute: int = ACCOUNT_MINUTE
