"""The settings: invalid values are named, .env has lower precedence, passwords are hidden."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import (
    PREFIX,
    SETTINGS,
    Settings,
    environment,
    hide_password,
    hide_passwords_in,
    unknown_settings,
)
from tiktok_organic.settings.tiktok_rate_limits import Limits

BAD = [
    ("API_URL", "nonsense"), ("API_URL", "ftp://host/"), ("API_URL", "http://"), ("API_URL", "http://[::1"),
    ("AUTHORIZE_URL", "www.tiktok.com"), ("PUBLIC_URL", "data.example.com"),
    ("ARCHIVE_URL", "memory://kept"), ("ARCHIVE_URL", "simplecache::memory://kept"),
    ("ARCHIVE_URL", "s3:/bucket/kept"),
    ("ARCHIVE_URL", "file://localhost/srv/kept"),
    ("DESTINATION", "warehouse.duckdb"), ("DESTINATION", "mysql://host/db"),
    ("DESTINATION", "postgresql:/host/db"),
    ("ARCHIVE_DAYS", "0"), ("ARCHIVE_DAYS", "-1"), ("ARCHIVE_DAYS", "many"),
    ("ARCHIVE_DAYS", "1.5"),
    ("ARCHIVE_DAYS", "٣"),
    ("TIMEZONE", "Berlin"), ("TIMEZONE", "../etc"), ("RATE_LEVEL", "huge"), ("QPS", "0"),
    ("QPS", "ten"),
    ("QPM", "9" * 5000), ("ACCOUNT_QPM", "1000001"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"),
    ("API_URL", "http://api.example.com/v1"), ("REDIRECT_URL", "https://[example.com/"),
    ("REDIRECT_URL", "nonsense"),
    ("PUBLIC_URL", "https://h/?a=1"), ("PUBLIC_URL", "https://h/#x"), ("PUBLIC_URL", "https://u@h/"),
    ("PUBLIC_URL", "https://h:port/"), ("STORE_URL", "postgresql://host:notaport/x"),
    ("TRUSTED_PROXIES", "proxy"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("TRUSTED_PROXIES", "*"),
    ("ALLOWED_HOSTS", "https://data.example.com"), ("ALLOWED_HOSTS", "host:80"),
    ("ALLOWED_HOSTS", "a b"),
    ("ALLOWED_DESTINATIONS", "mysql://host"), ("ALLOWED_DESTINATIONS", "duckdb://relative"),
    ("ALLOWED_DESTINATIONS", "postgresql://user@host"),
    ("HOME", "~nosuchuser-of-this-machine/x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda text: text[:30])
def test_a_bad_value_is_refused_by_its_name_with_an_example(name: str, value: str) -> None:
    with pytest.raises(BadValue) as caught:
        Settings.read({PREFIX + name: value})
    assert caught.value.name == PREFIX + name
    assert caught.value.code == "bad_setting"
    assert PREFIX + name in caught.value.message
    assert "example" in advice_of(caught.value)
    assert len(caught.value.message) < 6000


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
def test_a_bad_secret_is_refused_without_being_shown(name: str) -> None:
    told = ""
    try:
        Settings.read({PREFIX + name: "oracle://alice:geheim@host/db"})
    except BadValue as error:
        told = error.message + advice_of(error)
    assert "geheim" not in told


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = Settings.read({})
    assert settings.home.is_absolute()
    assert settings.warehouse == f"duckdb:///{settings.home / 'warehouse.duckdb'}"
    assert settings.store == f"sqlite:///{settings.home / 'store.db'}"
    assert settings.archive == str(settings.home / "archive")
    assert settings.api_url == "https://business-api.tiktok.com/open_api/v1.3"
    assert settings.authorize_url == "https://www.tiktok.com/v2/auth/authorize/"
    assert settings.limits == Limits(10, 600, 40)
    assert (settings.timezone, settings.log_level, settings.log_format) == ("UTC", "info", "text")
    assert settings.archive_days is None


def test_a_setting_that_is_not_set_has_its_documented_default() -> None:
    settings = Settings.read({})
    for setting in SETTINGS:
        if setting.default:
            assert getattr(settings, setting.attribute) == setting.check(setting.default)
        elif setting.name != "HOME":
            assert getattr(settings, setting.attribute) in ("", None)


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_counts_as_not_set(value: str) -> None:
    assert Settings.read({setting.variable: value for setting in SETTINGS}) == Settings.read({})


def test_every_setting_arrives_in_its_attribute() -> None:
    values = {
        "HOME": "/srv/x", "CLIENT_KEY": "7", "CLIENT_SECRET": "s", "API_URL": "https://h/v1",
        "AUTHORIZE_URL": "http://h/a",
        "REDIRECT_URL": "https://h/", "PUBLIC_URL": "https://p/", "DESTINATION": "duckdb:///w.db",
        "STORE_URL": "postgresql://h/d",
        "ARCHIVE_URL": "s3://b/x", "ARCHIVE_DAYS": "400", "SECRET_KEY": "k",
        "TIMEZONE": "Europe/Berlin", "RATE_LEVEL": "Premium",
        "QPS": "7", "QPM": "70", "ACCOUNT_QPM": "20", "NOTIFY": "mailto://x", "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "json", "NOTIFY_EVENTS": "reconnect,failed",
        "TRUSTED_PROXIES": "10.0.0.0/8,::1", "ALLOWED_HOSTS": "a.example,*.b.example",
        "ALLOWED_DESTINATIONS": "duckdb:////srv,bigquery://p",
        "OIDC_ISSUER": "https://login.example/", "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "x",
        "OIDC_NEW_PEOPLE": "viewer", "OIDC_SESSION_HOURS": "8", "SECOND_FACTOR": "required",
        "PROXY_AUTH_HEADER": "X-Forwarded-Email",
        "METRICS_TOKEN": "0123456789abcdef0123",
        "ALLOWED_NOTIFICATIONS": "mailtos", "ALLOWED_PICTURES": "*.tiktokcdn.com",
    }  # fmt: skip
    assert set(values) == {setting.name for setting in SETTINGS}
    settings = Settings.read({PREFIX + name: f" {value} " for name, value in values.items()})
    for name, value in values.items():
        assert str(getattr(settings, name.lower())).lower() == value.lower()
    assert settings.limits == Limits(7, 70, 20)


@pytest.mark.parametrize(
    ("level", "limits"),
    [
        ("basic", (10, 600, 40)),
        ("advanced", (20, 1000, 40)),
        ("premium", (30, 1000, 40)),
        ("ultimate", (50, 1000, 40)),
    ],
)
def test_a_level_has_tiktoks_limits(level: str, limits: tuple[int, int, int]) -> None:
    assert Settings.read({f"{PREFIX}RATE_LEVEL": level}).limits == Limits(*limits)


def test_a_relative_home_becomes_absolute_and_a_tilde_is_the_users() -> None:
    assert Settings.read({f"{PREFIX}HOME": "here"}).home == Path.cwd() / "here"
    assert Settings.read({f"{PREFIX}HOME": "~/x"}).home == Path.home() / "x"


def test_the_env_file_lies_beneath_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# comment\nexport "
        f'{PREFIX}QPS=5\n{PREFIX}TIMEZONE="Europe/Berlin"\n{PREFIX}NOTIFY=a$HOME\n{PREFIX}BARE\n',
        "utf-8",
    )
    found = environment(tmp_path, {f"{PREFIX}QPS": "7", "OTHER": "x"})
    assert found == {
        f"{PREFIX}QPS": "7", f"{PREFIX}TIMEZONE": "Europe/Berlin", f"{PREFIX}NOTIFY": "a$HOME",
        "OTHER": "x",
    }  # fmt: skip


def test_without_an_env_file_the_environment_is_all(tmp_path: Path) -> None:
    assert environment(tmp_path, {"A": "b"}) == {"A": "b"}


def test_an_env_file_that_is_not_text_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00A=b")
    with pytest.raises(BadValue) as caught:
        environment(tmp_path, {})
    assert str(tmp_path / ".env") in caught.value.message


def test_an_env_file_that_an_editor_began_with_a_mark_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"\ufeff{PREFIX}QPS=5\n".encode())
    assert environment(tmp_path, {})[f"{PREFIX}QPS"] == "5"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_does_not_hide_what_the_env_file_says(tmp_path: Path, empty: str) -> None:
    (tmp_path / ".env").write_text(f"{PREFIX}QPS=5\n", "utf-8")
    found = environment(tmp_path, {f"{PREFIX}QPS": empty, "OTHER": empty})
    assert found == {f"{PREFIX}QPS": "5", "OTHER": empty}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f'A=1\n\n# why\n{PREFIX}STORE_URL="postgresql://a:geheim@h/d\nB=2\n', 4),
        (f"{PREFIX}CLIENT_SECRET='geheim", 1),
        (f"A=1\r\n{PREFIX}CLIENT_SECRET geheim\r\n", 2),
        (f'A="geheim\n{PREFIX}QPS="5"\n', 1),
    ],
)
def test_a_line_of_the_env_file_that_loses_a_setting_is_named_by_its_number_only(
    tmp_path: Path, text: str, number: int
) -> None:
    (tmp_path / ".env").write_text(text, "utf-8")
    with pytest.raises(BadValue) as caught:
        environment(tmp_path, {})
    assert f"line {number} " in caught.value.message
    assert str(tmp_path / ".env") in caught.value.message
    assert "geheim" not in caught.value.message + advice_of(caught.value)


def test_lines_of_the_env_file_that_are_meant_for_others_may_be_odd(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"what is this\n{PREFIX}QPS=5\n", "utf-8")
    assert environment(tmp_path, {}) == {f"{PREFIX}QPS": "5"}


def test_a_relative_archive_lies_in_the_home_wherever_the_command_runs(tmp_path: Path) -> None:
    for written, archive in [
        ("kept", f"{tmp_path}/kept"),
        ("../kept", f"{tmp_path.parent}/kept"),
        ("file://kept", f"file://{tmp_path}/kept"),
        ("~/kept", f"{Path.home()}/kept"),
        ("/srv/kept", "/srv/kept"),
        ("file:///srv/kept", "file:///srv/kept"),
        ("s3://bucket/kept", "s3://bucket/kept"),
        ("simplecache::s3://bucket/kept", "simplecache::s3://bucket/kept"),
    ]:
        assert (
            Settings.read({f"{PREFIX}HOME": str(tmp_path), f"{PREFIX}ARCHIVE_URL": written}).archive
            == archive
        )


def test_variables_that_are_no_settings_are_found() -> None:
    values = {
        f"{PREFIX}QSP": "1",
        f"{PREFIX}QPS": "1",
        "OTHER": "1",
        f"{PREFIX}": "x",
        f"{PREFIX}TEST_POSTGRES": "x",
    }
    assert f"{PREFIX}QSP" in unknown_settings(values)
    assert f"{PREFIX}QPS" not in unknown_settings(values)
    assert "OTHER" not in unknown_settings(values)


def test_settings_do_not_print_their_secrets() -> None:
    settings = Settings.read(
        {f"{PREFIX}CLIENT_SECRET": "geheim", f"{PREFIX}DESTINATION": "postgresql://a:geheim@h/d"}
    )
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(settings)


# A password before the host, with any content: people paste it without encoding it.
PASSWORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=24
).filter(lambda text: any(character.isalnum() for character in text))
TAILS = st.sampled_from(["host/db", "host:5432/db?sslmode=require", "host", "10.0.0.1:5432/db"])


@given(PASSWORDS, TAILS)
def test_an_encoded_password_never_survives(password: str, tail: str) -> None:
    shown = hide_password(f"postgresql://alice:{quote(password, safe='')}@{tail}")
    assert shown == f"postgresql://alice:***@{tail}"


@given(PASSWORDS, st.sampled_from(["host/db", "host:5432/db", "host"]))
def test_a_password_pasted_as_it_is_never_survives(password: str, tail: str) -> None:
    shown = hide_password(f"postgresql://alice:{password}@{tail}")
    assert shown == f"postgresql://alice:***@{tail}"


def test_an_at_sign_among_the_options_shows_no_password() -> None:
    assert "geheim" not in hide_password("postgresql://alice:geheim@host/db?application_name=x@y")


@given(
    PASSWORDS,
    st.sampled_from(
        [
            "password",
            "PASSWORD",
            "sslpassword",
            "client_secret",
            "motherduck_token",
            "api_key",
            "pass%77ord",
        ]
    ),
)
def test_a_password_among_the_options_never_survives(password: str, name: str) -> None:
    shown = hide_password(
        f"postgresql://alice@host/db?sslmode=require&{name}={quote(password, safe='')}&x=1"
    )
    assert shown == f"postgresql://alice@host/db?sslmode=require&{name}=***&x=1"


@pytest.mark.parametrize(
    "address",
    ["duckdb:///warehouse.duckdb", "duckdb:////var/lib/w.duckdb", "bigquery://project?location=EU", "postgresql://host/db",
     "postgresql://alice@host/db?sslmode=require", "plain text", "", "duckdb:///C:/Users/alice/w.duckdb"],
)  # fmt: skip
def test_an_address_without_a_password_is_shown_as_it_is(address: str) -> None:
    assert hide_password(address) == address


@given(
    PASSWORDS.filter(lambda text: text not in "postgresql://alice:***@host/db?sslmode=require"),
    st.booleans(),
)
def test_a_text_about_an_address_never_has_its_password(password: str, encoded: bool) -> None:
    address = f"postgresql://alice:{quote(password, safe='')}@host/db?sslmode=require"
    words = f"no way to {address}: {quote(password, safe='') if encoded else password} is wrong"
    assert (
        hide_passwords_in(words, address)
        == "no way to postgresql://alice:***@host/db?sslmode=require: *** is wrong"
    )


def test_a_text_about_an_address_never_has_its_secret_options() -> None:
    told = hide_passwords_in("geheim%20nis or geheim nis", "s3://bucket/x?api_key=geheim%20nis&a=b")
    assert told == "*** or ***"


@given(st.text(st.characters(codec=None), max_size=60))
def test_no_text_crashes_the_hiding(address: str) -> None:
    hide_password(address)
    hide_password(f"x://{address}")
    hide_passwords_in("some words", f"x://{address}")
