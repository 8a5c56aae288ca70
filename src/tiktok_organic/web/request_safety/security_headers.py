"""The headers of every response that restrict what a browser does with our pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Message, Send

__all__ = ["https_only", "with_security_headers"]

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
        "'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_HSTS = "max-age=31536000"


def https_only(public_url: str) -> str:
    """Return the value of Strict-Transport-Security; with subdomains if the whole host is ours."""
    whole_host = not urlsplit(public_url).path.strip("/")
    return f"{_HSTS}; includeSubDomains" if whole_host else _HSTS


def with_security_headers(send: Send, hsts: str, state: Mapping[str, Any]) -> Send:
    """Return a `send` that adds the headers which a response lacks, and a renewed session's cookie.

    `hsts`: the value of Strict-Transport-Security; "" for a response without https.
    """
    always = {**_HEADERS, "cache-control": "no-store"}
    if hsts:
        always["strict-transport-security"] = hsts

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present: list[Any] = message.setdefault("headers", [])
            given = {name for name, _ in present}
            for name, value in always.items():
                if name.encode() not in given:
                    present.append((name.encode(), value.encode()))
            if "session_cookie" in state:
                present.append((b"set-cookie", state["session_cookie"].encode("latin-1")))
        await send(message)

    return sending
