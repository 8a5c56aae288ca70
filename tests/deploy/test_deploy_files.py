"""The files that people deploy with: what they grant, and that they name things that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tiktok_organic.settings import PREFIX, SETTINGS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
LOCKS = ("installer", "runtime", "server", "development")


def locked(name: str) -> dict[str, str]:
    """The versions that a lock file pins, by canonical name."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


def wanted(name: str) -> list[Requirement]:
    """What pyproject.toml asks for in the installation that the lock file serves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    if name == "installer":
        return [Requirement(line) for line in groups["installer"]]
    extras = project["project"]["optional-dependencies"]
    asked = list(project["project"]["dependencies"]) + list(groups["build"])
    if name != "runtime":
        asked += [line for extra in ("bigquery", "postgres", "notify") for line in extras[extra]]
    if name == "development":
        asked += extras["dlt"] + groups["release"] + groups["installer"]
        asked += [line for line in groups["dev"] if isinstance(line, str)]
    return [Requirement(line) for line in asked]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_what_the_project_asks_for(name: str) -> None:
    pins = locked(name)
    for requirement in wanted(name):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked: run make lock"
        assert requirement.specifier.contains(version), f"{requirement}: {version} is locked"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_has_hashes_and_no_line_names_an_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "index-url" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_the_lock_files_agree_with_each_other() -> None:
    installer, runtime, server, development = (locked(name) for name in LOCKS)
    assert runtime.items() <= server.items() <= development.items()
    assert installer.items() <= development.items()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_rates_a_unit_at_three_or_better(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout[-2000:]
    rating = re.search(r"Overall exposure level.*: ([0-9.]+)", said.stdout)
    assert rating is not None
    assert float(rating[1]) <= 3.0


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_limits_memory_tasks_and_files(unit: Path) -> None:
    text = unit.read_text("utf-8")
    for limit in ("MemoryMax=", "TasksMax=", "LimitNOFILE="):
        assert f"\n{limit}" in text


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["store", "server", "worker"])
def test_a_container_has_a_read_only_root_no_capabilities_and_limits(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


def test_the_containers_take_their_secrets_from_files() -> None:
    document = compose()
    for service in document["services"].values():
        for name, value in service["environment"].items():
            secret = re.search(r"PASSWORD|SECRET|STORE_URL", name)
            assert secret is None or name.endswith("_FILE"), name
            if name.endswith("_FILE"):
                assert value.rsplit("/", 1)[-1] in service["secrets"]
                assert value.rsplit("/", 1)[-1] in document["secrets"]


def test_every_setting_that_a_file_names_exists() -> None:
    known = {PREFIX + setting.name for setting in SETTINGS}
    known |= {f"{PREFIX}{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    for path in sorted(one for one in DEPLOY.rglob("*") if one.is_file()):
        named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", path.read_text("utf-8")))
        assert named <= known, path.name


def test_the_image_installs_locked_versions_only() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "--require-hashes -r requirements/server.txt" in text
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_a_token_sent_without_encryption_is_refused_by_the_proxy() -> None:
    """Pages are redirected to https; a program would never learn that its token went in clear."""
    nginx = (DEPLOY / "nginx.conf").read_text("utf-8").split("listen 443", 1)[0]
    assert "location /api/ { return 403; }" in nginx
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8").split("http://data.example.com {", 1)[1]
    assert "@api path /api/*\n\trespond @api 403" in caddy
