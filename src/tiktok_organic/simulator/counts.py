"""What one video, or all of an account, was given up to an instant or on one day."""

from __future__ import annotations

from typing import NamedTuple


class Counts(NamedTuple):
    """`gross_likes` ignore that people take a like back, `likes` do not (facts 2.2)."""

    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    gross_likes: int = 0

    def since(self, former: Counts) -> Counts:
        """What was gained after `former`; likes may be negative."""
        return Counts(*(now - then for now, then in zip(self, former, strict=True)))


NOTHING = Counts()
