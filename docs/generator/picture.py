"""`demo.svg`: the output of the demo, drawn by rich.

Time and data are fixed, so that the picture is always the same.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from unittest import mock

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from generator.demo_home import demo
from tiktok_organic.cli.output.demo_output import show_arrived

WIDTH = 112

_COLOURS = [
    (16, 20, 30),
    (240, 98, 113),
    (120, 200, 120),
    (230, 190, 90),
    (100, 150, 240),
    (236, 110, 170),
    (70, 200, 215),
    (222, 226, 233),
]
_THEME = TerminalTheme(_COLOURS[0], _COLOURS[-1], _COLOURS, _COLOURS)
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- Made by `make docs` from the real output of `tiktok-organic demo`. -->
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def page() -> str:
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(printed().strip("\n")), soft_wrap=False)
    return console.export_svg(
        title="tiktok-organic demo", theme=_THEME, code_format=_SVG, unique_id="demo"
    )


def printed() -> str:
    """Return the demo's output with colours, without what differs from run to run."""
    lived = demo()
    with _terminal() as output:
        show_arrived(lived.connector, lived.lived, lived.rows, lived.results)
    return output.getvalue().partition("\nThe DuckDB file:")[0]


@contextmanager
def _terminal() -> Iterator[io.StringIO]:
    """Make standard output a terminal with colours."""
    output = _Terminal()
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")
    }
    seen = {
        **clean,
        "COLUMNS": str(WIDTH),
        "LINES": "40",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    with mock.patch.dict(os.environ, seen, clear=True), redirect_stdout(output):
        yield output
