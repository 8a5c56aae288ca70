"""Telling people: what is the matter with the connectors, once; and that it is over."""

from __future__ import annotations

from datetime import datetime

from tiktok_organic.actions.coverage import coverage
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Refused
from tiktok_organic.notify import Apprise, Messenger
from tiktok_organic.store.runs import Run
from tiktok_organic.work.trouble import Event, Standing, events, recovered

__all__ = ["messenger", "send_test", "standing", "tell"]

_MOST_LINES = 20


def messenger(app: App) -> Messenger | None:
    """Whoever the settings name; None when nobody is to be told."""
    addresses = app.settings_for("NOTIFY").notify
    return Apprise(addresses) if addresses.strip() else None


def send_test(app: App) -> None:
    """One message to every address. Raises Refused, TryAgain."""
    to = messenger(app)
    if to is None:
        raise Refused(
            "nobody is to be told: TIKTOK_ORGANIC_NOTIFY is not set",
            code="notify_unset",
            advice="Set it to one or more apprise addresses, for example mailto://user@example.com, here or on the "
            "page under Settings.",
        )
    to.send("tiktok-organic: a test", "Notifications arrive here. Nothing is the matter.")


def tell(app: App, to: Messenger) -> int:
    """Tell what is new, in one message however much it is; how many events. What could not be delivered is told the
    next time."""
    now = app.clock.now()
    told = app.notices.told()
    new: list[Event] = []
    over: list[tuple[Connector, str]] = []
    for connector, found in _standings(app):
        mine = [event for holder, event in told if holder == connector.id]
        over += [(connector, key) for key in recovered(found, mine)]
        new += [event for event in events(found, now) if _is_news(event, told, now)]
    if new or over:
        to.send(_title(new), _body(new, over))
    for connector, key in over:
        app.notices.forget(connector.id, key)
    for event in new:
        app.notices.tell(event.connector_id, event.key, now)
    return len(new) + len(over)


def standing(app: App, connector: Connector, last: Run | None) -> Standing:
    """How a connector stands. Days that are missing although syncs succeed are not there to be had: TikTok gives none
    for an account that was young, or small, then."""
    ended = last is not None and not last.unfinished and last.next_attempt_at is None
    well = last is not None and last.status == "succeeded" and connector.state == "active"
    failed = last is not None and ended and last.status in ("failed", "partial")
    return Standing(
        connector.id,
        connector.name,
        connector.state,
        connector.consent_ends,
        failed=failed,
        succeeded=last is not None and last.status == "succeeded",
        reason=_reason(last) if last is not None and failed else "",
        missing=[] if well else _missing(app, connector),
    )


def _standings(app: App) -> list[tuple[Connector, Standing]]:
    last = app.runs.last()
    return [(connector, standing(app, connector, last.get(connector.id))) for connector in app.connectors.all()]


def _is_news(event: Event, told: dict[tuple[str, str], datetime], now: datetime) -> bool:
    before = told.get((event.connector_id, event.key))
    return before is None or now - before >= event.again_after


def _missing(app: App, connector: Connector) -> list[tuple[str, int]]:
    """Days that a sync would bring, for how many more days it would."""
    found = coverage(app, connector)["days"]
    return [(day["date"], day["days_left"]) for day in found if day["status"] == "missing"]


def _reason(run: Run) -> str:
    errors = [result["error"] for result in run.results.values() if result.get("error")]
    error = run.error or (errors[0] if errors else None)
    return "" if error is None else f"{error['message']}. {error['advice']}"


def _title(new: list[Event]) -> str:
    if not new:
        return "tiktok-organic: recovered"
    count = len({event.connector_id for event in new})
    return f"tiktok-organic: {'a connector needs' if count == 1 else f'{count} connectors need'} attention"


def _body(new: list[Event], over: list[tuple[Connector, str]]) -> str:
    lines = [event.text for event in new]
    lines += [f"{name}: recovered; syncs succeed again." for name in sorted({connector.name for connector, _ in over})]
    more = len(lines) - _MOST_LINES
    return "\n\n".join([*lines[:_MOST_LINES], *([f"… and {more} more."] if more > 0 else [])])
