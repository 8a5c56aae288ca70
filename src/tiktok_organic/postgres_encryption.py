"""Whether a connection to PostgreSQL has to be encrypted.

libpq's default, `sslmode=prefer`, continues in clear text when the server, or an attacker between,
answers that it does not encrypt.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, unquote

from tiktok_organic.loopback import is_loopback

__all__ = ["NOT_ENCRYPTED", "usual_sslmode"]

NOT_ENCRYPTED = "server does not support SSL"
"""What libpq says when the server offers no encryption and the address asks for it."""


def usual_sslmode(
    parts: SplitResult, options: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    """The `sslmode` for an address that names none: `require` for another machine.

    "": libpq decides, because the address or PGSSLMODE does, or because the connection stays on
    this machine. `parts` and `options`: of the address; `environment`: the variables that libpq
    reads.
    """
    if options.get("sslmode") or environment.get("PGSSLMODE") or options.get("service"):
        return ""
    netloc = parts.netloc.rpartition("@")[2]
    named = options.get("hostaddr") or options.get("host") or netloc
    if not named:
        named = environment.get("PGHOSTADDR") or environment.get("PGHOST") or ""
    hosts = [unquote(one) for one in named.split(",")]
    return "" if all(_is_here(_without_port(host)) for host in hosts) else "require"


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def _is_here(host: str) -> bool:
    """This machine: a Unix socket (its folder, or an abstract one), the default, or loopback."""
    return not host or host.startswith(("/", "@")) or is_loopback(host)
