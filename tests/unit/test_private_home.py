"""HOME and the settings are private: created so, restricted, and refused from other users."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tiktok_organic.actions.operation.doctor import checks
from tiktok_organic.actions.operation.single_server import only_server
from tiktok_organic.app import App
from tiktok_organic.errors import BadValue
from tiktok_organic.home_folder import make_home
from tiktok_organic.settings import PREFIX, SETTINGS, Settings, environment, unknown_settings
from tiktok_organic.store.database import Database

SECRETS = [setting.name for setting in SETTINGS if setting.secret]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_a_server_that_comes_first_makes_a_private_home(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path / "above" / "home"))
    with only_server(app, "http://127.0.0.1:8000"):
        assert mode(tmp_path / "above" / "home") == 0o700
    app.close()


@pytest.mark.usefixtures("usual_umask")
def test_a_home_that_others_may_enter_is_narrowed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    app = App(Settings(home=tmp_path / "home"))
    app.connectors.all()
    app.close()
    assert mode(tmp_path / "home") == 0o700


def test_a_folder_that_everybody_shares_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    make_home(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o777 | stat.S_ISVTX


@pytest.mark.usefixtures("usual_umask")
def test_a_command_makes_nothing_that_others_can_read(tmp_path: Path) -> None:
    variables = {**os.environ, f"{PREFIX}HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "tiktok_organic", "connectors"]
    subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, check=True)
    made = [tmp_path / "home", *(tmp_path / "home").rglob("*")]
    assert len(made) > 1
    assert [path for path in made if mode(path) & 0o077] == []


@pytest.mark.parametrize("name", ["feature%2Fx", "ho%20me", "what?", "a#b", "ü ö"])
def test_a_home_with_signs_of_an_address_in_its_path_is_that_folder(
    tmp_path: Path, name: str
) -> None:
    app = App(Settings(home=tmp_path / name))
    app.connectors.all()
    app.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "store.db").exists()


@pytest.mark.parametrize("bits", [0o622, 0o660, 0o666])
def test_an_env_file_that_others_may_write_is_refused(tmp_path: Path, bits: int) -> None:
    (tmp_path / ".env").write_text(f"{PREFIX}QPS=5\n")
    (tmp_path / ".env").chmod(bits)
    with pytest.raises(BadValue, match="may write it"):
        environment(tmp_path, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_env_file_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{PREFIX}QPS=5\n")
    os.chown(tmp_path / ".env", 65534, 65534)
    with pytest.raises(BadValue, match="another user"):
        environment(tmp_path, {})


def test_doctor_warns_of_an_env_file_that_others_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = App(Settings(home=tmp_path / "home"))
    (tmp_path / ".env").write_text(f"{PREFIX}QPS=5\n")
    found = []
    for bits in (0o644, 0o600):
        (tmp_path / ".env").chmod(bits)
        found.append(next(checks(app, {})).status)
    assert found == ["warning", "ok"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"trusted_proxies": "10.0.0.1,0.0.0.0/0"}, "trusts every address"),
        ({"api_url": "https://business-api.tiktok.com.evil.example/v1"}, "evil.example"),
    ],
)
def test_doctor_warns_of_settings_that_trust_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=tmp_path / "home")
    assert next(checks(App(settings), {})).status == "ok"
    check = next(checks(App(replace(settings, **changed)), {}))  # type: ignore[arg-type]  # texts
    assert check.status == "warning"
    assert words in check.message


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_be_in_a_file(tmp_path: Path, name: str) -> None:
    value = {"ARCHIVE_URL": "s3://b/x", "DESTINATION": "bigquery://project"}.get(
        name, "geheim, und lang genug-fuer-alle".replace(", ", "-").replace(" ", "-")
    )
    (tmp_path / "secret").write_text(f"{value}\n")
    variables = {f"{PREFIX}{name}_FILE": str(tmp_path / "secret")}
    assert getattr(Settings.read(variables), name.lower()) == value
    assert unknown_settings(variables) == []
    with pytest.raises(BadValue, match="beside the same"):
        Settings.read({**variables, f"{PREFIX}{name}": value})


def test_a_secret_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_text("x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for file in (
        tmp_path / "none",
        tmp_path,
        *(tmp_path / n for n in ("empty", "large", "binary")),
    ):
        with pytest.raises(BadValue, match="CLIENT_SECRET_FILE"):
            Settings.read({f"{PREFIX}CLIENT_SECRET_FILE": str(file)})


def test_a_limit_says_its_range() -> None:
    with pytest.raises(BadValue, match=r"must be a whole number from 1 to 1,000,000"):
        Settings.read({f"{PREFIX}QPS": "6000000"})


def test_a_store_address_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadValue, match="STORE_URL"):
        Database("postgresql://host:notaport/x").engine()


@pytest.mark.parametrize("words", [["show", b"\xff"], ["run", b"\xff", "--json"]])
def test_a_command_line_that_is_not_text_is_refused_plainly(
    tmp_path: Path, words: list[str | bytes]
) -> None:
    command = [sys.executable, "-m", "tiktok_organic", *words]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"is not text" in ended.stderr
    assert b"bug" not in ended.stderr
