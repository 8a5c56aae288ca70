"""A driver that is not used is not imported: `--help` and every small command stay quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LATE = (
    "psycopg",
    "alembic",
    "apprise",
    "dlt",
    "duckdb",
    "fastapi",
    "fsspec",
    "google.cloud.bigquery",
    "procrastinate",
    "psycopg",
    "pyarrow",
    "tiktok_organic.simulator",
    "uvicorn",
)


@pytest.mark.parametrize(
    "module", ["tiktok_organic", "tiktok_organic.cli.command_line", "tiktok_organic.app"]
)
def test_importing_the_product_imports_no_driver(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {LATE!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_command_line_s_help_imports_no_store() -> None:
    code = "import sys, tiktok_organic.cli.command_line; print('sqlalchemy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


HEAVY = {
    "alembic",
    "argon2",
    "cryptography",
    "duckdb",
    "fastapi",
    "google.cloud.bigquery",
    "httpx2",
    "jinja2",
    "joserfc",
    "msgspec",
    "procrastinate",
    "psycopg",
    "pyarrow",
    "pydantic",
    "pyotp",
    "rich",
    "sqlalchemy",
    "starlette",
    "tiktok_organic.simulator",
    "uvicorn",
    "zxcvbn",
}
STORE = {"cryptography", "msgspec", "sqlalchemy"}
MAY_IMPORT = {
    "--help": set[str](),
    "sync --help": set[str](),
    "connectors": STORE,
    "runs": STORE,
    "sync nobody": STORE | {"httpx2"},
}
"""What each command may import of what takes long to import."""


@pytest.mark.parametrize("command", MAY_IMPORT)
def test_a_command_imports_only_what_it_uses(command: str, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from tiktok_organic.cli.command_line import command_line\n"
        f"try: command_line({command.split()!r})\n"
        "except SystemExit: pass\n"
        f"print(*[name for name in {sorted(HEAVY)!r} if name in sys.modules], file=sys.stderr)"
    )
    plain = {name: value for name, value in os.environ.items() if "TIKTOK_ORGANIC" not in name}
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**plain, "TIKTOK_ORGANIC_HOME": str(tmp_path / "home")},
    )
    assert set(said.stderr.splitlines()[-1].split()) <= MAY_IMPORT[command], said.stderr
