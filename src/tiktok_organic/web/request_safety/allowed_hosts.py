"""The host names under which the page is served.

Otherwise a page of another site could reach a server of this machine or network with a name of its
own (DNS rebinding), and our redirects and addresses would repeat that name.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from tiktok_organic.loopback import is_loopback
from tiktok_organic.settings import Settings, listed

__all__ = ["AllowedHosts"]


class AllowedHosts:
    """The allowed host names.

    `listens_on`: the address that the server listens on. With a wildcard, any IP address is
    allowed: rebinding needs a name.
    """

    def __init__(self, settings: Settings, listens_on: str = "") -> None:
        public = urlsplit(settings.public_url).hostname or ""
        given = {one.strip("[]").lower() for one in listed(settings.allowed_hosts)}
        self._names = {public.lower(), listens_on.strip("[]").lower(), *given} - {""}
        self._below = tuple(one.removeprefix("*") for one in given if one.startswith("*."))
        self._any_address = listens_on in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound

    def allows(self, host: str) -> bool:
        """Whether a Host header is allowed; the port does not count."""
        name = _name(host)
        if is_loopback(name) or name in self._names or name.endswith(self._below):
            return bool(name)
        return self._any_address and _is_address(name)


_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::[0-9]{1,5})?")


def _name(host: str) -> str:
    """The name of a Host header without its port; "" when it is not one (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower().rstrip(".") if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
