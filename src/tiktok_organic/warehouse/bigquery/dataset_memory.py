"""What this process knows of datasets in BigQuery, so that a sync does not request it again.

Remembered after a successful load; forgotten when BigQuery refuses a statement, or when we drop
something.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.remembered_rows import RememberedRows, RowMemory

__all__ = ["DatasetMemory", "Known", "Memory", "Place", "memory"]


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


class DatasetMemory:
    """What this process knows of the dataset at `place`, for an address with that location."""

    def __init__(self, place: Place, location: str | None) -> None:
        self._place = place
        self._location = location

    def known(self) -> Known | None:
        """Return what this process knows of the dataset.

        None if it knows nothing, or if it does not fit the address.
        """
        found = memory.get(self._place)
        wanted = self._location
        return found if found and wanted in (None, found.location) else None

    def remember(self, known: Known) -> None:
        """Add found objects to the memory."""
        former = memory.get(self._place)
        # A dataset that exists in another location was created again, and its tables are others.
        if former is not None and former.location == known.location:
            tables = {**former.tables, **known.tables}
            known = Known(
                known.location,
                tables,
                former.views | known.views,
                known.foreign,
                {**former.invalid, **known.invalid},
            )
        memory.put(self._place, known)

    def remembered_rows(self, run: str | None) -> RememberedRows | None:
        """The rows that the load of this run left in the dataset, where this process did it."""
        found = memory.rows.get(self._place) if run is not None and self.known() else None
        # Of another run, they are outdated: another process has loaded since then.
        return found if found is not None and found.run == run else None

    def remember_rows(self, rows: RememberedRows | None) -> None:
        """Remember what the dataset holds from now on; None when that is not known."""
        if rows is None:
            memory.rows.forget(self._place)
        else:
            memory.rows.put(self._place, rows)

    def forget(self) -> None:
        """Forget everything, so that the next use looks it up."""
        memory.forget(self._place)
