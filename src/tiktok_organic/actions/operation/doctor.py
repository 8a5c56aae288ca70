"""Check every part of the installation; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from tiktok_organic.actions.operation.doctor_checks import (
    Check,
    check_archive,
    check_data,
    check_destination,
    check_notifications,
    check_redirect,
    check_settings,
    check_store,
    check_tiktok_app,
    check_tokens,
    failed_check,
)
from tiktok_organic.app import App
from tiktok_organic.errors import (
    Defect,
    TikTokOrganicError,
)
from tiktok_organic.settings import (
    SETTINGS,
    Settings,
    hide_password,
)

__all__ = ["checks", "setting_values"]


# Secret settings that are shown, without their password.
_ADDRESSES = ("DESTINATION", "STORE_URL", "ARCHIVE_URL")


def checks(app: App, variables: dict[str, str]) -> Iterator[Check]:
    """Check every part, in the order of their dependencies.

    `variables`: the environment variables that were read.
    """
    yield check_settings(app.settings, variables)
    yield check_tiktok_app(app)
    yield _tried(
        "redirect address",
        lambda: check_redirect(app.settings_for("REDIRECT_URL").redirect_url),
    )
    store = _tried("store", lambda: check_store(app.settings, app.connectors))
    yield store
    yield _tried("archive", lambda: check_archive(app.settings, app.archive))
    yield _tried(
        "destination", lambda: check_destination(app, app.settings_for("DESTINATION").warehouse)
    )
    yield _tried("notifications", lambda: check_notifications(app))
    if store.status == "ok":
        for connector in app.connectors.all():
            yield _tried(f"tokens of {connector.name}", partial(check_tokens, app, connector))
            look = partial(check_data, app.runs, connector)
            yield from _all_tried(f"data of {connector.name}", look)


def setting_values(app: App) -> list[dict[str, Any]]:
    """Return every setting with its value (secrets hidden), default, meaning and source."""
    settings, chosen = _known(app)
    listed = []
    for setting in SETTINGS:
        value = getattr(settings, setting.attribute)
        shown = None if value in (None, "") else str(value)
        if shown:
            shown = (
                "(set)"
                if setting.secret and setting.name not in _ADDRESSES
                else hide_password(shown)
            )
        listed.append(
            {
                "name": setting.variable,
                "value": shown,
                "default": setting.shown_default,
                "meaning": setting.meaning,
                "source": _source(app.settings, setting.name, chosen),
            }
        )
    return listed


def _known(app: App) -> tuple[Settings, Collection[str]]:
    """Return the effective settings and which of them were set on the page.

    A store that cannot be read is a check of its own.
    """
    try:
        chosen = app.chosen_settings.texts()
    except TikTokOrganicError:
        return app.settings, ()
    return app.settings.completed(chosen), chosen


def _source(settings: Settings, name: str, chosen: Collection[str]) -> str:
    if settings.decides(name):
        return "environment"
    return "page" if name in chosen else "default"


def _tried(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except TikTokOrganicError as error:
        return failed_check(name, error)
    except Exception as error:  # noqa: BLE001 - one part that breaks hides no other
        return failed_check(name, Defect(f"{type(error).__name__}: {error}"))


def _all_tried(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """What each look found; one that breaks is a check that failed."""
    try:
        return list(look())
    except TikTokOrganicError as error:
        return [failed_check(name, error)]
    except Exception as error:  # noqa: BLE001 - one connector hides no other
        return [failed_check(name, Defect(f"{type(error).__name__}: {error}"))]
