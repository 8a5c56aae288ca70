"""Steps 2 to 5 of connecting an account. Every address and form names its draft."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.connectors import connect as connecting
from tiktok_organic.actions.connectors import connector_choices
from tiktok_organic.actions.connectors.connector_events import connected_what
from tiktok_organic.actions.connectors.drafts import (
    Draft,
    draft_gone,
    finish_draft,
    read_draft,
    save_draft,
)
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.connector import Connector
from tiktok_organic.connector_rules import check_reports
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.reports import DAILY_REPORT, REPORTS
from tiktok_organic.sync.window import REACH, Window, recovery_window
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.web.connect.connect_steps import path_of, reached, refused, show_step
from tiktok_organic.web.connect.destination_choice import Place, chosen, places
from tiktok_organic.web.connect.destination_step import (
    entered_values,
    problem_of_field,
    refused_destination,
)
from tiktok_organic.web.errors.problems import problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.limits_per_person import PATIENCE
from tiktok_organic.web.request_safety.visitor import record_connector
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Editor
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.texts.formatting import time_zones

__all__ = ["router"]


router = APIRouter(include_in_schema=False)


@router.get("/connect/{draft_id}/account")
def account_step(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 2)
    if isinstance(draft, Response):
        return draft
    return show_step(site, request, 2, draft, {"consent": draft.consent, "all_scopes": SCOPES})


@router.post("/connect/{draft_id}/account")
def confirm_account(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 2)
    if isinstance(draft, Response):
        return draft
    draft = save_draft(
        site.app.drafts, site.app.clock.now(), replace(draft, confirmed=True, problem=None)
    )
    return site.go(path_of(draft, 3))


@router.get("/connect/{draft_id}/reports")
def reports_step(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 3)
    if isinstance(draft, Response):
        return draft
    nothing = draft.problem is not None and draft.problem.step == 3
    selected = () if nothing else draft.reports or tuple(REPORTS)
    return show_step(site, request, 3, draft, {"reports": REPORTS, "selected": selected})


@router.post("/connect/{draft_id}/reports")
def choose_reports(request: Request, person: Editor, draft_id: str, form: Sent) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 3)
    if isinstance(draft, Response):
        return draft
    try:
        reports = check_reports(form.all("report"), REPORTS)
    except TikTokOrganicError as error:
        return refused(site, draft, person, 3, error)
    draft = save_draft(
        site.app.drafts, site.app.clock.now(), replace(draft, reports=reports, problem=None)
    )
    return site.go(path_of(draft, 4))


@router.get("/connect/{draft_id}/destination")
def destination_step(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 4)
    if isinstance(draft, Response):
        return draft
    known = places(site.app, draft.destination)
    values = {"places": known, "entered": entered_values(site, draft, known)}
    return show_step(site, request, 4, draft, values)


@router.post("/connect/{draft_id}/destination")
def choose_destination(request: Request, person: Editor, draft_id: str, form: Sent) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 4)
    if isinstance(draft, Response):
        return draft
    destination = ""
    try:
        destination = chosen(site.app, person, form, draft.destination)
        choices = connector_choices.Choices(
            name=form.text("name"),
            dataset=form.text("dataset"),
            reports=draft.reports,
            destination=destination,
        )
        with site.checks.turn(person.id, patience=PATIENCE):
            checked = connector_choices.check_choices(site.app, choices, draft.consent)
    except TikTokOrganicError as error:
        return refused_destination(site, draft, person, form, destination, error)
    accepted = replace(
        draft,
        name=str(checked.name),
        dataset=str(checked.dataset),
        destination=str(checked.destination),
        problem=None,
    )
    return site.go(path_of(save_draft(site.app.drafts, site.app.clock.now(), accepted), 5))


@router.post("/connect/{draft_id}/check")
def check_as_typed(request: Request, person: Editor, draft_id: str, form: Sent) -> Response:
    """Return a sentence below the field that was just changed."""
    site, field = site_of(request), request.headers.get("hx-trigger-name", "")
    field = field if field in ("name", "dataset") else "place"
    draft = read_draft(site.app.drafts, draft_id, person.id)
    error = (
        problem_of_field(site, person, draft, form, field) if draft is not None else draft_gone()
    )
    return site.page(
        request, "part_check.html", {"field": field, "error": error and problem(error)}
    )


@router.get("/connect/{draft_id}/finish")
def finish_step(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 5)
    if isinstance(draft, Response):
        return draft
    problem = draft.problem if draft.problem and draft.problem.step == 5 else None
    values = {
        "place": Place(draft.destination),
        "timezone": site.app.settings_for("TIMEZONE").timezone,
        "zones": time_zones(),
        "daily": DAILY_REPORT in draft.reports,
        "entered": problem.entered if problem else {},
    }
    return show_step(site, request, 5, draft, values)


@router.post("/connect/{draft_id}/finish")
def finish(request: Request, person: Editor, draft_id: str, form: Sent) -> Response:
    site = site_of(request)
    draft = reached(site, request, person, draft_id, 5)
    if isinstance(draft, Response):
        return draft
    try:
        window = _recovery(site, draft, form)
        with site.checks.turn(person.id, patience=PATIENCE):
            connector = _create(site, draft, form, window)
    except TikTokOrganicError as error:
        now = read_draft(site.app.drafts, draft_id, person.id)
        if now is not None and now.finished:  # the same form was sent twice
            return site.go(f"/connectors/{now.finished}/first")
        names = ("schedule", "timezone", "recover", "days")
        return refused(site, draft, person, 5, error, {name: form.text(name) for name in names})
    finish_draft(site.app.drafts, site.app.clock.now(), draft, connector.id)
    record_connector(request, person.email, connected_what(connector))
    if not form.ticked("sync"):
        return site.go(f"/connectors/{connector.id}", said="connected")
    order_run(site.app, connector, window=window)
    return site.go(f"/connectors/{connector.id}/first")


def _recovery(site: Site, draft: Draft, form: Form) -> Window | None:
    """Return the days to recover, None if none exist. Raises BadValue."""
    if not form.ticked("recover") or DAILY_REPORT not in draft.reports:
        return None
    return recovery_window(site.app.clock.now().date(), None, None, form.number("days", REACH))


def _create(site: Site, draft: Draft, form: Form, window: Window | None) -> Connector:
    """Create the connector. Raises what `connecting.create` raises; nothing is stored then."""
    assert draft.consent is not None  # noqa: S101 - step 5 was reached
    choices = connector_choices.Choices(
        name=draft.name,
        dataset=draft.dataset,
        reports=draft.reports,
        destination=draft.destination,
        schedule=form.text("schedule") or "off",
        timezone=form.text("timezone") or None,
        recover_from=window.start if window else None,
    )
    return connecting.create(site.app, draft.consent, choices)
