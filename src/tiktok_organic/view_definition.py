"""A view as data: its name, its columns, and a query for each engine.

The contract for queries is docs/models.yaml; tests compare the views with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tiktok_organic.table_definition import Column

__all__ = ["Engine", "View"]

Engine = Literal["duckdb", "postgres", "bigquery"]


@dataclass(frozen=True)
class View:
    """One view of a dataset.

    `query(engine, target)` returns its SELECT; `target(name)` is the quoted, qualified name of a
    table or view of the dataset. In every list, a view comes after the views that it reads.
    `source`: everything that the query is built from; with it, a change of the view is noticed
    without building the query.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    query: Callable[[Engine, Callable[[str], str]], str]
    source: str = ""
