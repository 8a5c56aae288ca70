"""The meaning of PostgreSQL's errors for the user: temporary or not, and what to do.

The states are those of https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

import re

from tiktok_organic.errors import DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.postgres_encryption import NOT_ENCRYPTED

__all__ = ["explain"]

_NOISE = re.compile(r"^.*?(?:ERROR|FATAL|\[libpq\])[:\s]+(?:Failed to connect:\s+)?")


def explain(text: str, state: str, server_name: str) -> TikTokOrganicError:
    """Return the product's error for a message of the driver and its SQLSTATE ("" without one).

    `text` has no secrets; `server_name` names the server and the database.
    """
    line = f"{server_name}: {_NOISE.sub('', text, count=1).strip().partition(chr(10))[0]}"
    for states, words, make in _MEANINGS:
        if re.match(states, state) if state else words and re.search(words, text):
            return make(line)
    return DestinationRefused(
        f"PostgreSQL refused the load. {line}{f' (SQLSTATE {state})' if state else ''}"
    )


def _busy(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"PostgreSQL cannot be used at the moment. {line}",
        remedy="Check that the server runs and can be reached from this machine.",
    )


def _full(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"PostgreSQL has no disk space left. {line}",
        remedy="Free disk space, memory or connections on the server.",
    )


def _locked(line: str) -> TikTokOrganicError:
    return DestinationBusy(
        f"Another transaction holds a lock on the tables. {line}",
        remedy="End the transaction that holds it (see pg_stat_activity).",
    )


def _stranger(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"PostgreSQL rejected the login. {line}",
        remedy=(
            "Correct user and password in the destination, or let the server's pg_hba.conf "
            "admit this machine."
        ),
    )


def _misspelt(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The destination's address has an option that PostgreSQL does not know. {line}",
        remedy="Correct the options after the question mark: "
        "https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS",
    )


def _clear_text(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The server does not encrypt connections, and it is another machine. {line}",
        remedy="Switch TLS on at the server. Where the network between is private, add "
        "sslmode=disable to the options of the address.",
    )


def _no_database(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"The database does not exist. {line}",
        remedy="Create it (`createdb NAME`), or correct its name in the destination.",
    )


def _forbidden(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"A permission is missing. {line}",
        remedy=(
            "Let the database's owner run: GRANT CREATE, TEMPORARY ON DATABASE the_database TO "
            "the_user; for an existing schema: GRANT ALL ON SCHEMA the_schema TO the_user, which "
            "must also own the tables."
        ),
    )


def _read_only(line: str) -> TikTokOrganicError:
    # Also during a failover, in which the same address leads to the standby for some minutes.
    return DestinationBusy(
        f"The database is read-only. {line}",
        remedy="If this continues, name the primary server, not a standby, in the destination.",
    )


def _doubles(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"A table has several rows with one key, or another constraint rejects a row. {line}",
        remedy=(
            "Remove the duplicate rows, or the added constraint, or let the connector "
            "fill another dataset."
        ),
    )


def _depended_on(line: str) -> TikTokOrganicError:
    return DestinationRefused(
        f"Other objects depend on a table. {line}",
        remedy="Drop them first (usually views), then try again.",
    )


_MEANINGS = (
    # SQLSTATE, or words of libpq, which has no SQLSTATE for a failed connection. 25P03 and 25P04
    # end a transaction that was idle or open for too long, for example on a laptop that was asleep.
    (r"53", r"too many (clients|connections)|remaining connection slots", _full),
    (r"55P03|40", "", _locked),
    ("(?!)", NOT_ENCRYPTED, _clear_text),
    (
        r"28",
        r"authentication failed|no password supplied|role .* does not exist|pg_hba\.conf",
        _stranger,
    ),
    ("(?!)", r"^invalid |invalid .*(option|parameter|value)", _misspelt),
    (r"3D000", r"database .* does not exist", _no_database),
    (r"42501", r"permission denied", _forbidden),
    (r"25006", "", _read_only),
    (r"23", "", _doubles),
    (r"2BP01", "", _depended_on),
    (r"08|25P0[34]|57|58|XX", r"connection|server|resolve host", _busy),
)
