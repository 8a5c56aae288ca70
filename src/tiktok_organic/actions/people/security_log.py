"""The log line of a security event, for people, for JSON, and for fail2ban."""

from __future__ import annotations

import logging

from tiktok_organic.store.people.security_events import Event

__all__ = ["write"]

_LOG = logging.getLogger("tiktok_organic.security")


def write(event: Event) -> None:
    """Write one line: `security login failure from=192.0.2.7 who='alice@example.com'`.

    The address comes before all text that a stranger typed, so that no typed text can look like
    another address; typed text is quoted and escaped.
    """
    what = f" what={_quoted(event.what)}" if event.what else ""
    level = logging.INFO if event.outcome == "success" else logging.WARNING
    _LOG.log(
        level,
        "security %s %s from=%s who=%s%s",
        event.kind,
        event.outcome,
        event.address or "-",
        _quoted(event.who),
        what,
        extra={
            "event": event.kind,
            "outcome": event.outcome,
            "who": event.who[:300],
            "address": event.address,
            "what": event.what[:300],
        },
    )


def _quoted(text: str) -> str:
    return ascii(text[:300])
