"""What the text of a setting may be: each function returns its value or raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from urllib.parse import urlsplit

from tiktok_organic.connector_rules import check_timezone
from tiktok_organic.errors import BadValue
from tiktok_organic.loopback import is_loopback

__all__ = [
    "EVENTS",
    "address",
    "allowed_destinations",
    "archive_address",
    "base_address",
    "choice",
    "count",
    "destination",
    "events",
    "header",
    "hosts",
    "hours",
    "issuer",
    "listed",
    "long_secret",
    "networks",
    "picture_hosts",
    "private_address",
    "store_address",
    "zone",
]

EVENTS = ("reconnect", "failed", "consent", "days")
"""What a notification can be about."""


def address(text: str) -> str:
    parts = urlsplit(text)
    _ = parts.port  # raises ValueError
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is not an http or https address")
    return text


def private_address(text: str) -> str:
    """Check an address to which secrets are sent: encrypted, unless it is on this machine."""
    parts = urlsplit(address(text))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("http would send the app's secret unencrypted; use https")
    return text


def base_address(text: str) -> str:
    parts = urlsplit(address(text))
    if parts.query or parts.fragment or "?" in text or "#" in text or parts.username is not None:
        raise ValueError("it must not contain ?, # or a user")
    return text


def count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= 1_000_000):
        raise ValueError("must be a whole number from 1 to 1,000,000")
    return int(text)


def hours(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= 720):
        raise ValueError("must be a whole number from 1 to 720")
    return int(text)


def store_address(text: str) -> str:
    try:
        port = urlsplit(text).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("its host or its port cannot be read")
    return text


def issuer(text: str) -> str:
    parts = urlsplit(address(text))
    local = is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not local:
        raise ValueError("it must begin with https://")
    return text


def header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", text):
        raise ValueError("it is not the name of a header")
    return text


def long_secret(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text and len(text) >= 20):
        raise ValueError("it must have at least 20 characters: letters, digits, signs, no spaces")
    return text


def choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"it is not one of {', '.join(choices)}")
        return text.lower()

    return read


def destination(text: str) -> str:
    if text.partition("://")[0] not in ("duckdb", "bigquery", "postgresql", "postgres"):
        raise ValueError("it must begin with duckdb://, bigquery:// or postgresql://")
    return text


def events(text: str) -> str:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in EVENTS]
    if unknown or not names:
        raise ValueError(f"it must name at least one of {', '.join(EVENTS)}")
    return ",".join(name for name in EVENTS if name in names)


def zone(text: str) -> str:
    try:
        return check_timezone(text)
    except BadValue:
        raise ValueError("it is not a time zone of the IANA database") from None


_ONE_SLASH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")


def archive_address(text: str) -> str:
    kinds = [part.partition("://")[0].lower() for part in text.split("::") if "://" in part]
    if "memory" in kinds:
        raise ValueError("an archive in memory would be lost with the process")
    if _ONE_SLASH.match(text):
        raise ValueError("two slashes must follow the kind of address")
    if text.startswith("file://localhost/"):
        raise ValueError("a folder has no host; three slashes must follow file:")
    return text


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a comma-separated setting."""
    return tuple(one.strip() for one in text.split(",") if one.strip())


def allowed_destinations(text: str) -> str:
    for one in listed(text):
        kind, separator, place = one.partition("://")
        known = separator and kind in ("duckdb", "postgresql", "bigquery")
        absolute = place.startswith("/") or kind != "duckdb"
        if one != "none" and not (known and absolute and "?" not in place and "@" not in place):
            raise ValueError(
                f"{one!r} is not none, duckdb:////folder, postgresql://host or bigquery://project"
            )
    return text


def networks(text: str) -> str:
    for one in listed(text):
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(f"{one!r} is not an IP address or a network") from None
    return text


_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")


def hosts(text: str) -> str:
    for one in listed(text):
        if not _HOST.fullmatch(one):
            raise ValueError(f"{one!r} is not a host name (without a scheme and a port)")
    return text


def picture_hosts(text: str) -> str:
    return text if text == "none" else hosts(text)
