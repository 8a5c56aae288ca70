"""Print the measurements as a table, and the targets below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from measure import Figures

if TYPE_CHECKING:
    from aims import Aim

SCRIPT = "script"
"""Whom all others are compared with."""
COLD = ".first"
"""What the key of a contender's first sync ends with; it is measured once."""


@dataclass(frozen=True)
class Line:
    """One contender with one account: `latency` in milliseconds, `figures` are medians."""

    videos: int
    latency: int
    key: str
    title: str
    figures: Figures


@dataclass
class Result:
    """All lines in the order of measuring, and the failures."""

    lines: list[Line] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def add(self, videos: int, latency: int, key: str, title: str, figures: Figures) -> None:
        self.lines.append(Line(videos, latency, key, title, figures))

    def of(self, videos: int, latency: int, key: str) -> Figures | None:
        """Return the figures of one contender; None if it was not measured."""
        for line in self.lines:
            if (line.videos, line.latency, line.key) == (videos, latency, key):
                return line.figures
        return None


def show(result: Result, aims: Sequence[Aim]) -> None:
    """Print everything. rich is a dependency of the product."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title="Whole processes, medians; × is the ratio to the straightforward script",
        title_justify="left",
    )
    for name in ("VIDEOS", "LATENCY", "WHO"):
        table.add_column(name, justify="left" if name == "WHO" else "right", no_wrap=True)
    for name in ("WALL s", "×", "CPU s", "×", "PEAK MB", "×", "REQUESTS"):
        table.add_column(name, justify="right", no_wrap=True)
    former: tuple[int, int] | None = None
    for line in result.lines:
        case = (line.videos, line.latency)
        if former not in (None, case):
            table.add_section()
        script = result.of(*case, SCRIPT + COLD if line.key.endswith(COLD) else SCRIPT)
        table.add_row(*_cells(line, script, first=case != former))
        former = case
    console = Console(width=None if sys_is_terminal() else 120, highlight=False)
    console.print(table)
    for aim in aims:
        mark, word = ("[green]✓[/]", "holds") if aim.holds else ("[red]✗[/]", "MISSED")
        console.print(f"{mark} {aim.text}: {aim.found} – {word}")
    for trouble in result.troubles:
        console.print(f"! {trouble}", markup=False)


def sys_is_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _cells(line: Line, script: Figures | None, *, first: bool) -> list[str]:
    figures = line.figures
    cells = [f"{line.videos:,}" if line.videos else "", f"{line.latency} ms" if line.videos else ""]
    cells = [*(cells if first else ["", ""]), line.title]
    for value, other, form in (
        (figures.wall, script and script.wall, "{:.2f}"),
        (figures.cpu, script and script.cpu, "{:.2f}"),
        (figures.memory / 1e6, script and script.memory / 1e6, "{:.0f}"),
    ):
        cells += [form.format(value), f"{value / other:.2f}" if other else ""]
    return [*cells, f"{figures.requests:,.0f}" if line.videos else ""]
