"""The counts of one video, or of all of an account, up to an instant or on one day."""

from __future__ import annotations

from typing import NamedTuple


class Counts(NamedTuple):
    """Counts. `gross_likes` ignore withdrawn likes, `likes` do not (facts 2.2)."""

    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    gross_likes: int = 0

    def since(self, former: Counts) -> Counts:
        """Return the gain since `former`; likes may be negative."""
        return Counts(*(now - then for now, then in zip(self, former, strict=True)))


NOTHING = Counts()
