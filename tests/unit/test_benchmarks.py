"""The benchmark scripts are not run here; what they import must exist, inside functions too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.rglob("*.py"))
OURS = ("tiktok_organic", "tests.web", "warehouse.bigquery_double")


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
            found = import_module(module.removeprefix("tests."))
            assert hasattr(found, name) or import_module(f"{found.__name__}.{name}"), module
        elif sibling.exists():
            names = {
                node.id if isinstance(node, ast.Name) else getattr(node, "name", "")
                for node in ast.walk(ast.parse(sibling.read_text("utf-8")))
            }
            assert name in names, f"{sibling.name} has no {name}"
