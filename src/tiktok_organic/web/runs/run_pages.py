"""One run: its phases, times and TikTok's answers; updated live while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tiktok_organic.actions.data.chart_series import account_figures
from tiktok_organic.actions.runs.interrupted_requests import uncounted_requests
from tiktok_organic.errors import NotFound
from tiktok_organic.store.people.people import Person
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.web.runs.run_content import run_content, run_line
from tiktok_organic.web.runs.run_phases import progress_text, run_phases
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.sign_in_and_roles.session_cookie import is_still_here
from tiktok_organic.web.site import Site, site_of

__all__ = ["live_run", "router"]

router = APIRouter(include_in_schema=False)

KINDS = {"sync": "Sync", "recovery": "Recovery"}
_PAGE = 100
_EVERY = 0.5
# Seconds after which a browser must connect again.
_LONGEST = 3600.0


@dataclass(frozen=True)
class RunFilter:
    """The chosen filter; an empty text means all."""

    status: str
    kind: str
    connector: str


@router.get("/runs")
def newest(
    request: Request,
    person: Viewer,
    status: str = "",
    kind: str = "",
    connector: str = "",
    before: str = "",
) -> Response:
    """Show the runs of all connectors, newest first: filtered, in pages."""
    site, runs = site_of(request), site_of(request).app.runs
    chosen = RunFilter(status, kind, connector)
    page = runs.newest(
        connector or None,
        _PAGE + 1,
        status=RunStatus(status) if status in list(RunStatus) else None,
        kind=kind if kind in KINDS else None,
        before=runs.get(before) if before else None,
    )
    values = {
        "runs": [run_line(run) for run in page[:_PAGE]],
        "older": page[_PAGE - 1].id if len(page) > _PAGE else None,
        "newer": bool(before),
        "chosen": chosen,
        "statuses": list(RunStatus),
        "kinds": KINDS,
        "connectors": site.app.connectors.all(),
    }
    return site.page(request, "runs.html", values)


@router.get("/runs/{run_id}")
def one(request: Request, person: Viewer, run_id: str) -> Response:
    """Show one run."""
    site = site_of(request)
    run = site.app.runs.get(run_id)
    return site.page(request, "run.html", {**live_run(site, run), "known": _known(site, run)})


@router.get("/runs/{run_id}/progress")
def progress(request: Request, person: Viewer, run_id: str) -> Response:
    """Return the part of the page that changes while the run is not finished."""
    site = site_of(request)
    return site.page(request, "part_run.html", live_run(site, site.app.runs.get(run_id)))


@router.get("/runs/{run_id}/events")
async def events(request: Request, person: Viewer, run_id: str) -> Response:
    """Stream server-sent events.

    `progress` has the changing part of the page, `said` a text for screen readers, and `done` is
    the last one.
    """
    site = site_of(request)
    site.streams.refuse_more(person.id)
    await run_in_threadpool(site.app.runs.get, run_id)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _stream(site, request, person, run_id), media_type="text/event-stream", headers=headers
    )


async def _stream(site: Site, request: Request, person: Person, run_id: str) -> AsyncIterator[str]:
    """Stream events until the run, the connection or the session ends, or for an hour."""
    shown, said, spent = "", "", 0.0
    with site.streams.one(person.id):
        while spent < _LONGEST and not await request.is_disconnected():
            if not await run_in_threadpool(is_still_here, request):
                return
            run = await run_in_threadpool(site.app.runs.get, run_id)
            text = await run_in_threadpool(_part, site, request, run)
            if text != shown:
                shown = text
                yield _event("progress", text)
            if (phase := _phase_text(run)) != said:
                said = phase
                yield _event("said", phase)
            if not run.unfinished:
                yield _event("done", run.status)
                return
            await anyio.sleep(_EVERY)
            spent += _EVERY


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n"


def _part(site: Site, request: Request, run: Run) -> str:
    page = site.page(request, "part_run.html", live_run(site, run))
    return bytes(page.body).decode()


def _phase_text(run: Run) -> str:
    """Return the text for screen readers: the phase without its counts, which change constantly."""
    return progress_text(run).partition(":")[0] if run.unfinished else f"The run {run.status}"


def live_run(site: Site, run: Run) -> dict[str, Any]:
    """Return the values of `part_run.html`, which change while a run is not finished."""
    app = site.app
    accounts = account_figures(app.chart_data.moments(run.connector_id, 1))
    return {
        "view": run_content(run),
        "phases": run_phases(app.archive, run, app.clock.now()),
        "doing": progress_text(run, accounts[-1].videos if accounts else None),
        "requests": run.requests + (uncounted_requests(app.archive, run) if run.unfinished else 0),
    }


def _known(site: Site, run: Run) -> bool:
    """Whether its connector exists."""
    try:
        site.app.connectors.get(run.connector_id)
    except NotFound:
        return False
    return True
