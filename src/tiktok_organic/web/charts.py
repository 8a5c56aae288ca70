"""Charts as SVG, drawn by the server: sharp at every width, readable without JavaScript.

Horizontal places are percentages and vertical ones pixels, so that a chart stretches with its column while its
letters, dots and strokes keep their size. Lines live in a nested picture that is stretched as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup, escape

from tiktok_organic.web.words import Words

__all__ = ["columns", "hour_columns", "line", "sparkline"]

Points = Sequence[tuple[date, int | None]]

_TOP = 14
_FOOT = 22


def line(points: Points, words: Words, label: str, height: int = 190) -> Markup:
    """A line over an area that does not begin at zero: for counts that move slowly."""
    known = [value for _, value in points if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high, step = _scale(min(known), max(known))
    plot = height - _TOP - _FOOT
    places = [
        (_x(i, len(points)), _y(v, low, high, plot), d, v)
        for i, (d, v) in enumerate(points)
        if v is not None
    ]
    path = " ".join(
        f"{'L' if i else 'M'}{x * 10:.1f} {y:.1f}" for i, (x, y, _, _) in enumerate(places)
    )
    area = f"{path} L{places[-1][0] * 10:.1f} {plot} L{places[0][0] * 10:.1f} {plot} Z"
    inner = (
        f'<svg y="{_TOP}" width="100%" height="{plot}" viewBox="0 0 1000 {plot}" preserveAspectRatio="none">'
        f'<path class="area" d="{area}"/><path class="line" d="{path}"/></svg>'
    )
    half = 50 / len(points)
    dots = "".join(
        f'<g class="point" data-tip="{escape(words.day(day))}: {words.number(value)}">'
        f'<rect x="{max(0, x - half):.2f}%" y="0" width="{2 * half:.2f}%" height="{height - _FOOT}"/>'
        f'<circle cx="{x:.2f}%" cy="{y + _TOP:.1f}" r="3.5"/></g>'
        for x, y, day, value in places
    )
    grid, scale = _grid(low, high, step, plot, words)
    plotted = inner + dots + _dates([d for d, _ in points], height, words)
    return _beside_scale(scale, _chart(label, height, grid + plotted), height)


def columns(points: Points, words: Words, label: str, height: int = 190) -> Markup:
    """A column for each day; a day without a value yet is hatched."""
    if not points:
        return Markup("")
    low, high, step = _scale(0, max([value or 0 for _, value in points]))
    plot, count = height - _TOP - _FOOT, len(points)
    width, drawn = 100 / count, []
    for number, (day, value) in enumerate(points):
        tip = f"{escape(words.day(day))}: {words.number(value) if value is not None else 'not there yet'}"
        y = _y(value, low, high, plot) if value is not None else plot - 3.0
        drawn.append(
            f'<g class="column" data-tip="{tip}">'
            f'<rect class="hit" x="{number * width:.3f}%" y="0" width="{width:.3f}%" height="{height - _FOOT}"/>'
            f'<rect class="{"bar" if value is not None else "none"}" x="{(number + 0.14) * width:.3f}%" '
            f'y="{y + _TOP:.1f}" width="{width * 0.72:.3f}%" height="{max(1.0, plot - y):.1f}" rx="1.5"/></g>'
        )
    plotted = "".join(drawn) + _dates([d for d, _ in points], height, words)
    grid, scale = _grid(low, high, step, plot, words)
    return _beside_scale(scale, _chart(label, height, grid + plotted), height)


def hour_columns(
    values: Sequence[tuple[int, float]], words: Words, label: str, height: int = 150
) -> Markup:
    """24 columns; the best hour stands out."""
    if not values:
        return Markup("")
    high = max(value for _, value in values) or 1.0
    plot, drawn = height - _TOP - _FOOT, []
    for number, (hour, value) in enumerate(values):
        tall = max(1.0, value / high * plot)
        best = " best" if value == high else ""
        drawn.append(
            f'<g class="column" data-tip="{hour:02d}:00: {words.number(value)} followers">'
            f'<rect class="hit" x="{number / 24 * 100:.2f}%" y="0" width="4.16%" height="{height - _FOOT}"/>'
            f'<rect class="bar{best}" x="{(number + 0.16) / 24 * 100:.2f}%" y="{_TOP + plot - tall:.1f}" '
            f'width="2.83%" height="{tall:.1f}" rx="1.5"/></g>'
        )
        if hour % 6 == 0:
            drawn.append(
                f'<text x="{(number + 0.16) / 24 * 100:.2f}%" y="{height - 5}">{hour:02d}:00</text>'
            )
    return _chart(label, height, "".join(drawn))


def sparkline(values: Sequence[int], label: str) -> Markup:
    """A line without scale; empty when there is too little to draw."""
    if len(values) < 2:
        return Markup('<span class="spark none" aria-hidden="true"></span>')
    low, high = min(values), max(values)
    rise, step = 22 / ((high - low) or 1), 100 / (len(values) - 1)
    path = "M" + "L".join(
        [f"{i * step:.1f} {26 - (v - low) * rise:.1f}" for i, v in enumerate(values)]
    )
    return Markup(  # noqa: S704 - numbers of ours, and an escaped label
        f'<svg class="spark" role="img" aria-label="{escape(label)}" viewBox="0 0 100 28" preserveAspectRatio="none">'
        f'<path class="area" d="{path} L100 28 L0 28 Z"/><path class="line" d="{path}"/></svg>'
    )


def _chart(label: str, height: int, body: str) -> Markup:
    return Markup(  # noqa: S704 - drawn above from numbers; every text is escaped there
        f'<svg class="chart" role="img" aria-label="{escape(label)}" width="100%" height="{height}">{body}</svg>'
    )


def _x(number: int, count: int) -> float:
    return number / (count - 1) * 100 if count > 1 else 50.0


def _y(value: float, low: float, high: float, plot: int) -> float:
    return plot - (value - low) / ((high - low) or 1) * plot


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Round ends, and a step of 1, 2, 2.5 or 5 times a power of ten that gives three or four lines."""
    spread = max(high - low, abs(high) * 0.002, 1)
    rough = spread / 3
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    step = max(1.0, step)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step, step


def _grid(low: float, high: float, step: float, plot: int, words: Words) -> tuple[str, str]:
    """The lines, and their numbers for the gutter beside the chart: none lies under a bar."""
    lines, numbers, value = [], [], low
    while value <= high + step / 2:
        y = _y(value, low, high, plot) + _TOP
        lines.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        if value > low:
            numbers.append(f'<text x="0" y="{y + 4:.1f}">{words.short(value)}</text>')
        value += step
    return "".join(lines), "".join(numbers)


def _beside_scale(scale: str, chart: Markup, height: int) -> Markup:
    """A chart with its numbers at the left."""
    numbers = f'<svg class="scale" aria-hidden="true" height="{height}">{scale}</svg>'
    return Markup(f'<div class="scaled">{numbers}{chart}</div>')  # noqa: S704 - numbers of ours


def _dates(days: Sequence[date], height: int, words: Words) -> str:
    """First, last and about two between."""
    count = len(days)
    wanted = sorted({0, count // 3, 2 * count // 3, count - 1})
    texts = []
    for number in wanted:
        anchor = "start" if number == 0 else "end" if number == count - 1 else "middle"
        place = f'x="{_x(number, count):.1f}%" y="{height - 5}" text-anchor="{anchor}"'
        texts.append(f"<text {place}>{words.day(days[number])}</text>")
    return "".join(texts)
