"""PostgreSQL addresses that may not use the libpq configuration of the service's own user.

libpq completes an address from PG* variables, `~/.pgpass`, `~/.postgresql` and service files. An
address from an untrusted person could therefore connect to a server of their choice with passwords
and certificates of the operator. The option `isolated=yes` (ours, libpq does not see it) sets every
such parameter, which prevents the search.
"""

from __future__ import annotations

import os

from tiktok_organic.errors import DestinationRefused

__all__ = ["ISOLATED", "isolated"]

ISOLATED = "isolated"
# The path of a file that cannot exist. libpq continues without a missing file.
_NOWHERE = f"{os.devnull}/none"

_FIXED = {
    "client_encoding": "utf8",
    "gssencmode": "disable",
    "hostaddr": "",
    "options": "",
    "passfile": os.devnull,
    "sslcert": _NOWHERE,
    "sslcrl": _NOWHERE,
    "sslcrldir": "",
    "sslkey": _NOWHERE,
    "sslpassword": "",
}
_DEFAULTS = {
    "application_name": "tiktok-organic",
    "channel_binding": "prefer",
    "password": "",
    "sslmode": "prefer",
    "target_session_attrs": "any",
}
# Parameters that older versions of libpq refuse.
_FROM_16 = {"load_balance_hosts": "disable", "require_auth": "!gss,!sspi", "sslcertmode": "disable"}


def isolated(query: dict[str, str], *, has_password: bool) -> dict[str, str]:
    """Return the parameters of an isolated address. Raises DestinationRefused."""
    import psycopg

    if os.environ.get("PGSERVICE"):  # the one setting that no parameter overrides
        raise DestinationRefused(
            "The variable PGSERVICE is set, and would change where this address leads.",
            remedy="Unset PGSERVICE in the environment of tiktok-organic.",
        )
    given = {name: value for name, value in query.items() if name != ISOLATED}
    newer = _FROM_16 if psycopg.pq.version() >= 160000 else {}
    verified = given.get("sslmode", "").startswith("verify-")
    usual = {**_DEFAULTS, "sslrootcert": "system" if verified else _NOWHERE}
    made = {**usual, **given, **_FIXED, **newer}
    if has_password:
        del made["password"]
    return made
