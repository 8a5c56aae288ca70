"""What concerns all tests: how several processes share them."""

from __future__ import annotations

import atexit
import os


def pytest_configure() -> None:
    """A process of pytest-xdist ends before DuckDB's objects do, and DuckDB's binding lists them
    all: nobody's news.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
