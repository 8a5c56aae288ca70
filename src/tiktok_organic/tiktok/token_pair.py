"""The pair of tokens of an account's consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["TokenPair"]


@dataclass(frozen=True)
class TokenPair:
    """What TikTok returns for a consent or a renewal. Times are aware, UTC."""

    access_token: str
    access_expires: datetime
    refresh_token: str
    consent_ends: datetime
    account_id: str
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"TokenPair(account_id={self.account_id!r}, scopes={self.scopes!r}, …)"
