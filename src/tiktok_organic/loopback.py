"""Names and addresses of this machine itself."""

from __future__ import annotations

import ipaddress

__all__ = ["LOOPBACK", "is_loopback"]

LOOPBACK = "127.0.0.1"
"""Servers listen here by default: only programs of this machine can connect."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine.

    Only names below `localhost` count (RFC 6761): the owner of another name decides what it
    resolves to. 0.0.0.0 is not a loopback address: it means every address of the machine.
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if address.version == 6 else None
    return (mapped or address).is_loopback
