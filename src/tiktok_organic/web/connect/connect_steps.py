"""Common parts of the five steps of connecting: addresses, refused forms, the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from tiktok_organic.actions.connectors.drafts import (
    Draft,
    Refusal,
    begin_draft,
    read_draft,
    save_draft,
)
from tiktok_organic.errors import NotFound, TikTokOrganicError
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.site import Site
from tiktok_organic.web.texts.labels import report_label, scope_label

__all__ = ["STEPS", "gone", "path_of", "reached", "refused", "show_step"]

STEPS = (
    ("Authorize", ""),
    ("Account", "/account"),
    ("Reports", "/reports"),
    ("Destination", "/destination"),
    ("Finish", "/finish"),
)
# The field of step 4 that an error code concerns.
_FIELDS = {
    "name_taken": "name",
    "dataset_taken": "dataset",
    "destination_refused": "place",
    "destination_busy": "place",
}


def path_of(draft: Draft, step: int) -> str:
    """Return the address of a step of that draft."""
    return f"/connect/{draft.id}{STEPS[step - 1][1]}"


def reached(
    site: Site, request: Request, person: Person, draft_id: str, step: int
) -> Draft | Response:
    """Return the draft if it has reached that step; otherwise the page to go to instead."""
    draft = read_draft(site.app.drafts, draft_id, person.id)
    if draft is None:
        return gone(site, request)
    if draft.finished:
        return _finished(site, request, draft)
    if draft.step < step or (draft.connector_id and step > 1):
        return site.go(path_of(draft, 1 if draft.connector_id else draft.step))
    return draft


def gone(site: Site, request: Request) -> Response:
    """Answer 404: the draft was discarded or belongs to another person."""
    return site.page(request, "connect_gone.html", {}, 404)


def _finished(site: Site, request: Request, draft: Draft) -> Response:
    try:
        connector = site.app.connectors.get(draft.finished)
    except NotFound:
        return gone(site, request)
    return site.go(f"/connectors/{connector.id}/first")


def refused(
    site: Site,
    draft: Draft | None,
    person: Person,
    step: int,
    error: TikTokOrganicError,
    entered: Mapping[str, str] | None = None,
) -> Response:
    """Store the error and the entered values in the draft, and show the step again with GET."""
    draft = draft or begin_draft(site.app.drafts, site.app.clock.now(), person.id)
    refusal = _refusal(step, error)
    field = refusal.field or _FIELDS.get(error.code, "")
    if step == 3:
        field = "reports"
    elif step == 4 and field not in ("", "name", "dataset"):
        field = "place"
    refusal = replace(refusal, field=field, entered=dict(entered or {}))
    try:
        save_draft(site.app.drafts, site.app.clock.now(), replace(draft, problem=refusal))
    except NotFound:
        pass  # discarded in another tab: its page explains it
    return site.go(path_of(draft, step))


def _refusal(step: int, error: TikTokOrganicError) -> Refusal:
    seen = problem(error)
    return Refusal(step, seen.code, seen.message, seen.advice, seen.details, seen.field)


def show_step(
    site: Site,
    request: Request,
    step: int,
    draft: Draft | None,
    values: Mapping[str, Any],
    error: TikTokOrganicError | None = None,
) -> Response:
    """Show the page of a step, with the problem of the draft if it belongs to this step."""
    refusal = draft.problem if draft and draft.problem and draft.problem.step == step else None
    if error is not None:
        refusal = _refusal(step, error)
    shared = {
        "step": step,
        "steps": [(name, path_of(draft, n) if draft else "") for n, (name, _) in _numbered()],
        "done": draft.step - 1 if draft else 0,
        "draft": draft,
        "problem": refusal,
        "invented": bool(draft and draft.consent and site.is_invented(draft.consent.api_url)),
        "report_label": report_label,
        "scope_label": scope_label,
    }
    status = http_status(error) if error else 200
    return site.page(request, f"connect_{step}.html", {**shared, **values}, status)


def _numbered() -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(STEPS, 1))
