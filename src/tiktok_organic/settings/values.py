"""The settings with their values, and what they decide together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.own_files import OwnFiles
from tiktok_organic.settings.definitions import CHANGEABLE, PREFIX, SETTINGS, setting_named
from tiktok_organic.settings.environment import text_of
from tiktok_organic.settings.tiktok_rate_limits import APP_LEVELS, Limits

__all__ = ["Settings"]


def _default(name: str) -> str:
    return setting_named(name).default


@dataclass(frozen=True)
class Settings:
    """Every setting with its value; None or "" if the product decides (see the properties).

    Defaults are those of `definitions.py`. `given`: the names of settings that the
    environment has set, even to their default.
    """

    home: Path
    client_key: str = ""
    client_secret: str = ""
    api_url: str = _default("API_URL")
    authorize_url: str = _default("AUTHORIZE_URL")
    redirect_url: str = ""
    public_url: str = ""
    destination: str = ""
    store_url: str = ""
    archive_url: str = ""
    archive_days: int | None = None
    secret_key: str = ""
    timezone: str = _default("TIMEZONE")
    rate_level: str = _default("RATE_LEVEL")
    qps: int | None = None
    qpm: int | None = None
    account_qpm: int = int(_default("ACCOUNT_QPM"))
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_new_people: str = _default("OIDC_NEW_PEOPLE")
    oidc_session_hours: int = int(_default("OIDC_SESSION_HOURS"))
    second_factor: str = _default("SECOND_FACTOR")
    proxy_auth_header: str = ""
    notify: str = ""
    notify_events: str = _default("NOTIFY_EVENTS")
    trusted_proxies: str = _default("TRUSTED_PROXIES")
    allowed_hosts: str = ""
    metrics_token: str = ""
    allowed_destinations: str = ""
    allowed_notifications: str = ""
    allowed_pictures: str = ""
    log_level: str = _default("LOG_LEVEL")
    log_format: str = _default("LOG_FORMAT")
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
    def limits(self) -> Limits:
        """How many requests the product sends at most."""
        second, minute = APP_LEVELS[self.rate_level]
        return Limits(self.qps or second, self.qpm or minute, self.account_qpm)

    def decides(self, name: str) -> bool:
        """Whether this setting was given: then the page does not replace it."""
        usual = _USUAL[name.lower()]
        return name in self.given or (usual is not MISSING and getattr(self, name.lower()) != usual)

    def completed(self, chosen: Mapping[str, str]) -> Settings:
        """Return the settings completed with the page's values, unless they were given."""
        chosen = {
            name.lower(): text
            for name, text in chosen.items()
            if name in CHANGEABLE and not self.decides(name)
        }
        return replace(self, **chosen) if chosen else self  # type: ignore[arg-type]  # they are texts, see CHANGEABLE

    @staticmethod
    def read(values: Mapping[str, str]) -> Settings:
        """Read the settings from an environment. Raises BadValue with the setting's name."""
        found: dict[str, Any] = {}
        for setting in SETTINGS:
            text = text_of(setting, values)
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
        problem = f"the user that {path!r} names does not exist"
        raise BadValue(
            PREFIX + name, problem, example="/srv/tiktok-organic", code="bad_setting"
        ) from None


def _home(given: str | None) -> Path:
    if given:
        return _absolute("HOME", given, Path.cwd())
    from platformdirs import user_data_path

    return user_data_path("tiktok-organic", appauthor=False)
