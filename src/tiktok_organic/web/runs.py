"""One run: what it did, when, with which answers of TikTok's; and live, as long as it goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tiktok_organic.actions.documents import run_document
from tiktok_organic.errors import NotFound
from tiktok_organic.sync.run import Run
from tiktok_organic.web.guard import Viewer
from tiktok_organic.web.notices import advice_for
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.timeline import progress_words, timeline

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_EVERY = 0.5
_LONGEST = 3600.0
"""Seconds after which a browser is made to ask again."""


@router.get("/runs")
def newest(request: Request, person: Viewer) -> Response:
    site = site_of(request)
    return site.page(request, "runs.html", {"runs": site.app.runs.newest(limit=100)})


@router.get("/runs/{run_id}")
def one(request: Request, person: Viewer, run_id: str) -> Response:
    site = site_of(request)
    run = site.app.runs.get(run_id)
    values = {
        "run": run,
        "document": run_document(run),
        "timeline": timeline(site.app, run),
        "known": _known(site, run),
        "doing": progress_words(run.progress),
        "advice_for": advice_for,
    }
    return site.page(request, "run.html", values)


@router.get("/runs/{run_id}/progress")
def progress(request: Request, person: Viewer, run_id: str) -> Response:
    """How it stands now, as a part of a page."""
    site = site_of(request)
    return _part(site, request, site.app.runs.get(run_id))


@router.get("/runs/{run_id}/events")
async def events(request: Request, person: Viewer, run_id: str) -> Response:
    """Server-sent events: `progress` with a part of a page whenever it changes, at last `done`."""
    site = site_of(request)
    await run_in_threadpool(site.app.runs.get, run_id)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _stream(site, request, run_id), media_type="text/event-stream", headers=headers
    )


async def _stream(site: Site, request: Request, run_id: str) -> AsyncIterator[str]:
    told, spent = "", 0.0
    while spent < _LONGEST and not await request.is_disconnected():
        run = await run_in_threadpool(site.app.runs.get, run_id)
        text = bytes((await run_in_threadpool(_part, site, request, run)).body).decode()
        if text != told:
            told = text
            yield _event("progress", text)
        if not run.unfinished:
            yield _event("done", run.status)
            return
        await anyio.sleep(_EVERY)
        spent += _EVERY


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n"


def _part(site: Site, request: Request, run: Run) -> Response:
    values: dict[str, Any] = {"run": run, "doing": progress_words(run.progress)}
    return site.page(request, "part_progress.html", values)


def _known(site: Site, run: Run) -> bool:
    """Whether its connector is still there."""
    try:
        site.app.connectors.get(run.connector_id)
    except NotFound:
        return False
    return True
