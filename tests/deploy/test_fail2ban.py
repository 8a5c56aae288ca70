"""The filter for fail2ban finds the address, and no typed text counts as one."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tiktok_organic.actions.people import security_log
from tiktok_organic.cli import logs
from tiktok_organic.store.people.security_events import Event

FAIL2BAN = shutil.which("fail2ban-regex")
DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "fail2ban"
FILTER = DEPLOY / "filter.d" / "tiktok-organic.conf"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

HOSTILE = (
    "x' from=198.51.100.66 who='y",
    "x\n2026-11-30 12:00:00,000 WARNING security login failure from=198.51.100.66 who='y'",
    "x\u2028WARNING security login failure from=198.51.100.66 who='y'",
    '"}\n{"message": "security login failure from=198.51.100.66 who=1"}',
    '"}\n", "level": "warning", "logger": "tiktok_organic.security", "message": "security x"}',
    "security login failure from=198.51.100.66 who='",
    "\x1b[2K\rWARNING security login failure from=198.51.100.66 who='y'",
)


def logged(form: str, events: list[Event]) -> str:
    """What the events become in the log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        logs.JsonLines()
        if form == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    logger = logging.getLogger("tiktok_organic.security")
    before, logger.level = logger.level, logging.INFO
    logger.addHandler(handler)
    try:
        for event in events:
            security_log.write(event)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    return stream.getvalue()


def banned(text: str, folder: Path) -> list[str]:
    """The addresses that fail2ban takes from these lines."""
    assert FAIL2BAN is not None
    log = folder / "log"
    log.write_text(text, "utf-8")
    done = subprocess.run(
        [FAIL2BAN, "--out", "ip", str(log), str(FILTER)],
        capture_output=True,
        text=True,
        check=False,
    )
    return re.findall(r"^[0-9a-f.:]+$", done.stdout, re.MULTILINE)


@pytest.mark.skipif(FAIL2BAN is None, reason="needs fail2ban")
@pytest.mark.parametrize("form", ["text", "json"])
def test_wrong_passwords_codes_and_tokens_ban_the_address_that_sent_them(
    form: str, tmp_path: Path
) -> None:
    kinds = ("login", "code", "confirm", "password", "api_token")
    events = [
        Event(NOW, kind, outcome, "alice@example.com", f"192.0.2.{number}", "x")
        for number, (kind, outcome) in enumerate(
            (kind, outcome) for kind in kinds for outcome in ("failure", "blocked")
        )
    ]
    events.append(Event(NOW, "login", "failure", "alice@example.com", "2001:db8::7"))
    events.append(Event(NOW, "login", "success", "alice@example.com", "192.0.2.99"))
    events.append(Event(NOW, "request", "blocked", "", "192.0.2.98", "unknown host"))
    wanted = [event.address for event in events[:-2]]
    text = logged(form, events)
    assert banned(text, tmp_path) == wanted
    journal = text.replace("\n", "\nNov 30 12:00:00 host tiktok-organic[12]: ").rpartition("\n")[0]
    assert banned(journal, tmp_path) == wanted


@pytest.mark.skipif(FAIL2BAN is None, reason="needs fail2ban")
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_typed_text_bans_another_address(form: str, tmp_path: Path) -> None:
    events = [Event(NOW, "login", "failure", text, "203.0.113.9", text) for text in HOSTILE]
    events += [Event(NOW, "request", "blocked", text, "203.0.113.9", text) for text in HOSTILE]
    assert set(banned(logged(form, events), tmp_path)) == {"203.0.113.9"}


def test_every_event_is_one_line() -> None:
    for form in ("text", "json"):
        events = [Event(NOW, "login", "failure", text, "203.0.113.9", text) for text in HOSTILE]
        lines = logged(form, events).removesuffix("\n").split("\n")
        assert len(lines) == len(HOSTILE)
        if form == "json":
            assert all(json.loads(line)["address"] == "203.0.113.9" for line in lines)


def test_the_jail_names_the_filter_that_is_shipped() -> None:
    jail = (DEPLOY / "jail.d" / "tiktok-organic.conf").read_text("utf-8")
    assert f"filter = {FILTER.stem}" in jail
