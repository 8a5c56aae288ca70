"""A message to the configured addresses, so that somebody can see whether they work before they are needed."""

from __future__ import annotations

from tiktok_organic.app import App
from tiktok_organic.errors import Refused

__all__ = ["send_test_message"]


def send_test_message(app: App) -> None:
    """Raises Refused when there is no address, apprise is not installed, or an address did not take it."""
    addresses = [part.strip() for part in app.settings.notify.split(",") if part.strip()]
    if not addresses:
        raise Refused(
            "there is no address to notify", code="notify_unset", advice="Set TIKTOK_ORGANIC_NOTIFY and start again."
        )
    try:
        import apprise
    except ImportError:
        raise Refused(
            "notifications need apprise, which is not installed",
            code="notify_missing",
            advice="pip install 'tiktok-organic[notify]'",
        ) from None
    speaker = apprise.Apprise()
    known = [speaker.add(address) for address in addresses]
    if not all(known) or not speaker.notify(title="tiktok-organic", body="This is a test. Notifications work."):
        raise Refused(
            "not every address took the message",
            code="notify_failed",
            advice="Check the addresses in TIKTOK_ORGANIC_NOTIFY; the log says which one failed.",
        )
