"""Settings → General: common settings, for an owner to change.

No password of them reaches a browser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.operation import choose_settings
from tiktok_organic.actions.operation.doctor import setting_values
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.settings import CHANGEABLE, Settings
from tiktok_organic.web.connect.destination_choice import (
    Place,
    chosen,
    described,
    places,
    shown_again,
)
from tiktok_organic.web.connect.destination_form import FIELDS
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import ConfirmedOwner
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.texts.formatting import time_zones

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/settings")
def general(request: Request, person: Viewer) -> Response:
    return _page(site_of(request), request)


@router.post("/settings/destination")
def choose_destination(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    site = site_of(request)

    def choose() -> None:
        choose_settings.refuse_given(site.app.settings, "DESTINATION")
        destination = chosen(site.app, person, form)
        with site.checks.turn(person.id):
            choose_settings.choose_destination(site.app, person, destination)

    return _done(request, form, ("DESTINATION",), choose)


@router.post("/settings/timezone")
def choose_timezone(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    app = site_of(request).app
    return _done(
        request,
        form,
        ("TIMEZONE",),
        lambda: choose_settings.choose_timezone(app, person, form.text("timezone")),
    )


@router.post("/settings/sign-in")
def choose_second_factor(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    app = site_of(request).app
    return _done(
        request,
        form,
        ("SECOND_FACTOR",),
        lambda: choose_settings.choose_second_factor(app, person, form.text("second_factor")),
    )


@router.post("/settings/app")
def choose_tiktok_app(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    app = site_of(request).app
    entered = {name: form.text(name.lower()) for name in choose_settings.TIKTOK_APP}
    return _done(
        request,
        form,
        choose_settings.TIKTOK_APP,
        lambda: choose_settings.choose_tiktok_app(app, person, entered),
    )


def _done(
    request: Request, form: Form, names: tuple[str, ...], choose: Callable[[], None]
) -> Response:
    """Save, or, with the other button of the form, restore the defaults."""
    site = site_of(request)
    forgets = form.ticked("forget")
    try:
        if forgets:
            choose_settings.forget(site.app.chosen_settings, *names)
        else:
            choose()
    except TikTokOrganicError as error:
        return _page(site, request, error, form)
    what = f"{', '.join(names)} {'back to the default' if forgets else 'changed'}"
    who = request.state.person.email
    record(site.app, "setting", "success", who, visitor_of(request), what)
    return site.go("/settings", said="forgotten" if forgets else "saved")


def _page(
    site: Site, request: Request, error: TikTokOrganicError | None = None, form: Form | None = None
) -> Response:
    """Show the page. `form`: refused values, to be corrected."""
    app = site.app
    counts, stored, known = app.effective, app.chosen_settings.all(), places(app)
    values: dict[str, Any] = {
        "tab": "general",
        "listed": setting_values(app),
        "places": known,
        "described": described,
        "zones": time_zones(),
        "timezone": counts.timezone,
        "second_factor": counts.second_factor,
        "client_key": counts.client_key,
        "redirect_url": counts.redirect_url,
        "has_secret": bool(counts.client_secret),
        "our_redirect": f"{site.base_url(request)}/connect/return/",
        "given": {name for name in CHANGEABLE if app.settings.decides(name)},
        "stored": {name: (one.changed_at, one.changed_by) for name, one in stored.items()},
        "entered": _entered(counts, known[0], form),
        "error": problem(error) if error else None,
    }
    return site.page(request, "settings.html", values, http_status(error) if error else 200)


def _entered(counts: Settings, default: Place, form: Form | None) -> dict[str, str]:
    """Return the fields: typed values, or else the effective ones."""
    fields = {
        "place": default.key,
        "timezone": counts.timezone,
        "client_key": counts.client_key,
        "redirect_url": counts.redirect_url,
        **dict.fromkeys(FIELDS, ""),
    }
    entered = {name: (form.text(name) if form else "") or text for name, text in fields.items()}
    return {**entered, "address": shown_again(entered["address"])}
