"""Send the alerts about connectors: each of them once, and also when its cause is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

from tiktok_organic.actions.data.coverage import coverage
from tiktok_organic.actions.data.days_without_figures import asked_windows, was_asked
from tiktok_organic.actions.notifications.alerts import Alert, Standing, alerts_about, recovered
from tiktok_organic.advice_text import Advise
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import ReconnectNeeded, Refused, TikTokOrganicError, facts_of
from tiktok_organic.message_channels import Apprise, Messenger
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ErrorDocument, RunStatus

__all__ = ["addressees", "messenger", "send_alerts", "send_test", "send_test_to", "standing"]

_LOG = logging.getLogger(__name__)
# A problem of all connectors would otherwise make a very long message.
_MOST_LINES = 20
_TEST_TITLE = "tiktok-organic: a test"
_TEST = "Notifications arrive here. Nothing is wrong."
# Failures that have their own notification, or that a user caused.
_NO_FAILURES = (ReconnectNeeded.code, "connector_paused")


class _Unusable:
    """An address to which nothing is sent, with the reason."""

    def __init__(self, error: TikTokOrganicError) -> None:
        self._error = error

    def send(self, title: str, body: str) -> None:  # noqa: ARG002 - the interface's names
        raise self._error

    def check(self) -> None:
        raise self._error


def messenger(app: App) -> Messenger | None:
    """Return the messenger of the settings; None without addresses."""
    addresses = app.settings_for("NOTIFY").notify
    app.own_files.refuse_named_in(addresses)
    return Apprise(addresses) if addresses.strip() else None


def addressees(app: App) -> dict[str, Messenger]:
    """Return one messenger per address. An address may contain a password.

    The messenger of an address that must not be used raises the reason when it sends.
    """
    found: dict[str, Messenger] = {}
    for address, to in Apprise(app.settings_for("NOTIFY").notify).each().items():
        try:
            app.own_files.refuse_named_in(address)
        except TikTokOrganicError as error:
            found[address] = _Unusable(error)
        else:
            found[address] = to
    return found


def send_test(app: App) -> None:
    """Send a test message to every address. Raises Refused, TryAgain."""
    to = messenger(app)
    if to is None:
        raise Refused(
            "the test message was not sent: TIKTOK_ORGANIC_NOTIFY is not set",
            code="notify_unset",
        )
    to.send(_TEST_TITLE, _TEST)


def send_test_to(address: str) -> None:
    """Send a test message to one address. Raises Refused, TryAgain."""
    Apprise(address).send(_TEST_TITLE, _TEST)


def send_alerts(app: App, send: Callable[[str, str], None], advise: Advise) -> int:
    """Send all new alerts in one message (title, text); return the number of alerts.

    Alerts that could not be delivered are sent the next time.
    """
    now = app.clock.now()
    last_sent = app.notices.last_sent()
    wanted = app.settings_for("NOTIFY_EVENTS").notify_events.split(",")
    new: list[Alert] = []
    over: list[tuple[Standing, str]] = []
    for found in _standings(app, advise):
        already_sent = {
            key: sent_at
            for (holder, key), sent_at in last_sent.items()
            if holder == found.connector_id
        }
        over += [(found, key) for key in recovered(found, already_sent)]
        new += [
            alert
            for alert in alerts_about(found, now)
            if alert.kind in wanted and alert.is_news(already_sent, now)
        ]
    # Before anything is marked as sent: what was not delivered is sent again.
    if new or over:
        send(_title(new), _body(new, over))
    for found, key in over:
        app.notices.forget(found.connector_id, key)
    for alert in new:
        app.notices.mark_sent(alert.connector_id, alert.key, now)
    return len(new) + len(over)


def standing(app: App, connector: Connector, last: Run | None, advise: Advise) -> Standing:
    """Return the state of a connector. An active connector requests its days automatically."""
    ended = last is not None and not last.unfinished and last.next_attempt_at is None
    well = last is not None and last.status is RunStatus.SUCCEEDED and connector.state == "active"
    error = last.cause if last is not None else None
    base = app.settings.public_url.rstrip("/")
    link = f"{base}/connectors/{connector.id}" if base else ""
    failed = last is not None and ended and last.status in (RunStatus.FAILED, RunStatus.PARTIAL)
    return Standing(
        connector.id,
        connector.name,
        connector.state,
        connector.consent_ends,
        failed=last.id
        if last is not None and failed and (error or {}).get("code") not in _NO_FAILURES
        else None,
        succeeded=last is not None and last.status is RunStatus.SUCCEEDED,
        reason=_reason(last, error, advise) if last is not None and error is not None else "",
        link=link,
        scheduled=connector.schedule.every != "off",
        missing=[] if well else _missing(app, connector),
    )


def _reason(run: Run, error: ErrorDocument, advise: Advise) -> str:
    code, facts = error.get("code", ""), {**run.about, **facts_of(error)}
    return f"{error['message']}. {advise(code, facts)}"


def _standings(app: App, advise: Advise) -> list[Standing]:
    """Return the state of every connector; an error of one is logged and does not stop others."""
    last = app.runs.last()
    found = []
    for connector in app.connectors.all():
        try:
            found.append(standing(app, connector, last.get(connector.id), advise))
        except Exception as error:  # noqa: BLE001 - one connector ends no loop over all of them
            _LOG.error("%r: no notification can be made: %s", connector.name, error)
    return found


def _missing(app: App, connector: Connector) -> list[tuple[str, int]]:
    """Return the days that a sync may fetch, and for how many more days it can.

    Days that the last sync or a later recovery requested without a result are excluded: TikTok has
    no figures for them because the account was new or small.
    """
    found = coverage(app, connector)["days"]
    missing = [(day["date"], day["days_left"]) for day in found if day["status"] == "missing"]
    asked = asked_windows(app.runs, connector) if missing else []
    return [(day, left) for day, left in missing if not was_asked(date.fromisoformat(day), asked)]


def _title(new: list[Alert]) -> str:
    if not new:
        return "tiktok-organic: recovered"
    count = len({alert.connector_id for alert in new})
    return (
        "tiktok-organic: "
        f"{'a connector needs' if count == 1 else f'{count} connectors need'} attention"
    )


def _body(new: list[Alert], over: list[tuple[Standing, str]]) -> str:
    lines = [alert.text for alert in new]
    lines += sorted({_recovery(found) for found, _ in over})
    more = len(lines) - _MOST_LINES
    return "\n\n".join([*lines[:_MOST_LINES], *([f"… and {more} more."] if more > 0 else [])])


def _recovery(found: Standing) -> str:
    return (
        f"{found.name}: {'recovered; syncs succeed again' if found.succeeded else 'reconnected'}."
    )
