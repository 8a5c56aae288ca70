"""Steps 2 to 5 of connecting an account, each with its own address; what was entered stays until it is finished."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import connect as connecting
from tiktok_organic.actions.drafts import Draft, forget_draft, read_draft, write_draft
from tiktok_organic.actions.order import order
from tiktok_organic.connector import Connector, check_dataset, check_name, check_reports
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.people import Person
from tiktok_organic.sync.window import REACH, Window, recovery_window
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.web.destinations import Place, chosen, places, shown_again
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.guard import Editor
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.steps import behind, step_page, told

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/connect/account")
def account_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    if draft.consent is None:
        return site.go("/connect")
    return step_page(site, request, 2, draft, {"consent": draft.consent, "all_scopes": SCOPES})


@router.post("/connect/account")
def confirm_account(request: Request, person: Editor) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    if draft.consent is None:
        return site.go("/connect")
    write_draft(site.app, person.id, replace(draft, extra={**draft.extra, "confirmed": True}))
    return site.go("/connect/reports")


@router.get("/connect/reports")
def reports_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    return behind(site, draft, 3) or _reports_page(site, request, draft, None)


@router.post("/connect/reports")
def choose_reports(request: Request, person: Editor, form: Sent) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    back = behind(site, draft, 3)
    if back is not None:
        return back
    try:
        reports = check_reports(form.all("report"), REPORTS)
    except TikTokOrganicError as error:
        return _reports_page(site, request, replace(draft, reports=()), error)
    write_draft(site.app, person.id, replace(draft, reports=reports))
    return site.go("/connect/destination")


@router.get("/connect/destination")
def destination_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    return behind(site, draft, 4) or _destination_page(
        site, request, draft, _suggested(site, draft), None
    )


@router.post("/connect/destination")
def choose_destination(request: Request, person: Editor, form: Sent) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    back = behind(site, draft, 4)
    if back is not None:
        return back
    entered = {
        "name": form.text("name"),
        "dataset": form.text("dataset"),
        "place": form.text("place"),
    }
    try:
        choices = connecting.Choices(
            name=entered["name"],
            dataset=entered["dataset"],
            reports=draft.reports,
            destination=chosen(site.app, person, form),
        )
        with site.checks.turn(person.id):
            checked = connecting.check_choices(site.app, choices, draft.consent)
    except TikTokOrganicError as error:
        typed = shown_again(form.text("address"))
        return _destination_page(site, request, draft, {**entered, "address": typed}, error)
    kept = replace(
        draft,
        name=str(checked.name),
        dataset=str(checked.dataset),
        destination=str(checked.destination),
    )
    write_draft(site.app, person.id, kept)
    return site.go("/connect/finish")


@router.post("/connect/check")
def check_as_typed(request: Request, person: Editor, form: Sent) -> Response:
    """A sentence below the field that was just changed."""
    site, field = site_of(request), request.headers.get("hx-trigger-name", "")
    field = field if field in ("name", "dataset", "place", "address") else "name"
    error = _tried(site, person, form, field)
    return site.page(request, "part_check.html", {"field": field, "error": error and told(error)})


@router.get("/connect/finish")
def finish_step(request: Request, person: Editor) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    return behind(site, draft, 5) or _finish_page(site, request, draft, None)


@router.post("/connect/finish")
def finish(request: Request, person: Editor, form: Sent) -> Response:
    site = site_of(request)
    draft = read_draft(site.app, person.id)
    back = behind(site, draft, 5)
    if back is not None:
        return back
    try:
        window = _recovery(site, draft, form)
        with site.checks.turn(person.id):
            connector = _create(site, draft, form)
    except TikTokOrganicError as error:
        return _finish_page(site, request, draft, error)
    forget_draft(site.app, person.id)
    if not form.ticked("sync"):
        return site.go(f"/connectors/{connector.id}")
    order(site.app, connector, window=window)
    return site.go(f"/connectors/{connector.id}/first")


def _recovery(site: Site, draft: Draft, form: Form) -> Window | None:
    """The days to recover, None when none are wished for. Raises BadValue."""
    if not form.ticked("recover") or "profile_daily_metric" not in draft.reports:
        return None
    return recovery_window(site.app.clock.now().date(), None, None, form.number("days", REACH))


def _create(site: Site, draft: Draft, form: Form) -> Connector:
    """Raises what `connecting.create` raises; nothing is stored then."""
    assert draft.consent is not None  # noqa: S101 - _behind has looked
    choices = connecting.Choices(
        name=draft.name,
        dataset=draft.dataset,
        reports=draft.reports,
        destination=draft.destination,
        schedule=form.text("schedule") or "off",
    )
    return connecting.create(site.app, draft.consent, choices)


def _reports_page(
    site: Site, request: Request, draft: Draft, error: TikTokOrganicError | None
) -> Response:
    selected = draft.reports or (() if error else tuple(REPORTS))
    return step_page(site, request, 3, draft, {"reports": REPORTS, "selected": selected}, error)


def _suggested(site: Site, draft: Draft) -> dict[str, str]:
    known = places(site.app)
    if draft.name:
        place = next((p.key for p in known if p.address == draft.destination), "other")
        return {"name": draft.name, "dataset": draft.dataset, "place": place}
    assert draft.consent is not None  # noqa: S101 - _behind has looked
    name, dataset = connecting.suggest(site.app, draft.consent, known[0].address)
    return {"name": name, "dataset": dataset, "place": known[0].key}


def _destination_page(
    site: Site,
    request: Request,
    draft: Draft,
    entered: dict[str, str],
    error: TikTokOrganicError | None,
) -> Response:
    known: list[Place] = places(site.app)
    return step_page(
        site, request, 4, draft, {"places": known, "entered": {"address": "", **entered}}, error
    )


def _finish_page(
    site: Site, request: Request, draft: Draft, error: TikTokOrganicError | None
) -> Response:
    place = next((p for p in places(site.app) if p.address == draft.destination), None)
    zone = site.app.settings_for("TIMEZONE").timezone
    values = {"place": place, "timezone": zone, "daily": "profile_daily_metric" in draft.reports}
    return step_page(site, request, 5, draft, values, error)


def _tried(site: Site, person: Person, form: Form, field: str) -> TikTokOrganicError | None:
    """What is wrong with one field as it stands; None when nothing is."""
    try:
        if field == "name":
            connecting.refuse_name(site.app, check_name(form.text("name")))
            return None
        destination = chosen(site.app, person, form)
        with site.checks.turn(person.id):
            if field == "dataset":
                _try_dataset(site, person, destination, check_dataset(form.text("dataset")))
            else:
                with site.app.warehouse(destination) as warehouse:
                    warehouse.check(form.text("dataset") or "tiktokorganic")
    except TikTokOrganicError as error:
        return error
    return None


def _try_dataset(site: Site, person: Person, destination: str, dataset: str) -> None:
    """Raises Conflict, DestinationRefused, DestinationBusy."""
    connecting.refuse_dataset(site.app, destination, dataset)
    consent = read_draft(site.app, person.id).consent
    if consent is not None:
        connecting.refuse_data(site.app, destination, dataset, consent)
