"""The benchmark scripts are not run here; what they import must exist, inside functions too."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.rglob("*.py"))
OURS = ("tiktok_organic", "web.", "warehouse.bigquery_double")


def imported(script: Path) -> Iterator[tuple[str, str]]:
    """Module and name of each `from ... import` of ours; of a sibling with its file."""
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_ours_exists(script: Path) -> None:
    for module, name in imported(script):
        sibling = script.with_name(f"{module}.py")
        if module.startswith(OURS):
            found = import_module(module)
            assert hasattr(found, name) or import_module(f"{found.__name__}.{name}"), module
        elif sibling.exists():
            names = {
                node.id if isinstance(node, ast.Name) else getattr(node, "name", "")
                for node in ast.walk(ast.parse(sibling.read_text("utf-8")))
            }
            assert name in names, f"{sibling.name} has no {name}"


def test_every_script_can_be_started_from_the_folder_of_the_project() -> None:
    """In a process of its own: the tests' own search path must not help."""
    names = [script.stem for script in SCRIPTS if script.parent == FOLDER]
    code = f"import importlib, sys; sys.path.insert(0, 'benchmarks')\nfor name in {names!r}: "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}importlib.import_module(name)"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_pictures_of_the_page_can_be_taken_as_the_makefile_says() -> None:
    (line,) = [
        line
        for line in (FOLDER.parent / "Makefile").read_text("utf-8").splitlines()
        if "screenshots docs/images" in line
    ]
    path, _, command = line.strip().partition(" ")
    module = command.split(" -m ")[1].split()[0]
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=FOLDER.parent,
        env={**os.environ, **dict([path.split("=")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
