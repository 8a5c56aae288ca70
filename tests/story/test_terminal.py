"""In front of a person: what no option answered is asked for, until it can be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cast import Alice, Browser
from machine import Machine, Terminal


@pytest.fixture
def machine(tmp_path: Path, alice: Alice) -> Machine:
    """On Alice's settings, at the time of the real world; so is TikTok's."""
    alice.time.passes(seconds=(datetime.now(UTC) - alice.time.now()).total_seconds())
    made = Machine(tmp_path, alice.simulator)
    made.environment |= {"TERM": "dumb", "COLUMNS": "200"}
    return made


@pytest.fixture
def connecting(machine: Machine, browser: Browser) -> Callable[..., Terminal]:
    """`connect` with options, until it asks for the first choice."""

    def start(*options: str) -> Terminal:
        terminal = Terminal(machine, "connect", *options)
        shown = terminal.shows("browser arrived")
        (address,) = re.findall(r"https?://\S+/authorize/\S+", shown)
        terminal.types(browser.visit(address))
        terminal.shows("right account?")
        terminal.types("y")
        return terminal

    return start


def test_reports_without_days_are_asked_for_again_when_a_recovery_was_wished_for(
    machine: Machine, connecting: Callable[..., Terminal]
) -> None:
    terminal = connecting("--recover", "30")
    terminal.shows("Reports [")
    terminal.types("profile")
    terminal.shows("only profile_daily_metric can be recovered")
    assert json.loads(machine.runs("connectors", "--json").stdout) == []
    terminal.shows("Reports [")
    terminal.types("profile,profile_daily_metric")
    for question, answer in (
        ("Name [", "Bread"),
        ("Dataset [", "bread"),
        ("Sync automatically", "off"),
    ):
        terminal.shows(question)
        terminal.types(answer)
    code, shown = terminal.ends()
    assert code == 0, shown
    (run,) = json.loads(machine.runs("runs", "--json").stdout)
    assert run["kind"] == "recovery"
    assert list(run["reports"]) == ["profile", "profile_daily_metric"]


def test_removing_for_a_program_asks_nothing(
    machine: Machine, connecting: Callable[..., Terminal]
) -> None:
    terminal = connecting(
        "--reports", "profile", "--name", "Bread", "--dataset", "bread", "--schedule", "off"
    )
    assert terminal.ends()[0] == 0
    terminal = Terminal(machine, "remove", "Bread", "--delete-data", "--json")
    code, shown = terminal.ends()
    assert (code, "not_confirmed" in shown) == (1, True)
    code, shown = Terminal(machine, "remove", "Bread", "--json").ends()
    assert (code, '"removed": true' in shown) == (0, True)
