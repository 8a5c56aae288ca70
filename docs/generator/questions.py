"""`questions.md`: the questions and queries of questions.yaml, with their results in the demo."""

from __future__ import annotations

import textwrap
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from generator import markdown
from generator.demo_home import demo
from generator.markdown import link, table

INTRODUCTION = """
Twenty questions of marketers and analysts, each with a query, its result after
`tiktok-organic demo` (on 2026-11-23), and its limits. The queries read the
[history tables and views](history.md), need no window or JSON functions, and run on DuckDB,
PostgreSQL and BigQuery. A test compares each answer with the true values of the simulator; they
agree within 1 %.

For your own data, replace `{dataset}` with the name of your dataset. The last day of `video_daily`
is still being counted, so the queries exclude it. The dates of TikTok's days are UTC; local times
are in the connector's time zone.
"""

_NOT_RUN = "<!-- not run: the demo has one account; test_docs_examples.py runs it with two -->\n"
_SHOWN_ROWS = 8
_SHOWN_LETTERS = 44
_FILE = Path(__file__).parents[1] / "questions.yaml"


def questions() -> list[dict[str, str]]:
    """The questions in the order of the page."""
    found: list[dict[str, str]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return found


def page() -> str:
    """Return the page."""
    lived = demo()
    names = {"dataset": lived.connector.dataset, "other": lived.other.dataset}
    asked = questions()
    contents = "\n".join(f"- [{one['ask']}]({link(one['ask'])})" for one in asked)
    with duckdb.connect(str(lived.database), read_only=True) as warehouse:
        warehouse.execute("SET TimeZone = 'UTC'")
        parts = [_section(one, names, warehouse) for one in asked]
    return markdown.page("Questions", INTRODUCTION.format(**names), contents, *parts)


def _section(
    question: dict[str, str], names: dict[str, str], warehouse: duckdb.DuckDBPyConnection
) -> str:
    query = question["query"].format(**names).strip()
    found = warehouse.sql(query).to_arrow_table()
    rows = found.to_pylist()
    shown = [[_cell(row[name]) for name in found.column_names] for row in rows[:_SHOWN_ROWS]]
    more = len(rows) - len(shown)
    return "\n\n".join(
        part
        for part in (
            f"## {question['ask']}",
            f"{_NOT_RUN if '{other}' in question['query'] else ''}```sql\n{query};\n```",
            table(found.column_names, shown),
            f"… and {more} more rows." if more else "",
            textwrap.fill(f"**Limits:** {question['unsaid']}", 116),
        )
        if part
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    text = " ".join(str(value).split())
    short = text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"
    return _plain(short)


def _plain(text: str) -> str:
    """Escape Markdown and HTML."""
    for sign in "\\`*_<>[]#":
        text = text.replace(sign, f"\\{sign}")
    return text
