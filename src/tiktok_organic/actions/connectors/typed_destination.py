"""The address of a warehouse that a person types on the page.

It is untrusted, also from an owner: the server would open its files and connect to its host with
the rights of the service. The environment and the command line are not restricted: their user owns
the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from tiktok_organic.errors import BadValue, DestinationRefused
from tiktok_organic.settings import Settings, listed
from tiktok_organic.warehouse.duckdb.address import address_of
from tiktok_organic.warehouse.postgres.libpq_isolation import ISOLATED

__all__ = ["typed_destination"]

WAREHOUSES = "warehouses"
"""The folder in HOME for DuckDB files that are named on the page."""
CREDENTIALS = "credentials"
"""The folder in HOME for key files and certificates that an address on the page may name."""

_HIDDEN = (":***@", "=***")
"""What pages show in the place of a secret; an address that was copied from one cannot be used."""
# A typed path must not create or open other files of this machine.
_SUFFIXES = (".duckdb", ".ddb", ".db")
_EXAMPLES = {
    "duckdb": "duckdb:///bakery.duckdb",
    "postgresql": "postgresql://user:password@host:5432/database",
    "bigquery": "bigquery://my-project?location=EU",
}
_POSTGRES_OPTIONS = (
    "application_name",
    "channel_binding",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
)


def typed_destination(settings: Settings, text: str) -> str:
    """Return the address to use for the typed one. Raises BadValue, DestinationRefused.

    DuckDB: a file in the folder `warehouses` in HOME, or in a folder of ALLOWED_DESTINATIONS.
    PostgreSQL: a user, a host and a database; few options; nothing of the service's own libpq
    configuration. BigQuery: credentials from the folder `credentials` in HOME only.
    """
    text = text.strip()
    if not text:
        raise BadValue("destination", "it is empty", example=_EXAMPLES["bigquery"])
    if any(mark in text for mark in _HIDDEN):
        raise BadValue(
            "destination",
            "it has *** where a password was hidden: type the password",
            example=_EXAMPLES["postgresql"],
        )
    reader = _READERS.get(text.partition("://")[0])
    if reader is not None:
        return reader(settings, text)
    raise BadValue(
        "destination",
        "it must begin with duckdb://, bigquery:// or postgresql://",
        example=_EXAMPLES["duckdb"],
    )


def _duckdb(settings: Settings, text: str) -> str:
    given = address_of(text)
    folders = _folders(settings)
    if not folders:
        raise _not_allowed()
    path = folders[0] / given.path
    name = path.name.lower()
    if not name.endswith(_SUFFIXES) or not str(path).isprintable():
        raise _bad("duckdb", f"the file's name does not end with {' or '.join(_SUFFIXES)}")
    real = Path(os.path.realpath(path))
    for folder in folders:
        root = Path(os.path.realpath(folder))
        if real.is_relative_to(root) and real == root / os.path.relpath(path, folder):
            # Hidden files and folders belong to programs: `.ssh`, `.config`.
            if any(part.startswith((".", "~")) for part in real.relative_to(root).parts):
                raise _bad("duckdb", "a name in it begins with . or ~")
            if ".." in given.path.parts:
                break
            return text.replace(text.partition("?")[0], f"duckdb:///{quote(real.as_posix())}", 1)
    raise DestinationRefused(
        "A DuckDB file that is entered on the page must be in one of the folders for such files.",
        case="page",
    )


def _folders(settings: Settings) -> list[Path]:
    """Return the folders for DuckDB files; a name without a folder is in the first one."""
    allowed = listed(settings.allowed_destinations)
    if not allowed:
        return [settings.home / WAREHOUSES]
    return [Path(unquote(one.removeprefix("duckdb://"))) for one in allowed if "duckdb:///" in one]


def _postgresql(settings: Settings, text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
    except ValueError:
        raise _bad("postgresql", "it cannot be read") from None
    host = unquote(parts.hostname or "")
    if not parts.username or not host or len(parts.path) < 2:
        raise _bad("postgresql", "a user, a host and a database must be named before any ?")
    if parts.fragment or not host.isprintable() or any(mark in host for mark in "/@,%\\ "):
        raise _bad("postgresql", "the host must be one name or address")
    if parts.path.count("/") > 1 or "%2f" in parts.path.lower():
        raise _bad("postgresql", "one database must be named behind the host")
    _refuse_elsewhere(settings, "postgresql", _server(parts, host, port))
    options = _options("postgresql", parts.query, _POSTGRES_OPTIONS)
    if options.get("sslrootcert", "system") != "system":
        options["sslrootcert"] = str(_key_file(settings, options["sslrootcert"]))
    user, at, _ = parts.netloc.rpartition("@")
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    query = urlencode({**options, ISOLATED: "yes"}, quote_via=quote)
    return f"postgresql://{user}{at}{place}{parts.path}?{query}"


def _server(parts: SplitResult, host: str, port: int) -> tuple[str, ...]:
    """Return what an entry of ALLOWED_DESTINATIONS may name, from general to specific."""
    return ("", host, f"{host}:{port}", f"{host}{parts.path}", f"{host}:{port}{parts.path}")


def _bigquery(settings: Settings, text: str) -> str:
    parts = urlsplit(text)
    _refuse_elsewhere(settings, "bigquery", ("", unquote(parts.netloc)))
    options = _options("bigquery", parts.query, ("location", "prefix", "credentials"))
    if "credentials" in options:
        options["credentials"] = str(_key_file(settings, options["credentials"]))
    query = urlencode(options, quote_via=quote)
    return parts._replace(query=query).geturl()


def _options(kind: str, query: str, allowed: Iterable[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in allowed or name in options:
            raise _bad(
                kind, f"the option {name!r} cannot be used here; possible are {', '.join(allowed)}"
            )
        options[name] = value
    return options


def _key_file(settings: Settings, text: str) -> Path:
    """Return a file of the folder for key files.

    The error is the same for all other files, whether they exist or not.
    """
    folder = Path(os.path.realpath(settings.home / CREDENTIALS))
    path = Path(os.path.realpath(folder / text)) if "\0" not in text else folder
    if path.parent != folder or not path.is_file():
        raise DestinationRefused(
            f"The folder {CREDENTIALS} in HOME does not contain that file.",
            case="page",
        )
    return path


def _refuse_elsewhere(settings: Settings, kind: str, named: tuple[str, ...]) -> None:
    allowed = listed(settings.allowed_destinations)
    entries = {one.partition("://")[2].lower() for one in allowed if one.startswith(f"{kind}://")}
    if allowed and not entries & {name.lower() for name in named}:
        raise _not_allowed()


def _not_allowed() -> DestinationRefused:
    return DestinationRefused(
        "This warehouse may not be entered on the page.",
        case="page",
    )


def _bad(kind: str, problem: str) -> BadValue:
    return BadValue("destination", problem, example=_EXAMPLES[kind])


_READERS = {
    "duckdb": _duckdb,
    "postgresql": _postgresql,
    "postgres": _postgresql,
    "bigquery": _bigquery,
}
