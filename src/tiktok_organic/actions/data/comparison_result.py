"""The result of comparing two figures that should be equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

__all__ = ["DAY", "Comparison", "Row", "Verdict"]


Row = Mapping[str, Any]

DAY = timedelta(days=1)


class Verdict(StrEnum):
    """The result of a comparison."""

    EQUAL = "equal"
    """The two are equal; views within 1 %."""
    EXPLAINED = "explained"
    """They differ, and the data explains why."""
    FLAGGED = "flagged"
    """They differ without an explanation, or data is missing."""
    NOT_COMPARABLE = "not_comparable"
    """One side is missing."""


@dataclass(frozen=True)
class Comparison:
    """Two figures that should be equal. `parts`: the same by sync or by day, if requested."""

    first: int | None
    second: int | None
    verdict: Verdict
    explanation: str
    start: str | None = None
    end: str | None = None
    parts: tuple[Mapping[str, Any], ...] = ()

    @property
    def difference(self) -> int | None:
        return None if self.first is None or self.second is None else self.first - self.second

    def document(self, first: str, second: str, parts: str) -> dict[str, Any]:
        """Return the JSON document, with the two figures and the parts under these names."""
        found = asdict(self)
        return {
            "from": found["start"],
            "to": found["end"],
            first: self.first,
            second: self.second,
            "difference": self.difference,
            "verdict": str(self.verdict),
            "explanation": self.explanation,
            parts: [dict(part) for part in self.parts],
        }
