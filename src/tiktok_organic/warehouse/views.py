"""The views that a load creates or replaces, and the names that are not ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tiktok_organic.view_definition import Engine, View

__all__ = ["Definition", "Found", "Plan", "is_ours", "plan"]

_MARK = re.compile(r"Made by tiktok-organic, version [0-9a-f]{16}\.$")


@dataclass(frozen=True)
class Definition:
    """A view in the dialect of one engine.

    `comment` ends with our mark, `version` is a digest of everything that the query and the
    comments are built from.
    """

    view: View
    engine: Engine
    target: Callable[[str], str]

    @cached_property
    def query(self) -> str:
        """The SELECT.

        A template engine builds it, which costs more than the rest of a small load.
        """
        return self.view.query(self.engine, self.target)

    @cached_property
    def version(self) -> str:
        """Equal if the stored view need not be replaced."""
        source = [self.view.source, self.engine, self.target(self.view.name)]
        # The source instead of the query, because building the query is expensive (see `query`).
        made_from = source if self.view.source else [self.query]
        abouts = [self.view.about, *(column.about for column in self.view.columns)]
        text = "\0".join([*made_from, *abouts])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the tables and views that the query reads."""
        names: set[str] = set()

        def target(name: str) -> str:
            names.add(name)
            return name

        self.view.query(self.engine, target)
        return frozenset(names)

    @property
    def comment(self) -> str:
        return f"{self.view.about} Made by tiktok-organic, version {self.version}."


@dataclass(frozen=True)
class Found:
    """An object with a name in the dataset.

    `mark`: the comment or its substitute, None without one.
    """

    is_view: bool
    mark: str | None


@dataclass(frozen=True)
class Plan:
    """The views to create.

    `make`: in the given order. `refused`: by name, why the view cannot be created.
    """

    make: tuple[Definition, ...]
    refused: Mapping[str, str]


def is_ours(comment: str | None) -> bool:
    """Whether the comment of a view has our mark."""
    return bool(comment and _MARK.search(comment))


def plan(
    wanted: Iterable[Definition], found: Mapping[str, Found], foreign: Collection[str] = ()
) -> Plan:
    """Decide which views to create, given the objects that have their names.

    `foreign`: a user's own tables. A view that reads one, or a refused view, is refused too: it
    would fail, or show the user's rows as ours.
    """
    make: list[Definition] = []
    refused: dict[str, str] = {}
    for one in wanted:
        there = found.get(one.view.name)
        closed = {*foreign, *refused}
        blocked = sorted(closed.intersection(one.reads)) if closed else []
        if there is not None and not (there.is_view and is_ours(there.mark)):
            kind = "view" if there.is_view else "table"
            refused[one.view.name] = (
                f"a {kind} of that name exists that tiktok-organic did not make"
            )
        elif blocked:
            refused[one.view.name] = f"it reads {', '.join(blocked)}, which is not ours"
        elif there is None or there.mark != one.comment:
            make.append(one)
    return Plan(tuple(make), refused)
