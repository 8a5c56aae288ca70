"""The true counters of one account: of each video at any instant, and of all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.absences import REMOVED
from tiktok_organic.simulator.accounts.counts import NOTHING, Counts
from tiktok_organic.simulator.accounts.curve import Curve, invent_curve
from tiktok_organic.simulator.accounts.rhythm import DAY, TRACKS, Rhythm, rhythm
from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.accounts.posts import Post

# Lifetime counters stop this long after publishing (facts 3.2), and so does the video.
FROZEN_AFTER_DAYS = 365


class _Entry:
    """One video: its curve, its line of days, and where it began on it."""

    __slots__ = ("begin", "create", "curve", "ends", "frozen", "line")

    def __init__(self, account: Account, post: Post) -> None:
        dice = Dice(account.seed, account.key, "track", post.serial)
        self.curve: Curve = invent_curve(account, post.serial, account.is_ad(post))
        self.line: Rhythm = rhythm(account.seed, dice.whole(0) % TRACKS)
        self.create = float(post.create_time)
        self.ends = self.create + FROZEN_AFTER_DAYS * DAY
        self.begin = self.line.at(self.create)
        self.frozen: Counts | None = None


class Ledger:
    """The counters of one account: `day` is exactly the difference of two sums.

    Sums over all posts are cached by instant until the posts change.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._entries: dict[int, _Entry] = {}
        self._sums: dict[float, Counts] = {}
        self._version = -1

    def at(self, post: Post, instant: float) -> Counts:
        """The true counters of one video at `instant` (unix seconds)."""
        entry = self._entry(post)
        if instant <= entry.create:
            return NOTHING
        if not self._account.posts.absences.of(post.serial):
            return self._undisturbed(entry, instant)
        return entry.curve.at(self._activity(entry, post, min(instant, entry.ends)))

    def _undisturbed(self, entry: _Entry, instant: float) -> Counts:
        if instant < entry.ends:
            return entry.curve.at(entry.line.at(instant) - entry.begin)
        if entry.frozen is None:
            entry.frozen = entry.curve.at(entry.line.at(entry.ends) - entry.begin)
        return entry.frozen

    def _activity(self, entry: _Entry, post: Post, instant: float) -> float:
        """The activity since publication, without that while the video was removed."""
        passed = entry.line.at(instant) - entry.begin
        for absence in self._account.posts.absences.of(post.serial):
            if absence.kind == REMOVED and absence.start < instant:
                end = instant if absence.end is None else min(instant, absence.end)
                passed -= entry.line.at(end) - entry.line.at(absence.start)
        return passed

    def day(self, post: Post, day: int) -> Counts:
        """Return the gain of one video on the UTC day `day` (unix days)."""
        return self.at(post, (day + 1) * DAY).since(self.at(post, day * DAY))

    def sum_at(self, instant: float) -> Counts:
        """The true counters of every video ever published, removed and hidden ones included."""
        version = self._account.posts.version
        if version != self._version:
            self._sums, self._version = {}, version
        known = self._sums.get(instant)
        if known is None:
            posts = self._account.posts.published_before(instant)
            columns = zip(*(self.at(post, instant) for post in posts), strict=True)
            known = self._sums[instant] = Counts(*map(sum, columns)) if posts else NOTHING
        return known

    def sum_of_day(self, day: int) -> Counts:
        """Return the gain of all videos on the UTC day `day` (unix days)."""
        return self.sum_at((day + 1) * DAY).since(self.sum_at(day * DAY))

    def _entry(self, post: Post) -> _Entry:
        entry = self._entries.get(post.serial)
        if entry is None:
            entry = self._entries[post.serial] = _Entry(self._account, post)
        return entry
