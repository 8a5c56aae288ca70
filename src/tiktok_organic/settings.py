"""The settings, read once from the environment or a `.env` file in the working directory.

pydantic-settings was rejected: importing it costs 0.27 s of CPU, as much as a whole small sync.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tiktok_organic.connector import check_timezone
from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.loopback import is_loopback
from tiktok_organic.own_files import OwnFiles

__all__ = [
    "CHANGEABLE",
    "PREFIX",
    "SETTINGS",
    "Setting",
    "Settings",
    "env_file_warning",
    "environment",
    "hide_password",
    "hide_passwords_in",
    "listed",
    "setting_named",
    "unknown_settings",
]

PREFIX = "TIKTOK_ORGANIC_"
_SECRET_WORDS = ("pass", "secret", "token", "key")
LEVELS = {"basic": (10, 600), "advanced": (20, 1000), "premium": (30, 1000), "ultimate": (50, 1000)}
"""Requests per second and per minute of the app.

The Accounts endpoints together allow no more than 1,000 a minute.
"""


@dataclass(frozen=True)
class Setting:
    """One setting: `read` converts its text, or raises ValueError with the problem.

    `changeable`: an owner can also set it on the page, unless the environment does.
    """

    name: str
    default: str
    meaning: str
    example: str
    read: Callable[[str], Any] = str
    secret: bool = False
    changeable: bool = False

    def check(self, text: str) -> Any:
        """Return the value. Raises BadValue with the setting's name; a secret is not repeated."""
        try:
            return self.read(text)
        except ValueError as error:
            shown = "" if self.secret else f"{text!r}: "
            raise BadValue(
                self.variable, f"{shown}{error}", example=self.example, code="bad_setting"
            ) from None

    @property
    def variable(self) -> str:
        return PREFIX + self.name

    @property
    def attribute(self) -> str:
        return self.name.lower()


_EVENTS = ("reconnect", "failed", "consent", "days")


def _address(text: str) -> str:
    parts = urlsplit(text)
    _ = parts.port  # raises ValueError
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is not an http or https address")
    return text


def _private_address(text: str) -> str:
    """Check an address to which secrets are sent: encrypted, unless it is on this machine."""
    parts = urlsplit(_address(text))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("http would send the app's secret unencrypted; use https")
    return text


def _base_address(text: str) -> str:
    parts = urlsplit(_address(text))
    if parts.query or parts.fragment or "?" in text or "#" in text or parts.username is not None:
        raise ValueError("it must not contain ?, # or a user")
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= 1_000_000):
        raise ValueError("must be a whole number from 1 to 1,000,000")
    return int(text)


def _hours(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= 720):
        raise ValueError("must be a whole number from 1 to 720")
    return int(text)


def _store_address(text: str) -> str:
    try:
        port = urlsplit(text).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("its host or its port cannot be read")
    return text


def _issuer(text: str) -> str:
    parts = urlsplit(_address(text))
    local = is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not local:
        raise ValueError("it must begin with https://")
    return text


def _header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", text):
        raise ValueError("it is not the name of a header")
    return text


def _long_secret(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text and len(text) >= 20):
        raise ValueError("it must have at least 20 characters: letters, digits, signs, no spaces")
    return text


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"it is not one of {', '.join(choices)}")
        return text.lower()

    return read


def _destination(text: str) -> str:
    if text.partition("://")[0] not in ("duckdb", "bigquery", "postgresql", "postgres"):
        raise ValueError("it must begin with duckdb://, bigquery:// or postgresql://")
    return text


def _events(text: str) -> str:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in _EVENTS]
    if unknown or not names:
        raise ValueError(f"it must name at least one of {', '.join(_EVENTS)}")
    return ",".join(name for name in _EVENTS if name in names)


def _zone(text: str) -> str:
    try:
        return check_timezone(text)
    except BadValue:
        raise ValueError("it is not a time zone of the IANA database") from None


_ONE_SLASH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")


def _archive_address(text: str) -> str:
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


def _allowed_destinations(text: str) -> str:
    for one in listed(text):
        kind, separator, place = one.partition("://")
        known = separator and kind in ("duckdb", "postgresql", "bigquery")
        absolute = place.startswith("/") or kind != "duckdb"
        if one != "none" and not (known and absolute and "?" not in place and "@" not in place):
            raise ValueError(
                f"{one!r} is not none, duckdb:////folder, postgresql://host or bigquery://project"
            )
    return text


def _networks(text: str) -> str:
    for one in listed(text):
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(f"{one!r} is not an IP address or a network") from None
    return text


_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")


def _hosts(text: str) -> str:
    for one in listed(text):
        if not _HOST.fullmatch(one):
            raise ValueError(f"{one!r} is not a host name (without a scheme and a port)")
    return text


def _picture_hosts(text: str) -> str:
    return text if text == "none" else _hosts(text)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "HOME",
        "the platform's user data folder",
        "The folder of all local files.",
        "/srv/tiktok-organic",
    ),
    Setting(
        "CLIENT_KEY",
        "",
        "App ID of your TikTok developer app.",
        "7500000000000000001",
        changeable=True,
    ),
    Setting(
        "CLIENT_SECRET",
        "",
        "Secret of your TikTok developer app.",
        "3f5c…",
        secret=True,
        changeable=True,
    ),
    Setting(
        "API_URL",
        "https://business-api.tiktok.com/open_api/v1.3",
        "Address of TikTok's API.",
        "https://business-api.tiktok.com/open_api/v1.3",
        _private_address,
    ),
    Setting(
        "AUTHORIZE_URL",
        "https://www.tiktok.com/v2/auth/authorize/",
        "Address of TikTok's consent page.",
        "https://www.tiktok.com/v2/auth/authorize/",
        _address,
    ),
    Setting(
        "REDIRECT_URL",
        "",
        "The redirect address registered with your TikTok app. TikTok requires https, no port, a "
        "final slash.",
        "https://example.com/tiktok/",
        _address,
        changeable=True,
    ),
    Setting(
        "PUBLIC_URL",
        "",
        "The public address of the web page.",
        "https://data.example.com/",
        _base_address,
    ),
    Setting(
        "DESTINATION",
        "the file warehouse.duckdb in HOME",
        "The warehouse: duckdb:///relative/path, duckdb:////absolute/path, "
        "bigquery://project?location=EU or postgresql://user@host/database. Encrypted in the "
        "store; passwords are hidden in every output.",
        "duckdb:///warehouse.duckdb",
        _destination,
        secret=True,
        changeable=True,
    ),
    Setting(
        "STORE_URL",
        "the file store.db in HOME",
        "A PostgreSQL database, if several machines work together (DuckDB is then refused).",
        "postgresql://user@host/database",
        _store_address,
        secret=True,
    ),
    Setting(
        "ARCHIVE_URL",
        "the folder archive in HOME",
        "The archive of TikTok's answers: a folder (a relative path is relative to HOME), or any "
        "address that fsspec supports.",
        "s3://bucket/tiktok",
        _archive_address,
        secret=True,
    ),
    Setting("ARCHIVE_DAYS", "no limit", "How many days TikTok's answers are kept.", "400", _count),
    Setting(
        "SECRET_KEY",
        "created at the first start, in HOME",
        "Encrypts tokens: comma-separated Fernet keys; the first one encrypts, all decrypt.",
        "the output of Fernet.generate_key()",
        secret=True,
    ),
    Setting(
        "TIMEZONE", "UTC", "Time zone of new schedules.", "Europe/Berlin", _zone, changeable=True
    ),
    Setting("RATE_LEVEL", "basic", "TikTok's level of your app.", "advanced", _choice(*LEVELS)),
    Setting(
        "QPS", "of the level", "Requests a second of the app, instead of the level's.", "10", _count
    ),
    Setting(
        "QPM",
        "of the level",
        "Requests a minute of the app, instead of the level's.",
        "600",
        _count,
    ),
    Setting(
        "ACCOUNT_QPM", "40", "Requests a minute to one endpoint for one account.", "40", _count
    ),
    Setting(
        "OIDC_ISSUER",
        "",
        "Single sign-on: the issuer address of an OpenID Connect provider.",
        "https://login.example.com/",
        _issuer,
    ),
    Setting("OIDC_CLIENT_ID", "", "Single sign-on: the client that the provider knows.", "tiktok"),
    Setting("OIDC_CLIENT_SECRET", "", "Single sign-on: the client's secret.", "9f1c…", secret=True),
    Setting(
        "OIDC_NEW_PEOPLE",
        "nobody",
        "Single sign-on: the role of new people without an invitation, or nobody if they get no "
        "account.",
        "viewer",
        _choice("nobody", "viewer", "editor"),
    ),
    Setting(
        "OIDC_SESSION_HOURS",
        "24",
        "Single sign-on: after so many hours a session ends, and the provider is asked again.",
        "8",
        _hours,
    ),
    Setting(
        "SECOND_FACTOR",
        "optional",
        "Whether everybody who has a password needs a second factor: optional or required.",
        "required",
        _choice("optional", "required"),
        changeable=True,
    ),
    Setting(
        "PROXY_AUTH_HEADER",
        "",
        "Sign-on by a proxy of TRUSTED_PROXIES: the header with the e-mail address of the "
        "authenticated person.",
        "X-Forwarded-Email",
        _header,
    ),
    Setting(
        "NOTIFY",
        "",
        "Comma-separated apprise addresses for notifications; write a comma inside an address as "
        "%2C.",
        "mailto://user@example.com",
        secret=True,
        changeable=True,
    ),
    Setting(
        "NOTIFY_EVENTS",
        ",".join(_EVENTS),
        "The events that are sent: a lost consent, a failed sync, a consent that ends soon, days "
        "about to be lost.",
        "reconnect,failed",
        _events,
        changeable=True,
    ),
    Setting(
        "TRUSTED_PROXIES",
        "127.0.0.1,::1",
        "Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto "
        "headers are accepted, comma-separated.",
        "172.18.0.0/16",
        _networks,
    ),
    Setting(
        "ALLOWED_HOSTS",
        "those of PUBLIC_URL and of the listening address, localhost",
        "More host names under which the page is served, comma-separated; *.example.com means "
        "every name below example.com.",
        "data.example.com,10.0.0.5",
        _hosts,
    ),
    Setting(
        "METRICS_TOKEN",
        "",
        "The token for /metrics and the details of /readyz (`Authorization: Bearer`). Unset: only "
        "programs on this machine may read them, without a proxy.",
        "the output of openssl rand -hex 32",
        _long_secret,
        secret=True,
    ),
    Setting(
        "ALLOWED_DESTINATIONS",
        "any that is safe",
        "The warehouses that an owner may enter on the page, comma-separated: duckdb:////folder, "
        "postgresql://host, postgresql://host:port/database, bigquery://project, or none. Unset: "
        "DuckDB files in the folder warehouses in HOME, any PostgreSQL, any BigQuery project.",
        "postgresql://db.internal,bigquery://my-project",
        _allowed_destinations,
    ),
    Setting(
        "ALLOWED_NOTIFICATIONS",
        "any that is safe",
        "The notification addresses that an owner may enter on the page, comma-separated: kinds "
        "(mailtos, slack), hosts, or none.",
        "mailtos,hooks.slack.com",
    ),
    Setting(
        "ALLOWED_PICTURES",
        "any public host",
        "The hosts from which avatars and thumbnails are fetched, comma-separated; *.example.com "
        "stands for every name below example.com, none for no host.",
        "*.tiktokcdn.com,*.tiktokcdn-us.com,*.tiktokcdn-eu.com",
        _picture_hosts,
    ),
    Setting(
        "LOG_LEVEL",
        "info",
        "The lowest level that is logged to standard error.",
        "debug",
        _choice("debug", "info", "warning", "error"),
    ),
    Setting("LOG_FORMAT", "text", "The format of the log.", "json", _choice("text", "json")),
)

CHANGEABLE = tuple(setting.name for setting in SETTINGS if setting.changeable)
"""The settings that can be set on the page: all of them are plain texts."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its value; None or "" if the product decides (see the properties).

    `given`: the names of those that the environment has set, even to their default.
    """

    home: Path
    client_key: str = ""
    client_secret: str = ""
    api_url: str = "https://business-api.tiktok.com/open_api/v1.3"
    authorize_url: str = "https://www.tiktok.com/v2/auth/authorize/"
    redirect_url: str = ""
    public_url: str = ""
    destination: str = ""
    store_url: str = ""
    archive_url: str = ""
    archive_days: int | None = None
    secret_key: str = ""
    timezone: str = "UTC"
    rate_level: str = "basic"
    qps: int | None = None
    qpm: int | None = None
    account_qpm: int = 40
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_new_people: str = "nobody"
    oidc_session_hours: int = 24
    second_factor: str = "optional"
    proxy_auth_header: str = ""
    notify: str = ""
    notify_events: str = ",".join(_EVENTS)
    trusted_proxies: str = "127.0.0.1,::1"
    allowed_hosts: str = ""
    metrics_token: str = ""
    allowed_destinations: str = ""
    allowed_notifications: str = ""
    allowed_pictures: str = ""
    log_level: str = "info"
    log_format: str = "text"
    given: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r}, …)"

    @property
    def warehouse(self) -> str:
        """The destination of new connectors."""
        return self.destination or f"duckdb:///{quote((self.home / 'warehouse.duckdb').as_posix())}"

    @property
    def store(self) -> str:
        return self.store_url or f"sqlite:///{self.home / 'store.db'}"

    @property
    def archive(self) -> str:
        return self.archive_url or str(self.home / "archive")

    @property
    def limits(self) -> tuple[int, int, int]:
        """Requests per second and minute of the app, and per minute of an account and endpoint."""
        second, minute = LEVELS[self.rate_level]
        return self.qps or second, self.qpm or minute, self.account_qpm

    def decides(self, name: str) -> bool:
        """Whether this setting was given: then the page does not replace it."""
        usual = _USUAL[name.lower()]
        return name in self.given or (usual is not MISSING and getattr(self, name.lower()) != usual)

    def completed(self, chosen: Mapping[str, str]) -> Settings:
        """Return the settings completed with the page's values, unless they were given."""
        taken = {
            name.lower(): text
            for name, text in chosen.items()
            if name in CHANGEABLE and not self.decides(name)
        }
        return replace(self, **taken) if taken else self  # type: ignore[arg-type]  # they are texts, see CHANGEABLE

    @staticmethod
    def read(values: Mapping[str, str]) -> Settings:
        """Read the settings from an environment. Raises BadValue with the setting's name."""
        found: dict[str, Any] = {}
        for setting in SETTINGS:
            text = _given(setting, values)
            if not text:
                continue
            found[setting.attribute] = setting.check(text)
        given = frozenset(name.upper() for name in found)
        found["home"] = _home(found.get("home"))
        if "archive_url" in found:
            found["archive_url"] = _archive(found["archive_url"], found["home"])
        _refuse_own_file(found.get("destination", ""), found["home"])
        return Settings(**found, given=given)


_USUAL = {field.name: field.default for field in fields(Settings)}


def setting_named(name: str) -> Setting:
    """Return the setting with that name."""
    return next(setting for setting in SETTINGS if setting.name == name)


def environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables, completed by those of the `.env` file in `folder`.

    The file also replaces empty variables. Raises BadValue if the file, or a line of it with a
    setting, cannot be read.
    """
    path = folder / ".env"
    if not path.is_file():
        return dict(variables)
    _refuse_foreign(path)
    return {
        **variables,
        **_dotenv(path),
        **{name: value for name, value in variables.items() if value.strip()},
    }


def _dotenv(path: Path) -> dict[str, str]:
    from dotenv.parser import parse_stream

    kept: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(
            str(path),
            f"it cannot be read: {error}",
            example=f"{PREFIX}TIMEZONE=UTC",
            code="bad_setting",
        ) from None
    for line in lines:
        if line.error and PREFIX in line.original.string:
            skipped = len(line.original.string) - len(line.original.string.lstrip())
            number = line.original.line + line.original.string[:skipped].count("\n")
            raise BadValue(
                str(path),
                f"line {number} cannot be read: a quotation mark is not closed, or = is missing",
                example=f'{PREFIX}TIMEZONE="UTC"',
                code="bad_setting",
            )
        if line.key is not None and line.value is not None:
            kept[line.key] = line.value
    return kept


_LARGEST_SECRET = 65_536


def _given(setting: Setting, values: Mapping[str, str]) -> str:
    """Return the text of a setting; a secret may be in the file that `NAME_FILE` names.

    Raises BadValue.
    """
    text = values.get(setting.variable, "").strip()
    file = values.get(f"{setting.variable}_FILE", "").strip() if setting.secret else ""
    if not file:
        return text
    problem = "is set beside the same setting without _FILE" if text else ""
    try:
        with Path(file).open(encoding="utf-8") as opened:
            found = opened.read(_LARGEST_SECRET + 1).strip()
    except (OSError, ValueError) as error:
        found, problem = "", problem or f"{file!r} cannot be read: {error}"
    if not problem and not 0 < len(found) <= _LARGEST_SECRET:
        problem = f"{file!r} is empty or too large"
    if problem:
        example = f"/run/secrets/{setting.name.lower()}"
        raise BadValue(f"{setting.variable}_FILE", problem, example=example, code="bad_setting")
    return found


def env_file_warning(folder: Path) -> str:
    """Return a warning if other users of the machine can read the `.env` file; "" otherwise."""
    path = folder / ".env"
    if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o044:
        return f"{path} can be read by other users of this machine"
    return ""


def _refuse_foreign(path: Path) -> None:
    """Raise BadValue for a `.env` file that another user wrote or may write.

    The file decides where secrets are sent.
    """
    if os.name != "posix":
        return
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        problem = "it belongs to another user of this machine"
    elif found.st_mode & 0o022:
        problem = "other users of this machine may write it"
    else:
        return
    raise BadValue(
        str(path), problem, example=f"chown $USER {path}; chmod 600 {path}", code="bad_setting"
    )


def unknown_settings(values: Mapping[str, str]) -> list[str]:
    """Return variables with our prefix that are not settings, usually typing errors."""
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS if setting.secret}
    return sorted(
        name
        for name in values
        if name.startswith(PREFIX) and name not in known and "_TEST_" not in name
    )


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
_LOCAL = ("file", "local")


def _refuse_own_file(destination: str, home: Path) -> None:
    """Raise BadValue for a DuckDB file that is one of ours.

    The page opens the files of its list.
    """
    if not destination.startswith("duckdb:///"):
        return
    path = Path(unquote(destination.removeprefix("duckdb:///").partition("?")[0]))
    try:
        OwnFiles(home).refuse(path)
    except Refused as error:
        raise BadValue(
            PREFIX + "DESTINATION",
            error.message,
            example="duckdb:////srv/warehouse.duckdb",
            code="bad_setting",
        ) from None


def _archive(given: str, home: Path) -> str:
    """Return the archive's address; the path of a folder becomes absolute."""
    scheme, separator, path = given.rpartition("://")
    if separator and scheme not in _LOCAL:
        return given
    folder = _absolute("ARCHIVE_URL", path, home)
    try:
        OwnFiles(home).refuse_for_archive(folder)
    except Refused as error:
        raise BadValue(
            PREFIX + "ARCHIVE_URL", error.message, example=str(home / "archive"), code="bad_setting"
        ) from None
    return f"file://{folder}" if separator else str(folder)


def _absolute(name: str, path: str, folder: Path) -> Path:
    try:
        return Path(os.path.abspath(folder / Path(path).expanduser()))  # noqa: PTH100 - resolve() would follow links
    except RuntimeError:
        problem = f"{path!r}: there is no such user"
        raise BadValue(
            PREFIX + name, problem, example="/srv/tiktok-organic", code="bad_setting"
        ) from None


def _home(given: str | None) -> Path:
    if given:
        return _absolute("HOME", given, Path.cwd())
    from platformdirs import user_data_path

    return user_data_path("tiktok-organic", appauthor=False)
