"""The permissions of a token during a sync, and the fields that they allow."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.tiktok.scopes import granted_fields

__all__ = ["TokenScopes"]


class TokenScopes:
    """The scopes of the consent, until TikTok refuses a permission; then the token's present ones.

    `ask` requests them from TikTok. Revoked ones are recorded in `fetched`.
    """

    def __init__(
        self, granted: tuple[str, ...], ask: Callable[[], tuple[str, ...]], fetched: FetchSummary
    ) -> None:
        self.present = granted
        self._granted = granted
        self._ask = ask
        self._fetched = fetched
        self._asked = False
        self._lock = Lock()

    def narrow(self, fields: Fields, catalogue: dict[str, str]) -> bool:
        """After a refused permission: read the token's scopes, and request only their fields.

        Returns False if that removes no field, or would remove all of them.
        """
        # Pages in parallel are refused together, and one question answers all of them.
        with self._lock:
            self._read_once()
        names = granted_fields(catalogue, self.present)
        return bool(names) and fields.keep_only(names)

    def _read_once(self) -> None:
        if self._asked:
            return
        # The stored scopes are those of the consent and may be outdated.
        self.present = self._ask()
        self._asked = True
        revoked = sorted(set(self._granted) - set(self.present))
        self._fetched.withheld_scopes = revoked
        if revoked:
            self._fetched.warnings.append(
                f"These permissions were revoked at TikTok: {', '.join(revoked)}"
            )
