"""A test that leaves a file in the folder where pytest runs fails the session."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ("pytester",)


@pytest.mark.parametrize(("name", "ends"), [("warehouse.duckdb", 1), (".cache", 0)])
def test_a_session_that_leaves_a_file_behind_fails_and_names_it(
    pytester: pytest.Pytester, name: str, ends: int
) -> None:
    conftest = Path(__file__).parents[1] / "conftest.py"
    pytester.makeconftest(conftest.read_text())
    pytester.makepyfile(f"def test_it(): open({name!r}, 'w').close()")
    ended = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert ended.ret == ends
    assert (name in ended.stdout.str()) == bool(ends)
