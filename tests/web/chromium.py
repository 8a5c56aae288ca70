"""Debian's Chromium, headless, with access to the test server only.

The headless shell is the same engine without the windows and services of a complete browser, which
take half of the CPU; where it is not installed, the complete one does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

__all__ = ["PROGRAM", "launch"]

PROGRAM = shutil.which("chromium-headless-shell") or shutil.which("chromium")

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--js-flags=--always-sparkplug --no-maglev --no-opt",
)  # fmt: skip
"""The last: a script runs for a second, and compilers that optimize take longer than they save."""


@contextmanager
def launch() -> Iterator[Browser]:
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=PROGRAM, args=list(QUIET))
        try:
            yield running
        finally:
            running.close()
