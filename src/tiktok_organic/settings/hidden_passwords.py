"""Addresses and texts without the passwords that are in them."""

from __future__ import annotations

from urllib.parse import unquote

__all__ = ["hide_password", "hide_passwords_in"]

_SECRET_WORDS = ("pass", "secret", "token", "key")


def hide_password(address: str) -> str:
    """Return an address without its password and options that look like secrets."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    # A password may contain a slash or a question mark that was not encoded, so the last @ counts.
    user, at, place = rest.rpartition("@")
    if at:
        name, colon, _ = user.partition(":")
        rest = f"{name}{':***' if colon else ''}@{place}"
    before, question, query = f"{scheme}://{rest}".partition("?")
    if not question:
        return before
    parts = [
        f"{name}=***" if any(word in unquote(name).lower() for word in _SECRET_WORDS) else part
        for part in query.split("&")
        for name in [part.partition("=")[0]]
    ]
    return f"{before}?{'&'.join(parts)}"


def hide_passwords_in(text: str, address: str) -> str:
    """Hide the passwords of an address in a text about it."""
    text = text.replace(address, hide_password(address))
    for secret in sorted(_passwords(address), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _passwords(address: str) -> set[str]:
    """Return the passwords as they are in the address, and decoded."""
    rest = address.partition("://")[2]
    user, at, _ = rest.rpartition("@")
    found = [user.partition(":")[2]] if at else []
    options = [part.partition("=") for part in rest.partition("?")[2].split("&")]
    found += [
        value
        for name, _, value in options
        if any(word in unquote(name).lower() for word in _SECRET_WORDS)
    ]
    return {text for secret in found for text in (secret, unquote(secret))} - {""}


# The kinds of fsspec addresses that are folders of this machine.
