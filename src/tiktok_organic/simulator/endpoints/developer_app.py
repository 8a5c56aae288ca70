"""The registered developer app: key, secret, scopes and redirect addresses (facts 1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tiktok_organic.simulator.endpoints.fields import SCOPES

DEMO_CLIENT_KEY = "7500000000000000001"
DEMO_CLIENT_SECRET = "demo-secret-of-the-simulator"  # noqa: S105 - public on purpose, it opens invented data only


@dataclass
class DeveloperApp:
    """A developer app; mutable. If `redirect_urls` is empty, every address counts as registered."""

    client_key: str = DEMO_CLIENT_KEY
    client_secret: str = DEMO_CLIENT_SECRET
    scopes: tuple[str, ...] = SCOPES
    redirect_urls: list[str] = field(default_factory=list)

    def refuses_redirect(self, url: str, strict: bool) -> str | None:
        """Return why TikTok would not redirect to `url`, or None.

        `strict` applies every rule of facts 1.1.
        """
        try:
            parts, port = urlsplit(url), urlsplit(url).port
        except ValueError:
            return "redirect_uri is not an address"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "redirect_uri must be an absolute address"
        if self.redirect_urls and url not in self.redirect_urls:
            return "redirect_uri is not registered with this app"
        if strict and (
            parts.scheme != "https" or not parts.path.endswith("/") or not 10 <= len(url) <= 512
        ):
            return "redirect_uri must be https, end in a slash and have 10 to 512 characters"
        if strict and (
            parts.query or parts.fragment or port is not None or "?" in url or "#" in url
        ):
            return "redirect_uri must have no query, fragment or port"
        return None
