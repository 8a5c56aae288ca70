"""Pseudo-random numbers that are the same in every process: a digest of a seed and a name."""

from __future__ import annotations

from hashlib import blake2b
from struct import unpack

_RANGE = float(2**32)


class Dice:
    """Sixteen independent throws, fixed by `seed` and `name` alone."""

    __slots__ = ("_numbers",)

    def __init__(self, seed: int, *name: object) -> None:
        text = "\x1f".join([str(seed), *map(str, name)])
        self._numbers: tuple[int, ...] = unpack(
            "<16I", blake2b(text.encode(), digest_size=64).digest()
        )

    def whole(self, throw: int) -> int:
        """An integer from 0 to 2**32 - 1; `throw` counts from 0 to 15."""
        return self._numbers[throw]

    def fraction(self, throw: int) -> float:
        """A float from 0 inclusive to 1 exclusive."""
        return self._numbers[throw] / _RANGE

    def between(self, throw: int, low: float, high: float) -> float:
        """A float from `low` to `high`."""
        return low + (high - low) * self.fraction(throw)

    def hex(self, digits: int = 32) -> str:
        """Lower-case hexadecimal digits, at most 128."""
        return "".join(f"{number:08x}" for number in self._numbers)[:digits]


class Blend:
    """A slow change from the throws of one to those of another; `part` of it has passed."""

    __slots__ = ("_after", "_before", "_part")

    def __init__(self, before: Dice, after: Dice, part: float) -> None:
        self._before = before
        self._after = after
        self._part = part

    def between(self, throw: int, low: float, high: float) -> float:
        """A float from `low` to `high`."""
        before = self._before.between(throw, low, high)
        return before + (self._after.between(throw, low, high) - before) * self._part


def drifting(seed: int, key: str, name: str, day: int, period: int) -> Blend:
    """Throws that change from day to day, to independent ones within `period` days."""
    block, passed = divmod(day, period)
    return Blend(Dice(seed, key, name, block), Dice(seed, key, name, block + 1), passed / period)
