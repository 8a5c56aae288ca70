"""One run as it went: when it waited, fetched and loaded, and every answer of TikTok's on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.sync.run import Run

__all__ = ["Answer", "Phase", "Timeline", "progress_words", "timeline"]

_MOST = 400


@dataclass(frozen=True)
class Answer:
    """One archived answer. `at`: its place on the run's line, 0 to 100."""

    number: int
    endpoint: str
    status: int
    request_id: str
    received_at: datetime
    size: int
    at: float


@dataclass(frozen=True)
class Phase:
    """`at` and `width`: place and length on the run's line, 0 to 100."""

    name: str
    seconds: float
    at: float
    width: float


@dataclass(frozen=True)
class Timeline:
    phases: list[Phase]
    answers: list[Answer]
    left_out: int
    seconds: float


def timeline(app: App, run: Run) -> Timeline:
    """Of the last attempt; what came before it is `waiting`."""
    start, end = run.created_at, run.finished_at or app.clock.now()
    total = max((end - start).total_seconds(), 0.001)
    heads, left_out = _heads(app, run)
    answers = [_answer(head, start, total) for head in heads]
    begun = run.started_at or end
    fetched = max((answer.received_at for answer in answers), default=begun)
    fetched = min(max(fetched, begun), end)
    marks = [("Waiting", start, begun), ("Fetching", begun, fetched), ("Loading", fetched, end)]
    phases = [
        _phase(name, since, until, start, total) for name, since, until in marks if until > since
    ]
    return Timeline(phases, answers, left_out, total)


def progress_words(progress: Mapping[str, Any] | None) -> str:
    """What a running sync is doing, as a sentence."""
    told = dict(progress or {})
    if told.get("reason"):
        return f"Waiting {float(told.get('seconds') or 0):.0f} s: {told['reason']}"
    if told.get("phase") == "loading":
        rows = dict(told.get("tables") or {}).get(told.get("what"), 0)
        return f"Loading {told.get('what') or 'the tables'}: {int(rows):,} rows"
    if told.get("what") == "videos":
        return f"Fetching videos: {int(told.get('rows') or 0):,} so far, {int(told.get('pages') or 0):,} pages"
    return "Fetching the profile and its days" if told else "Starting"


def _heads(app: App, run: Run) -> tuple[list[Mapping[str, Any]], int]:
    heads: list[Mapping[str, Any]] = []
    for part in run.fetched:
        heads += app.archive.heads(part.archive)
    return heads[:_MOST], max(0, len(heads) - _MOST)


def _answer(head: Mapping[str, Any], start: datetime, total: float) -> Answer:
    received = datetime.fromisoformat(str(head["received_at"]))
    at = (received - start).total_seconds() / total * 100
    return Answer(
        number=int(head["number"]),
        endpoint=str(head.get("endpoint", "")).strip("/"),
        status=int(head.get("status", 0)),
        request_id=str(head.get("request_id") or "–"),
        received_at=received,
        size=int(head.get("bytes", 0)),
        at=min(100.0, max(0.0, at)),
    )


def _phase(name: str, since: datetime, until: datetime, start: datetime, total: float) -> Phase:
    seconds = (until - since).total_seconds()
    return Phase(
        name,
        seconds,
        (since - start).total_seconds() / total * 100,
        max(0.6, seconds / total * 100),
    )
