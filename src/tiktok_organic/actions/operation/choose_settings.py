"""Settings that an owner changes on the page: checked, tested if possible, then stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiktok_organic.actions.operation.doctor_checks import try_app
from tiktok_organic.app import App
from tiktok_organic.errors import BadValue, Refused, TikTokOrganicError
from tiktok_organic.message_channels import Apprise
from tiktok_organic.settings import CHANGEABLE, setting_named
from tiktok_organic.settings.values import Settings
from tiktok_organic.store.chosen_settings import ChosenSettings
from tiktok_organic.store.people.people import Person
from tiktok_organic.tiktok.consent_address import App as TikTokApp
from tiktok_organic.tiktok.consent_address import redirect_problems

__all__ = [
    "TIKTOK_APP",
    "choose_destination",
    "choose_events",
    "choose_notifications",
    "choose_second_factor",
    "choose_tiktok_app",
    "choose_timezone",
    "forget",
    "refuse_given",
]

TIKTOK_APP = ("CLIENT_KEY", "CLIENT_SECRET", "REDIRECT_URL")
"""The settings of the developer app."""


def choose_destination(app: App, by: Person, destination: str) -> None:
    """Set the destination of new connectors.

    `destination`: an address that `typed_destination` returned, or one that is in use. Raises
    BadValue, Refused, DestinationRefused, DestinationBusy.
    """
    _checked(app.settings, "DESTINATION", destination)
    with app.warehouse(destination) as warehouse:
        warehouse.check("tiktokorganic")
    _keep(app, by, {"DESTINATION": destination})


def choose_timezone(app: App, by: Person, name: str) -> None:
    """Set the time zone of new schedules. Raises BadValue, Refused."""
    _keep(app, by, {"TIMEZONE": _checked(app.settings, "TIMEZONE", name)})


def choose_second_factor(app: App, by: Person, rule: str) -> None:
    """Store whether each person with a password needs a second factor.

    Raises BadValue, Refused.
    """
    _keep(app, by, {"SECOND_FACTOR": _checked(app.settings, "SECOND_FACTOR", rule)})


def choose_notifications(app: App, by: Person, addresses: str) -> None:
    """Set the notification addresses: apprise addresses separated by commas or line ends.

    Sends nothing. Raises BadValue, Refused.
    """
    parts = [part.strip() for line in addresses.splitlines() for part in line.split(",")]
    entered = _checked(app.settings, "NOTIFY", ",".join(part for part in parts if part))
    app.own_files.refuse_named_in(entered)
    Apprise(entered).check()
    _keep(app, by, {"NOTIFY": entered})


def choose_events(app: App, by: Person, kinds: Sequence[str]) -> None:
    """Set the events that are sent as notifications. Raises BadValue, Refused."""
    _keep(app, by, {"NOTIFY_EVENTS": _checked(app.settings, "NOTIFY_EVENTS", ",".join(kinds))})


def choose_tiktok_app(app: App, by: Person, entered: Mapping[str, str]) -> None:
    """Set the developer app: those of its three settings that the environment does not set.

    An empty CLIENT_SECRET means the stored one. Raises BadValue, and Refused for an app that TikTok
    does not know.
    """
    stored = app.chosen_settings.texts()
    names = [name for name in TIKTOK_APP if not app.settings.decides(name)] or TIKTOK_APP
    asked = [
        name
        for name in names
        if entered.get(name, "").strip() or name != "CLIENT_SECRET" or name not in stored
    ]
    values = {name: _checked(app.settings, name, entered.get(name, "")) for name in asked}
    problems = redirect_problems(values["REDIRECT_URL"]) if "REDIRECT_URL" in values else []
    if problems:
        raise _bad("REDIRECT_URL", f"TikTok would refuse it: {'; '.join(problems)}")
    all_three = app.settings.completed({**stored, **values})
    try:
        try_app(
            app, TikTokApp(all_three.client_key, all_three.client_secret, all_three.redirect_url)
        )
    except Refused:
        raise
    except TikTokOrganicError:
        # TikTok cannot be reached now, which proves nothing about the app: `doctor` asks again
        pass
    _keep(app, by, values)


def forget(chosen: ChosenSettings, *names: str) -> None:
    """Restore the defaults."""
    chosen.forget([name for name in names if name in CHANGEABLE])


def refuse_given(settings: Settings, name: str) -> None:
    """Raise Refused for a setting that the environment sets."""
    if settings.decides(name):
        raise Refused(
            f"{setting_named(name).variable} is set in the environment, which decides",
            code="setting_given",
        )


def _checked(settings: Settings, name: str, text: str) -> str:
    refuse_given(settings, name)
    setting = setting_named(name)
    if not text.strip():
        raise _bad(name, "it is empty")
    return str(setting.check(text.strip()))


def _bad(name: str, problem: str) -> BadValue:
    setting = setting_named(name)
    return BadValue(setting.variable, problem, example=setting.example, code="bad_setting")


def _keep(app: App, by: Person, values: Mapping[str, str]) -> None:
    app.chosen_settings.change(values, by.email, app.clock.now())
