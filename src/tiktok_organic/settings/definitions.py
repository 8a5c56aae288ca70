"""Every setting: its name, default, meaning, and how its text is checked."""

# Long, because it is one table with an entry for every setting.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tiktok_organic.errors import BadValue
from tiktok_organic.settings import checks
from tiktok_organic.settings.tiktok_rate_limits import ACCOUNT_MINUTE, APP_LEVELS

__all__ = ["CHANGEABLE", "PREFIX", "SETTINGS", "Setting", "setting_named"]

PREFIX = "TIKTOK_ORGANIC_"


@dataclass(frozen=True)
class Setting:
    """One setting: `read` converts its text, or raises ValueError with the problem.

    `default`: its text if it is not set; may be empty. `unset`: what then happens, if
    that depends on something else. `changeable`: an owner can also set it on the page, unless the
    environment does.
    """

    name: str
    default: str
    meaning: str
    example: str
    read: Callable[[str], Any] = str
    secret: bool = False
    changeable: bool = False
    unset: str = ""

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
    def shown_default(self) -> str:
        """The default as a value or a description."""
        return self.unset or self.default

    @property
    def variable(self) -> str:
        return PREFIX + self.name

    @property
    def attribute(self) -> str:
        return self.name.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "HOME",
        "",
        "The folder of all local files.",
        "/srv/tiktok-organic",
        unset="the platform's user data folder",
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
        checks.private_address,
    ),
    Setting(
        "AUTHORIZE_URL",
        "https://www.tiktok.com/v2/auth/authorize/",
        "Address of TikTok's consent page.",
        "https://www.tiktok.com/v2/auth/authorize/",
        checks.address,
    ),
    Setting(
        "REDIRECT_URL",
        "",
        "The redirect address registered with your TikTok app. TikTok requires https, no port, a "
        "final slash.",
        "https://example.com/tiktok/",
        checks.address,
        changeable=True,
    ),
    Setting(
        "PUBLIC_URL",
        "",
        "The public address of the web page.",
        "https://data.example.com/",
        checks.base_address,
    ),
    Setting(
        "DESTINATION",
        "",
        "The warehouse: duckdb:///relative/path, duckdb:////absolute/path, "
        "bigquery://project?location=EU or postgresql://user@host/database. Encrypted in the "
        "store; passwords are hidden in every output.",
        "duckdb:///warehouse.duckdb",
        checks.destination,
        secret=True,
        changeable=True,
        unset="the file warehouse.duckdb in HOME",
    ),
    Setting(
        "STORE_URL",
        "",
        "A PostgreSQL database, if several machines work together (DuckDB is then refused).",
        "postgresql://user@host/database",
        checks.store_address,
        secret=True,
        unset="the file store.db in HOME",
    ),
    Setting(
        "ARCHIVE_URL",
        "",
        "The archive of TikTok's answers: a folder (a relative path is relative to HOME), or any "
        "address that fsspec supports.",
        "s3://bucket/tiktok",
        checks.archive_address,
        secret=True,
        unset="the folder archive in HOME",
    ),
    Setting(
        "ARCHIVE_DAYS",
        "",
        "How many days TikTok's answers are kept.",
        "400",
        checks.count,
        unset="no limit",
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Encrypts tokens: comma-separated Fernet keys; the first one encrypts, all decrypt.",
        "the output of Fernet.generate_key()",
        secret=True,
        unset="created at the first start, in HOME",
    ),
    Setting(
        "TIMEZONE",
        "UTC",
        "Time zone of new schedules.",
        "Europe/Berlin",
        checks.zone,
        changeable=True,
    ),
    Setting(
        "RATE_LEVEL", "basic", "TikTok's level of your app.", "advanced", checks.choice(*APP_LEVELS)
    ),
    Setting(
        "QPS",
        "",
        "Requests a second of the app, instead of the level's.",
        "10",
        checks.count,
        unset="of the level",
    ),
    Setting(
        "QPM",
        "",
        "Requests a minute of the app, instead of the level's.",
        "600",
        checks.count,
        unset="of the level",
    ),
    Setting(
        "ACCOUNT_QPM",
        str(ACCOUNT_MINUTE),
        "Requests a minute to one endpoint for one account.",
        "40",
        checks.count,
    ),
    Setting(
        "OIDC_ISSUER",
        "",
        "Single sign-on: the issuer address of an OpenID Connect provider.",
        "https://login.example.com/",
        checks.issuer,
    ),
    Setting("OIDC_CLIENT_ID", "", "Single sign-on: the client that the provider knows.", "tiktok"),
    Setting("OIDC_CLIENT_SECRET", "", "Single sign-on: the client's secret.", "9f1c…", secret=True),
    Setting(
        "OIDC_NEW_PEOPLE",
        "nobody",
        "Single sign-on: the role of new people without an invitation, or nobody if they get no "
        "account.",
        "viewer",
        checks.choice("nobody", "viewer", "editor"),
    ),
    Setting(
        "OIDC_SESSION_HOURS",
        "24",
        "Single sign-on: after so many hours a session ends, and the provider is asked again.",
        "8",
        checks.hours,
    ),
    Setting(
        "SECOND_FACTOR",
        "optional",
        "Whether each person with a password needs a second factor: optional or required.",
        "required",
        checks.choice("optional", "required"),
        changeable=True,
    ),
    Setting(
        "PROXY_AUTH_HEADER",
        "",
        "Sign-on by a proxy of TRUSTED_PROXIES: the header with the e-mail address of the "
        "authenticated person.",
        "X-Forwarded-Email",
        checks.header,
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
        ",".join(checks.EVENTS),
        "The events that are sent: a lost consent, a failed sync, a consent that ends soon, days "
        "about to be lost.",
        "reconnect,failed",
        checks.events,
        changeable=True,
    ),
    Setting(
        "TRUSTED_PROXIES",
        "127.0.0.1,::1",
        "Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto "
        "headers are accepted, comma-separated.",
        "172.18.0.0/16",
        checks.networks,
    ),
    Setting(
        "ALLOWED_HOSTS",
        "",
        "More host names under which the page is served, comma-separated; *.example.com means "
        "every name below example.com.",
        "data.example.com,10.0.0.5",
        checks.hosts,
        unset="those of PUBLIC_URL and of the listening address, localhost",
    ),
    Setting(
        "METRICS_TOKEN",
        "",
        "The token for /metrics and the details of /readyz (`Authorization: Bearer`). Unset: only "
        "programs on this machine may read them, without a proxy.",
        "the output of openssl rand -hex 32",
        checks.long_secret,
        secret=True,
    ),
    Setting(
        "ALLOWED_DESTINATIONS",
        "",
        "The warehouses that an owner may enter on the page, comma-separated: duckdb:////folder, "
        "postgresql://host, postgresql://host:port/database, bigquery://project, or none. Unset: "
        "DuckDB files in the folder warehouses in HOME, any PostgreSQL, any BigQuery project.",
        "postgresql://db.internal,bigquery://my-project",
        checks.allowed_destinations,
        unset="any that is safe",
    ),
    Setting(
        "ALLOWED_NOTIFICATIONS",
        "",
        "The notification addresses that an owner may enter on the page, comma-separated: kinds "
        "(mailtos, slack), hosts, or none.",
        "mailtos,hooks.slack.com",
        unset="any that is safe",
    ),
    Setting(
        "ALLOWED_PICTURES",
        "",
        "The hosts from which avatars and thumbnails are fetched, comma-separated; *.example.com "
        "means every name below example.com, none for no host.",
        "*.tiktokcdn.com,*.tiktokcdn-us.com,*.tiktokcdn-eu.com",
        checks.picture_hosts,
        unset="any public host",
    ),
    Setting(
        "LOG_LEVEL",
        "info",
        "The lowest level that is logged to standard error.",
        "debug",
        checks.choice("debug", "info", "warning", "error"),
    ),
    Setting("LOG_FORMAT", "text", "The format of the log.", "json", checks.choice("text", "json")),
)

CHANGEABLE = tuple(setting.name for setting in SETTINGS if setting.changeable)
"""The settings that can be set on the page: all of them are plain texts."""


def setting_named(name: str) -> Setting:
    """Return the setting with that name."""
    return next(setting for setting in SETTINGS if setting.name == name)
