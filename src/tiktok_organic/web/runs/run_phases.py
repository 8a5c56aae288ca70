"""The phases of a run: when it waited, fetched and loaded, with TikTok's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiktok_organic.archive import Archive
from tiktok_organic.store.connectors.chart_data import whole_number
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus

__all__ = ["Answer", "Phase", "Phases", "progress_text", "run_phases"]

_MOST = 400


@dataclass(frozen=True)
class Answer:
    """One archived answer. `at`: its position on the run's line, 0 to 100; None without a time."""

    number: int
    endpoint: str
    status: int
    request_id: str
    received_at: datetime | None
    size: int
    at: float


@dataclass(frozen=True)
class Phase:
    """A phase. `at` and `width`: position and length on the run's line, 0 to 100."""

    name: str
    seconds: float
    at: float
    width: float


@dataclass(frozen=True)
class Phases:
    """The phases of the last attempt; everything before it counts as waiting."""

    phases: list[Phase]
    answers: list[Answer]
    left_out: int
    seconds: float


def run_phases(archive: Archive, run: Run, now: datetime) -> Phases:
    """Return the phases of a run; of an unfinished one, up to now."""
    start, end = run.created_at, run.finished_at or now
    length = max((end - start).total_seconds(), 0.001)
    heads, left_out = _heads(archive, run)
    answers = [_answer(head, start, length) for head in heads]
    begun = run.started_at or end
    fetched = min(max(_fetched_until(run, answers, begun, end), begun), end)
    marks = [("Waiting", start, begun), ("Fetching", begun, fetched), ("Loading", fetched, end)]
    phases = [
        _phase(name, since, until, start, length) for name, since, until in marks if until > since
    ]
    return Phases(phases, answers, left_out, length)


def progress_text(run: Run, videos_count: int | None = None) -> str:
    """Describe what a running sync does now. `videos_count`: the account's number of posts."""
    if run.status is RunStatus.WAITING:
        return "Waiting for its turn"
    progress = run.progress if isinstance(run.progress, Mapping) else {}
    reason, what = progress.get("reason"), progress.get("what")
    rows, pages = whole_number(progress.get("rows")) or 0, whole_number(progress.get("pages")) or 0
    if isinstance(reason, str) and reason:
        return f"Waiting {whole_number(progress.get('seconds')) or 0} s: {reason}"
    if progress.get("phase") == "queued":
        return "Waiting for other syncs to be loaded"
    if progress.get("phase") == "loading":
        tables = progress.get("tables")
        loaded = whole_number(tables.get(what)) if isinstance(tables, Mapping) else None
        return f"Loading {what or 'the tables'}: {loaded or 0:,} rows"
    if what == "videos":
        # Overlapping pages fetch some videos twice, so more rows than posts are not more posts.
        known = f" of {videos_count:,}" if videos_count else ""
        shown = min(rows, videos_count) if videos_count else rows
        return f"Fetching videos: {shown:,}{known}, {pages:,} pages"
    return "Fetching the profile and its days" if progress else "Starting"


def _fetched_until(run: Run, answers: list[Answer], begun: datetime, end: datetime) -> datetime:
    """Return when fetching ended: at the newest answer.

    `end` if the run is still fetching, or ended without an answer.
    """
    progress = run.progress if isinstance(run.progress, Mapping) else {}
    if run.unfinished and progress.get("phase") not in ("queued", "loading"):
        return end
    if not run.fetched and not run.loaded:
        return end  # it ended before there was anything to load
    return max((a.received_at for a in answers if a.received_at is not None), default=begun)


def _heads(archive: Archive, run: Run) -> tuple[list[Mapping[str, Any]], int]:
    heads: list[Mapping[str, Any]] = []
    for part in run.fetched:
        heads += archive.heads(part.archive)
    return heads[:_MOST], max(0, len(heads) - _MOST)


def _answer(head: Mapping[str, Any], start: datetime, length: float) -> Answer:
    received = _moment(head.get("received_at"))
    at = (received - start).total_seconds() / length * 100 if received is not None else 0.0
    return Answer(
        number=whole_number(head.get("number")) or 0,
        endpoint=str(head.get("endpoint") or "").strip("/"),
        status=whole_number(head.get("status")) or 0,
        request_id=str(head.get("request_id") or "–"),
        received_at=received,
        size=whole_number(head.get("bytes")) or 0,
        at=min(100.0, max(0.0, at)),
    )


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _phase(name: str, since: datetime, until: datetime, start: datetime, length: float) -> Phase:
    seconds = (until - since).total_seconds()
    return Phase(
        name,
        seconds,
        (since - start).total_seconds() / length * 100,
        max(0.6, seconds / length * 100),
    )
