"""What concerns all tests: how several processes share them, and what makes them quick."""

from __future__ import annotations

import atexit
import gc
import os
import sys

# Byte code is kept whatever the environment says: each process of pytest compiles 200 test files
# and each of some hundred commands that are started compiles the product, 1.2 s of CPU every time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure() -> None:
    """End the process of pytest-xdist without the list of objects that DuckDB prints."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def pytest_collection() -> None:
    """Collecting makes millions of objects that stay: looking for garbage among them is in vain."""
    gc.disable()


def pytest_collection_finish() -> None:
    """5,500 tests and their modules stay to the end: a collection need not visit them each time."""
    gc.freeze()
    gc.enable()
