"""A driver that is not used is not imported: `--help` and every small command stay quick."""

from __future__ import annotations

import subprocess
import sys

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
