"""What this process knows of datasets in BigQuery, so that a sync does not request it again.

Remembered after a successful load; forgotten when BigQuery refuses a statement, or when we drop
something.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tiktok_organic.table import Table
from tiktok_organic.warehouse.remembered_rows import RowMemory

__all__ = ["Known", "Memory", "Place", "memory"]


@dataclass(frozen=True)
class Place:
    """A dataset: the server, the project, the dataset's id."""

    server: str
    project: str
    dataset: str


@dataclass(frozen=True)
class Known:
    """The known objects of a dataset.

    `tables`: those that have all our columns, with the stored order of columns and the time of
    creation. `views`: versions of the existing views. `invalid`: by version, why BigQuery rejects a
    view's query. `foreign`: by name, why a table is a user's own; each load looks at it again.
    """

    location: str
    tables: Mapping[Table, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    views: frozenset[str] = frozenset()
    foreign: Mapping[str, str] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)

    def has(self, tables: Iterable[Table]) -> bool:
        return all(table in self.tables or table.name in self.foreign for table in tables)


class Memory:
    """Known datasets; used by several threads."""

    def __init__(self) -> None:
        self.rows = RowMemory()
        self._known: dict[Place, Known] = {}
        self._guard = threading.Lock()

    def get(self, place: Place) -> Known | None:
        with self._guard:
            return self._known.get(place)

    def put(self, place: Place, known: Known) -> None:
        with self._guard:
            self._known[place] = known

    def forget(self, place: Place) -> None:
        self.rows.forget(place)
        with self._guard:
            self._known.pop(place, None)

    def forget_all(self) -> None:
        self.rows.forget_all()
        with self._guard:
            self._known.clear()


memory = Memory()
