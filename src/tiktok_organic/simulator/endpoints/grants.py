"""Consents: authorization codes, access and refresh tokens, and their ends (facts 1.2, 1.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.endpoints.refusal import RefusalError

if TYPE_CHECKING:
    from random import Random

    from tiktok_organic.simulator.settings import Settings

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@dataclass
class Grant:
    """One consent of one account.

    The refresh life counts from `consented_at`, whatever happens later.
    """

    open_id: str
    scopes: tuple[str, ...]
    consented_at: datetime
    refresh_token: str
    former_refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False


@dataclass(frozen=True)
class _Code:
    open_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    issued_at: datetime


class Grants:
    """Issues, renews and revokes. Safe to use from many threads."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._lock = RLock()
        self._codes: dict[str, _Code] = {}
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._by_account: dict[str, list[Grant]] = {}

    def issue_code(
        self, open_id: str, scopes: tuple[str, ...], redirect_uri: str, now: datetime
    ) -> str:
        """A one-use code. It holds `*` and `!`, which a redirect must percent-encode."""
        with self._lock:
            code = f"{self._word(40)}*1!{self._word(5)}"
            self._codes[code] = _Code(open_id, scopes, redirect_uri, now)
            return code

    def redeem(self, code: str, redirect_uri: str, now: datetime) -> dict[str, Any]:
        """The seven fields of a token answer.

        Any doubt about the code raises 40131 and leaves it spent.
        """
        with self._lock:
            found = self._codes.pop(code, None)
            if found is None or now - found.issued_at > timedelta(
                seconds=self._settings.code_seconds
            ):
                raise RefusalError(
                    40131, "Account user OAuth failed: Authorization code is expired."
                )
            if found.redirect_uri != redirect_uri:
                raise RefusalError(40131, "Account user OAuth failed: redirect_uri does not match.")
            return self.grant(found.open_id, found.scopes, now)

    def grant(self, open_id: str, scopes: tuple[str, ...], now: datetime) -> dict[str, Any]:
        """A new consent and its first pair of tokens."""
        with self._lock:
            grant = Grant(open_id, scopes, now, refresh_token=f"rft.{self._word(48)}")
            self._by_refresh[grant.refresh_token] = grant
            self._by_account.setdefault(open_id, []).append(grant)
            return self._answer(grant, now)

    def refresh(
        self, refresh_token: str, now: datetime, rotates: bool | None = None
    ) -> dict[str, Any]:
        """A new pair.

        `rotates` overrides the setting for this once. Raises 40107 or, after a year, 40103.
        """
        with self._lock:
            grant = self._by_refresh.get(refresh_token)
            if grant is None or grant.revoked:
                raise RefusalError(40107, "Refresh token is incorrect or has been revoked.")
            if now >= self._consent_end(grant):
                raise RefusalError(40103, "Refresh token has expired.")
            if self._settings.former_access_dies:
                self._forget_access(grant)
            if self._settings.refresh_rotates if rotates is None else rotates:
                self._rotate(grant)
            return self._answer(grant, now)

    def _rotate(self, grant: Grant) -> None:
        if self._settings.former_refresh_dies:
            self._by_refresh.pop(grant.refresh_token, None)
            for former in grant.former_refresh_tokens:
                self._by_refresh.pop(former, None)
        grant.former_refresh_tokens.add(grant.refresh_token)
        grant.refresh_token = f"rft.{self._word(48)}"
        self._by_refresh[grant.refresh_token] = grant

    def access(self, access_token: str, now: datetime) -> Grant:
        """The living grant behind an access token.

        Raises 40104, 40105 or the code set for expired tokens.
        """
        if not access_token:
            raise RefusalError(40104, "Access token is empty.")
        grant = self._by_access.get(access_token)
        if grant is None or grant.revoked:
            raise RefusalError(40105, "Access token is incorrect or has been revoked.")
        if now >= grant.access_tokens[access_token]:
            raise RefusalError(
                self._settings.expired_token_code, "Access token is incorrect or has expired."
            )
        return grant

    def revoke_token(self, access_token: str, now: datetime) -> None:
        """What the revoke endpoint does: the whole consent behind the token ends."""
        with self._lock:
            self.access(access_token, now).revoked = True

    def revoke_account(self, open_id: str) -> int:
        """What the owner does in TikTok's app: every consent of the account ends.

        Returns how many did.
        """
        with self._lock:
            living = [grant for grant in self._by_account.get(open_id, []) if not grant.revoked]
            for grant in living:
                grant.revoked = True
            return len(living)

    def expire_access(self, open_id: str, now: datetime) -> int:
        """Let every access token of the account expire now. Returns how many were alive."""
        with self._lock:
            ended = 0
            for grant in self._by_account.get(open_id, []):
                for token, end in grant.access_tokens.items():
                    ended += end > now
                    grant.access_tokens[token] = min(end, now)
            return ended

    def holds(self, open_id: str, scopes: tuple[str, ...], now: datetime) -> bool:
        """Whether the account already granted all of `scopes` and has not revoked it."""
        with self._lock:
            return any(
                not grant.revoked
                and now < self._consent_end(grant)
                and set(scopes) <= set(grant.scopes)
                for grant in self._by_account.get(open_id, [])
            )

    def owner(self, refresh_token: str) -> str:
        """The open_id behind a refresh token that is known, living or not; else empty."""
        grant = self._by_refresh.get(refresh_token)
        return grant.open_id if grant else ""

    def _consent_end(self, grant: Grant) -> datetime:
        return grant.consented_at + timedelta(seconds=self._settings.refresh_token_seconds)

    def _forget_access(self, grant: Grant) -> None:
        for token in grant.access_tokens:
            self._by_access.pop(token, None)
        grant.access_tokens.clear()

    def _answer(self, grant: Grant, now: datetime) -> dict[str, Any]:
        seconds = self._settings.access_token_seconds
        token = f"act.{self._word(48)}"
        grant.access_tokens[token] = now + timedelta(seconds=seconds)
        self._by_access[token] = grant
        return {
            "access_token": token,
            "token_type": "Bearer",
            "scope": ",".join(grant.scopes),
            "expires_in": seconds,
            "refresh_token": grant.refresh_token,
            "refresh_token_expires_in": int((self._consent_end(grant) - now).total_seconds()),
            "open_id": grant.open_id,
        }

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(_ALPHABET, k=length))
