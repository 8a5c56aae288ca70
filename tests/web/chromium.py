"""Debian's Chromium, headless, with access to the test server only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

__all__ = ["launch"]

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def launch() -> Iterator[Browser]:
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        try:
            yield running
        finally:
            running.close()
