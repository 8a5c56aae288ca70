"""A notification address that an owner types on the page: the server sends messages there.

What is typed is untrusted. The environment is not restricted: who uses it owns the machine.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tiktok_organic.errors import BadValue
from tiktok_organic.settings import Settings, listed

__all__ = ["check_typed_notification"]

_EXAMPLE = "mailtos://user@example.com"
_CREDENTIALS = "credentials"
_METADATA = ("metadata.google.internal", "metadata.goog", "instance-data")
_OF_CLOUDS = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("168.63.129.16"))
"""Addresses at which clouds give secrets to any program on the machine."""
_FILES = ("file", "template", "attach", "cert", "config")
"""Parts of the names of apprise's options that name a file to read."""


def check_typed_notification(settings: Settings, address: str) -> None:
    """Raise BadValue for an address that the server must not be made to use.

    Refused: services of the machine's cloud, files outside the folder `credentials` in HOME, and
    what ALLOWED_NOTIFICATIONS does not name.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise _refused("it cannot be read") from None
    allowed = {one.lower() for one in listed(settings.allowed_notifications)}
    if allowed and not allowed & {parts.scheme.lower(), host}:
        raise _refused("it is not among those that may be entered on the page")
    if host in _METADATA or _is_reserved(host):
        raise _refused("its host is not one that messages go to")
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if any(part in name.lower() for part in _FILES) and not _is_ours(settings, value):
            raise _refused(f"the folder {_CREDENTIALS} in HOME does not hold the file of {name!r}")


def _is_reserved(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _OF_CLOUDS
    )


def _is_ours(settings: Settings, text: str) -> bool:
    folder = Path(os.path.realpath(settings.home / _CREDENTIALS))
    path = Path(os.path.realpath(folder / text)) if "\0" not in text else folder
    return path.parent == folder and path.is_file()


def _refused(problem: str) -> BadValue:
    return BadValue("Address", problem, example=_EXAMPLE)
