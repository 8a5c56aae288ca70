"""Faults that change the world or the connection just before a request is served."""

from __future__ import annotations

from typing import Any

# Name -> parameters with their defaults. What each does is in `router.interfere`.
INTERFERENCES: dict[str, dict[str, Any]] = {
    "slow": {"seconds": 1.0},
    "renamed": {"username": "renamed.account"},
    "turned_personal": {},
    "revoked": {},
    "access_expired": {},
    "same_refresh_token": {},
    "post_removed": {"item_id": ""},
    "clock_moved": {"seconds": 86_400.0},
}
