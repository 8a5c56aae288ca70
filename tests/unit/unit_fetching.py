"""One fetch of Alice's account: her TikTok is a function, her archive a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from unit_clock import NOON
from unit_tiktok import Alice

from tiktok_organic.archive import Archive
from tiktok_organic.reports import REPORTS
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch import fetch
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.archived_source import ArchivedSource
from tiktok_organic.sync.progress import Progress, silent
from tiktok_organic.sync.stop import Stop
from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.tiktok.unusual_data import Findings

TODAY = NOON.date()
ACCOUNT: dict[str, Any] = {
    "username": "alice",
    "is_business_account": True,
    "videos_count": 3,
    "metrics": [
        {"date": (TODAY - timedelta(days=days)).isoformat(), "likes": days} for days in (3, 2)
    ],
}


def videos(*ids: int, cursor: int | None = None, more: bool = False) -> dict[str, Any]:
    return {
        "videos": [{"item_id": str(one), "likes": one} for one in ids],
        "cursor": cursor,
        "has_more": more,
    }


class Fetching:
    """`account` and `pages` answer the two calls: data, or a whole response.

    `fetched` is what came of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account: Callable[[dict[str, str]], Any] = lambda query: ACCOUNT
        self.pages: Callable[[dict[str, str]], Any] = lambda query: videos(1, 2, 3)
        self.scopes: tuple[str, ...] = SCOPES
        self.scopes_now: tuple[str, ...] = SCOPES
        self.window = Window(TODAY - timedelta(days=5), TODAY - timedelta(days=1))
        self.reports: tuple[str, ...] = tuple(REPORTS)
        self.curves = False
        self.progress: Progress = silent
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.archive = Archive(str(folder), folder)

    def run(self) -> FetchSummary:
        alice = Alice(self.answer)
        recording = self.archive.record("c-alice", "run", 1, NOON)
        tiktok = TikTok(alice.transport, "open-id-of-alice", alice.keeper, recording.keep)
        task = AttemptTask(
            "run", "c-alice", "open-id-of-alice", "alice", (), self.reports,
            "d", self.window, NOON, 1, self.scopes, self.curves,
        )  # fmt: skip
        self.fetched = fetch(
            task,
            FetchContext(
                tiktok,
                recording,
                alice.clock,
                Limits(),
                self.progress,
                lambda: self.scopes_now,
                Stop(alice.clock),
            ),
        )
        return self.fetched

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        query = dict(request.url.params)
        is_account = request.url.path.endswith("business/get/")
        self.asked.append(("account" if is_account else "videos", query))
        made = (self.account if is_account else self.pages)(query)
        if isinstance(made, httpx2.Response):
            return made
        return httpx2.Response(
            200, content=json.dumps({"code": 0, "message": "OK", "data": made}).encode()
        )

    def queries(self, what: str) -> list[dict[str, str]]:
        return [query for kind, query in self.asked if kind == what]

    def source(self) -> tuple[ArchivedSource, Findings]:
        findings = Findings()
        return ArchivedSource(self.archive, self.fetched, findings), findings
