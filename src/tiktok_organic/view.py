"""A view, written once, as data: its name, its columns, and a query for each engine.

The contract with everyone who queries is docs/models.yaml; tests hold the views against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tiktok_organic.table import Column

__all__ = ["Engine", "View"]

Engine = Literal["duckdb", "postgres", "bigquery"]


@dataclass(frozen=True)
class View:
    """One view of a dataset.

    `query(engine, target)` returns its SELECT; `target(name)` is the quoted, qualified name of a
    table or view of the dataset. A view that reads other views stands behind them in every list.
    `source`: all that the query is made from; where it is given, a change of the view is noticed
    without making the query.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    query: Callable[[Engine, Callable[[str], str]], str]
    source: str = ""
