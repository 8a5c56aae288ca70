"""Settings → Notifications: addresses, events, and a test for each address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.notifications.alerts import EVENTS
from tiktok_organic.actions.notifications.notification_addresses import (
    ADDRESS_KINDS,
    EmailFields,
    NotificationAddress,
    chat_address,
    email_address,
    email_fields,
    found,
    replaced,
    split,
)
from tiktok_organic.actions.notifications.send_alerts import send_test, send_test_to
from tiktok_organic.actions.notifications.typed_notification_address import check_typed_notification
from tiktok_organic.actions.operation import choose_settings
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.app import App
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import ConfirmedOwner
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Owner, Viewer
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_PATH = "/settings/notifications"
_EMPTY = EmailFields("", "587", "starttls", "", "", "", "")


@router.get(_PATH)
def notifications(request: Request, person: Viewer) -> Response:
    """Show the addresses, the events, and a form for each kind of address."""
    return _page(site_of(request), request)


@router.post(_PATH)
def add(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    """Add one address."""
    app = site_of(request).app

    def choose() -> None:
        typed = NotificationAddress(_typed(app, form, None))
        choose_settings.choose_notifications(app, person, _joined([*_stored(app), typed]))

    return _done(request, choose, form)


@router.post(f"{_PATH}/events")
def choose_events(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    """Choose the events that are sent."""
    app = site_of(request).app
    return _done(
        request, lambda: choose_settings.choose_events(app, person, form.all("event")), form
    )


@router.post("/settings/notify")
def test_all(request: Request, person: Owner) -> Response:
    """Send a test message to every address."""
    app = site_of(request).app
    return _done(request, lambda: send_test(app), said="notified")


@router.get(f"{_PATH}/{{key}}")
def edit_page(request: Request, person: Owner, key: str) -> Response:
    """Show the form of one address, without its secrets."""
    site = site_of(request)
    return _edit_page(site, request, found(_stored(site.app), key))


@router.post(f"{_PATH}/{{key}}")
def replace(request: Request, person: ConfirmedOwner, key: str, form: Sent) -> Response:
    """Change one address; an empty password leaves the stored one."""
    site = site_of(request)
    old = found(_stored(site.app), key)
    try:
        addresses = replaced(_stored(site.app), key, _typed(site.app, form, old))
        choose_settings.choose_notifications(site.app, person, _joined(addresses))
    except TikTokOrganicError as error:
        return _edit_page(site, request, old, error, form)
    _record(request, "saved")
    return site.go(_PATH, said="saved")


@router.post(f"{_PATH}/{{key}}/test")
def test_one(request: Request, person: Owner, key: str) -> Response:
    """Send a test message to one address."""
    app = site_of(request).app
    return _done(request, lambda: send_test_to(found(_stored(app), key).url), said="notified")


@router.get(f"{_PATH}/{{key}}/remove")
def confirm_removal(request: Request, person: Owner, key: str) -> Response:
    """Ask before an address is removed: its password cannot be shown again."""
    site = site_of(request)
    address = found(_stored(site.app), key)
    values = {
        "tab": "notifications",
        "error": None,
        "question": f"Remove {ADDRESS_KINDS[address.kind]}, {address.shown}?",
        "follows": "This address gets no more messages. To add it again, its password or secret "
        "address is needed.",
        "verb": "Remove",
        "back": _PATH,
    }
    return site.page(request, "settings_confirm.html", values)


@router.post(f"{_PATH}/{{key}}/remove")
def remove(request: Request, person: ConfirmedOwner, key: str) -> Response:
    """Remove one address."""
    app = site_of(request).app

    def choose() -> None:
        left = replaced(_stored(app), key, None)
        if left:
            choose_settings.choose_notifications(app, person, _joined(left))
        else:
            choose_settings.forget(app.chosen_settings, "NOTIFY")

    return _done(request, choose)


def _done(
    request: Request, act: Callable[[], object], form: Form | None = None, said: str = "saved"
) -> Response:
    site = site_of(request)
    try:
        act()
    except TikTokOrganicError as error:
        return _page(site, request, error, form)
    _record(request, said)
    return site.go(_PATH, said=said)


def _record(request: Request, said: str) -> None:
    """Record a security event: messages will be sent to other addresses, or one was sent."""
    what = "test message sent" if said == "notified" else "notifications changed"
    who = request.state.person.email
    record(site_of(request).app, "setting", "success", who, visitor_of(request), what)


def _page(
    site: Site, request: Request, error: TikTokOrganicError | None = None, form: Form | None = None
) -> Response:
    app = site.app
    values = {
        "tab": "notifications",
        "addresses": _stored(app),
        "kinds": ADDRESS_KINDS,
        "events": EVENTS,
        "chosen": app.settings_for("NOTIFY_EVENTS").notify_events.split(","),
        "decided": {name for name in ("NOTIFY", "NOTIFY_EVENTS") if app.settings.decides(name)},
        "kind": (form.text("kind") if form else "") or "email",
        "email": _email(form) if form else _EMPTY,
        "address": form.text("address") if form and form.text("kind") == "webhook" else "",
        "error": problem(error) if error else None,
    }
    return site.page(
        request, "settings_notifications.html", values, http_status(error) if error else 200
    )


def _edit_page(
    site: Site,
    request: Request,
    address: NotificationAddress,
    error: TikTokOrganicError | None = None,
    form: Form | None = None,
) -> Response:
    email = email_fields(address.url)
    values = {
        "tab": "notifications",
        "one": address,
        "kind": address.kind if address.kind != "email" or email else "other",
        "kinds": ADDRESS_KINDS,
        "email": _email(form) if form else email or _EMPTY,
        "address": "",
        "error": problem(error) if error else None,
    }
    return site.page(
        request, "settings_notification.html", values, http_status(error) if error else 200
    )


def _typed(app: App, form: Form, old: NotificationAddress | None) -> str:
    """Return the address of the form. Raises BadValue."""
    typed = _meant(form, old)
    check_typed_notification(app.settings, typed)
    return typed


def _meant(form: Form, old: NotificationAddress | None) -> str:
    if form.text("kind") != "email":
        return chat_address(form.text("kind") or "other", form.text("address"))
    fields = _email(form)
    before = email_fields(old.url) if old is not None else None
    same = before is not None and (before.host, before.user) == (fields.host, fields.user)
    if not fields.password and before is not None and same:
        fields = EmailFields(**{**vars(fields), "password": before.password})
    return email_address(fields)


def _email(form: Form) -> EmailFields:
    return EmailFields(
        host=form.text("host").strip(),
        port=form.text("port").strip(),
        security=form.text("security"),
        user=form.text("user").strip(),
        password=form.text("password"),
        sender=form.text("sender").strip(),
        to=form.text("to").strip(),
    )


def _stored(app: App) -> list[NotificationAddress]:
    return split(app.settings_for("NOTIFY").notify)


def _joined(addresses: Sequence[NotificationAddress]) -> str:
    return ",".join(address.url for address in addresses)
