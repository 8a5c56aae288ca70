"""The views of a dataset with their queries: one text per view; macros hide the dialects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.history.views.view_columns import DECLARED, READS
from tiktok_organic.history.when_columns_are_filled import facts
from tiktok_organic.reports import REPORTS
from tiktok_organic.view_definition import Engine, View

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["DEFAULT_LAG_HOURS", "views"]

_SQL = Path(__file__).with_name("sql")

DEFAULT_LAG_HOURS = 36
"""Hours that the views assume while the counting delay cannot be measured.

TikTok documents 24 to 48 hours (1762228421622786); the middle has the smallest error.
"""


def views(timezone: str, reports: Collection[str] = tuple(REPORTS)) -> tuple[View, ...]:
    """Return the views that read only `reports` of the four tables.

    `timezone`: the connector's local time (an IANA name).
    """
    return tuple(
        View(
            view.name,
            view.about,
            view.columns,
            partial(_query, view.name, timezone),
            source=f"{view.name} {timezone} {_source()}",
        )
        for view in DECLARED
        if READS[view.name].issubset(reports)
    )


@cache
def _source() -> str:
    """Return a digest of everything that the queries are built from, except their arguments."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_SQL.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    known = [facts(report) for report in REPORTS]
    digest.update(f"{DEFAULT_LAG_HOURS} {known}".encode())
    return digest.hexdigest()


def _query(name: str, timezone: str, engine: Engine, target: Callable[[str], str]) -> str:
    template = _templates().get_template(f"{name}.sql")
    return template.render(
        dialect=engine,
        table=target,
        timezone=timezone.replace("'", "''"),
        default_lag_us=DEFAULT_LAG_HOURS * 3_600_000_000,
        facts={report: facts(report) for report in REPORTS},
    ).strip()


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(  # noqa: S701 - SQL, not HTML; every name comes quoted by `target`
        loader=FileSystemLoader(_SQL),
        undefined=StrictUndefined,
    )
