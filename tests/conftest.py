"""What concerns all tests: processes that share them, what makes them quick, what they leave."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from compiled_statements import share_compiled_statements
from compiled_templates import share_compiled_templates
from quick_passwords import hash_passwords_quickly

# Byte code is kept whatever the environment says: each process of pytest compiles 200 test files
# and each of some hundred commands that are started compiles the product, 1.2 s of CPU every time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Examples are bounded and the same in every run, and no deadline depends on the machine.
settings.register_profile(
    "tests",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("tests")
share_compiled_statements()
share_compiled_templates()
hash_passwords_quickly()

# A file is run by one process, so a long one must not be the last: here is what takes over 20 s,
# the longest first. Most of it waits for processes and locks; the others compute meanwhile.
_FIRST = (
    "web/test_web_odd_input.py",
    "web/test_web_browser.py",
    "story/test_process.py",
    "work/",
    "docs/",
    "warehouse/test_duckdb.py",
    "warehouse/test_bigquery.py",
    "web/test_web_connect_pages.py",
    "web/",
    "story/",
    "warehouse/",
)

_ROOT = pytest.StashKey[frozenset[str]]()


def pytest_configure() -> None:
    """End the process of pytest-xdist without the list of objects that DuckDB prints."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def pytest_collection() -> None:
    """Collecting makes millions of objects that stay: looking for garbage among them is in vain."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; inside a file the order stays."""
    folder = Path(__file__).parent
    items.sort(key=lambda item: _place(item.path.relative_to(folder).as_posix()))


def _place(file: str) -> int:
    return next((i for i, start in enumerate(_FIRST) if file.startswith(start)), len(_FIRST))


def pytest_collection_finish() -> None:
    """5,500 tests and their modules stay to the end: a collection need not visit them each time."""
    gc.freeze()
    gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[_ROOT] = _files(session.config.rootpath)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that writes into the folder where pytest runs fails the session: the next commit
    would have its file in it."""
    before = session.config.stash.get(_ROOT, None)
    left = sorted(_files(session.config.rootpath) - before) if before is not None else []
    if left and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"\na test left in {session.config.rootpath}: {', '.join(left)}")


def _files(folder: Path) -> frozenset[str]:
    """The names in it; tools leave their caches in hidden folders."""
    return frozenset(path.name for path in folder.iterdir() if not path.name.startswith("."))
