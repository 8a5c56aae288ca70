"""The axes of charts: scale, grid and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup, escape

from tiktok_organic.web.texts.formatting import Words

__all__ = [
    "FOOT",
    "TOP",
    "beside_scale",
    "date_labels",
    "grid_of",
    "scale_of",
    "svg_chart",
    "x_of",
    "y_of",
]


TOP = 14


FOOT = 22


def svg_chart(label: str, height: int, body: str) -> Markup:
    return Markup(  # noqa: S704 - drawn above from numbers; every text is escaped there
        f'<svg class="chart" role="img" aria-label="{escape(label)}" width="100%" '
        f'height="{height}">{body}</svg>'
    )


def x_of(number: int, count: int) -> float:
    return number / (count - 1) * 100 if count > 1 else 50.0


def y_of(value: float, low: float, high: float, plot: int) -> float:
    return plot - (value - low) / ((high - low) or 1) * plot


def scale_of(low: float, high: float) -> tuple[float, float, float]:
    """Return round ends and a step that gives three or four grid lines.

    The step is 1, 2, 2.5 or 5 times a power of ten.
    """
    spread = max(high - low, abs(high) * 0.002, 1)
    rough = spread / 3
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    step = max(1.0, step)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step, step


def grid_of(low: float, high: float, step: float, plot: int, words: Words) -> tuple[str, str]:
    """Draw the grid lines, and their numbers beside the chart, so that no bar covers them."""
    lines, numbers, value = [], [], low
    while value <= high + step / 2:
        y = y_of(value, low, high, plot) + TOP
        lines.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        if value > low:
            numbers.append(f'<text x="0" y="{y + 4:.1f}">{words.short(value)}</text>')
        value += step
    return "".join(lines), "".join(numbers)


def beside_scale(scale: str, chart: Markup, height: int) -> Markup:
    """Draw a chart with its numbers at the left."""
    numbers = f'<svg class="scale" aria-hidden="true" height="{height}">{scale}</svg>'
    return Markup(f'<div class="scaled">{numbers}{chart}</div>')  # noqa: S704 - numbers of ours


def date_labels(days: Sequence[date], height: int, words: Words) -> str:
    """Return the first, the last and about two dates in between."""
    count = len(days)
    wanted = sorted({0, count // 3, 2 * count // 3, count - 1})
    texts = []
    for number in wanted:
        anchor = "start" if number == 0 else "end" if number == count - 1 else "middle"
        place = f'x="{x_of(number, count):.1f}%" y="{height - 5}" text-anchor="{anchor}"'
        texts.append(f"<text {place}>{words.day(days[number])}</text>")
    return "".join(texts)
