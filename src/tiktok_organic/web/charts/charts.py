"""Charts as SVG, drawn by the server: sharp at every width, readable without JavaScript.

Horizontal positions are percentages and vertical ones pixels, so that a chart stretches with its
column while its letters, dots and strokes keep their size. Lines are in a nested picture that is
stretched as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup, escape

from tiktok_organic.web.charts.chart_axes import (
    FOOT,
    TOP,
    beside_scale,
    date_labels,
    grid_of,
    scale_of,
    svg_chart,
    x_of,
    y_of,
)
from tiktok_organic.web.texts.formatting import Words

__all__ = ["columns", "curves", "hour_columns", "line", "sparkline"]


Points = Sequence[tuple[date, int | None]]


def line(points: Points, words: Words, label: str, height: int = 190) -> Markup:
    """Draw a line over an area that does not begin at zero: for counts that change slowly."""
    known = [value for _, value in points if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high, step = scale_of(min(known), max(known))
    plot = height - TOP - FOOT
    places = [
        (x_of(i, len(points)), y_of(v, low, high, plot), d, v)
        for i, (d, v) in enumerate(points)
        if v is not None
    ]
    path = " ".join(
        f"{'L' if i else 'M'}{x * 10:.1f} {y:.1f}" for i, (x, y, _, _) in enumerate(places)
    )
    area = f"{path} L{places[-1][0] * 10:.1f} {plot} L{places[0][0] * 10:.1f} {plot} Z"
    inner = (
        f'<svg y="{TOP}" width="100%" height="{plot}" viewBox="0 0 1000 {plot}" '
        'preserveAspectRatio="none">'
        f'<path class="area" d="{area}"/><path class="line" d="{path}"/></svg>'
    )
    half = 50 / len(points)
    dots = "".join(
        f'<g class="point" data-tip="{escape(words.day(day))}: {words.number(value)}">'
        f'<rect x="{max(0, x - half):.2f}%" y="0" width="{2 * half:.2f}%" '
        f'height="{height - FOOT}"/>'
        f'<circle cx="{x:.2f}%" cy="{y + TOP:.1f}" r="3.5"/></g>'
        for x, y, day, value in places
    )
    grid, scale = grid_of(low, high, step, plot, words)
    plotted = inner + dots + date_labels([d for d, _ in points], height, words)
    return beside_scale(scale, svg_chart(label, height, grid + plotted), height)


_STATE_WORDS = {
    "provisional": "provisional, TikTok may still correct it",
    "estimated": "divided between two readings",
    "missing": "missing, not read yet",
    "lost": "lost, TikTok no longer has it",
}


def columns(
    points: Points,
    words: Words,
    label: str,
    height: int = 190,
    *,
    states: Mapping[date, str] | None = None,
    posts: Mapping[date, int] | None = None,
) -> Markup:
    """Draw a column for each day.

    `states`: final, provisional, estimated, missing or lost; they look different, and a day without
    a value and state is not counted yet. `posts`: posts published on a day, marked with a dot below
    it.
    """
    if not points:
        return Markup("")
    states, posts = states or {}, posts or {}
    known = [value or 0 for _, value in points]
    low, high, step = scale_of(min(0, *known), max(known))
    plot, count = height - TOP - FOOT, len(points)
    width, drawn = 100 / count, []
    zero = y_of(0, low, high, plot)
    for number, (day, value) in enumerate(points):
        state, posted = states.get(day, ""), posts.get(day, 0)
        tip = escape(_column_tip(day, value, state, posted, words))
        y = y_of(value, low, high, plot) if value is not None else zero - 3.0
        kind = f"bar {state}" if value is not None else f"none {state}"
        drawn.append(
            f'<g class="column" data-tip="{tip}">'
            f'<rect class="hit" x="{number * width:.3f}%" y="0" width="{width:.3f}%" '
            f'height="{height - FOOT}"/>'
            f'<rect class="{escape(kind.strip())}" x="{(number + 0.14) * width:.3f}%" '
            f'y="{min(y, zero) + TOP:.1f}" width="{width * 0.72:.3f}%" '
            f'height="{max(1.0, abs(zero - y)):.1f}" rx="1.5"/>'
            + (_post_mark((number + 0.5) * width, height) if posted else "")
            + "</g>"
        )
    plotted = "".join(drawn) + date_labels([d for d, _ in points], height, words)
    grid, scale = grid_of(low, high, step, plot, words)
    return beside_scale(scale, svg_chart(label, height, grid + plotted), height)


def curves(
    curve: Sequence[tuple[float, float]],
    usual: Sequence[tuple[float, float]],
    words: Words,
    label: str,
    height: int = 220,
) -> Markup:
    """Draw views by age in days: one video, and behind it the median, dashed. Both begin at 0."""
    if len(curve) < 2:
        return Markup("")
    farthest = max(age for age, _ in [*curve, *usual])
    low, high, step = scale_of(0, max(views for _, views in [*curve, *usual]))
    plot = height - TOP - FOOT

    def path(points: Sequence[tuple[float, float]]) -> str:
        steps = []
        for number, (age, views) in enumerate(points):
            x, y = age / farthest * 1000, y_of(views, low, high, plot)
            steps.append(f"{'L' if number else 'M'}{x:.1f} {y:.1f}")
        return " ".join(steps)

    begun = [(0.0, 0.0), *usual] if usual else []
    inner = (
        f'<svg y="{TOP}" width="100%" height="{plot}" viewBox="0 0 1000 {plot}" '
        f'preserveAspectRatio="none"><path class="line usual" d="{path(begun)}"/>'
        f'<path class="line" d="{path(curve)}"/></svg>'
    )
    foot = "".join(
        f'<text x="{share * 100:.0f}%" y="{height - 5}" text-anchor="{anchor}">'
        f"{farthest * share:.0f} days</text>"
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    )
    grid, scale = grid_of(low, high, step, plot, words)
    return beside_scale(scale, svg_chart(label, height, grid + inner + foot), height)


def _column_tip(day: date, value: int | None, state: str, posted: int, words: Words) -> str:
    said = words.number(value) if value is not None else _STATE_WORDS.get(state, "not counted yet")
    if value is not None and state in _STATE_WORDS:
        said = f"{said} ({_STATE_WORDS[state]})"
    published = f"; {posted} {'post' if posted == 1 else 'posts'} published" if posted else ""
    return f"{words.day(day)}: {said}{published}"


def _post_mark(x: float, height: int) -> str:
    return f'<circle class="post" cx="{x:.3f}%" cy="{height - FOOT + 4}" r="2.5"/>'


def hour_columns(
    values: Sequence[tuple[int, float]], words: Words, label: str, height: int = 150
) -> Markup:
    """Draw 24 columns; the best hour is highlighted."""
    if not values:
        return Markup("")
    high = max(value for _, value in values) or 1.0
    plot, drawn = height - TOP - FOOT, []
    for number, (hour, value) in enumerate(values):
        tall = max(1.0, value / high * plot)
        best = " best" if value == high else ""
        drawn.append(
            f'<g class="column" data-tip="{hour:02d}:00: {words.number(value)} followers">'
            f'<rect class="hit" x="{number / 24 * 100:.2f}%" y="0" width="4.16%" '
            f'height="{height - FOOT}"/>'
            f'<rect class="bar{best}" x="{(number + 0.16) / 24 * 100:.2f}%" '
            f'y="{TOP + plot - tall:.1f}" '
            f'width="2.83%" height="{tall:.1f}" rx="1.5"/></g>'
        )
        if hour % 6 == 0:
            drawn.append(
                f'<text x="{(number + 0.16) / 24 * 100:.2f}%" y="{height - 5}">{hour:02d}:00</text>'
            )
    return svg_chart(label, height, "".join(drawn))


def sparkline(values: Sequence[int], label: str) -> Markup:
    """Draw a line without scale; empty if there are too few values."""
    if len(values) < 2:
        return Markup('<span class="spark none" aria-hidden="true"></span>')
    low, high = min(values), max(values)
    rise, step = 22 / ((high - low) or 1), 100 / (len(values) - 1)
    path = "M" + "L".join(
        [f"{i * step:.1f} {26 - (v - low) * rise:.1f}" for i, v in enumerate(values)]
    )
    return Markup(  # noqa: S704 - numbers of ours, and an escaped label
        f'<svg class="spark" role="img" aria-label="{escape(label)}" viewBox="0 0 100 28" '
        'preserveAspectRatio="none">'
        f'<path class="area" d="{path} L100 28 L0 28 Z"/><path class="line" d="{path}"/></svg>'
    )
