"""When a post was not public: removed, hidden, and perhaps restored."""

from __future__ import annotations

from dataclasses import dataclass, replace

REMOVED = "removed"
HIDDEN = "hidden"


@dataclass(frozen=True)
class Absence:
    """An absence from `start` until `end` (unix seconds; None: permanent).

    A removed post gains nothing during it; a hidden one is seen by friends and gains as before.
    """

    kind: str
    start: float
    end: float | None = None

    def covers(self, instant: float) -> bool:
        """Whether the post is away at `instant`."""
        return self.start <= instant and (self.end is None or instant < self.end)


class Absences:
    """The absences of one account's posts by serial number. Replaced, never changed in place."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[Absence, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, serial: int) -> tuple[Absence, ...]:
        """The absences of one post, oldest first."""
        return self._of.get(serial, ())

    def is_away(self, serial: int, instant: float) -> bool:
        """Whether the post is removed or hidden at `instant`."""
        return any(absence.covers(instant) for absence in self._of.get(serial, ()))

    def begin(self, serial: int, kind: str, instant: float) -> bool:
        """Begin an absence at `instant`; False if the post is already absent."""
        if self.is_away(serial, instant):
            return False
        self._of = {**self._of, serial: (*self.of(serial), Absence(kind, instant))}
        return True

    def end(self, serial: int, instant: float) -> bool:
        """End an absence at `instant`; False if the post is not absent then."""
        former = self.of(serial)
        if not self.is_away(serial, instant):
            return False
        ended = tuple(
            replace(absence, end=instant) if absence.covers(instant) else absence
            for absence in former
        )
        self._of = {**self._of, serial: ended}
        return True

    def away(self, instant: float) -> set[int]:
        """Return the serial numbers of every post that is absent at `instant`."""
        return {serial for serial in self._of if self.is_away(serial, instant)}
