"""The posts of an account: a sorted list of instants, fast for tens of thousands of posts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from random import Random
from threading import RLock
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.absences import REMOVED, Absences
from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

_SECOND = 1000
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Post:
    """`position` is the instant of publishing in unix ms, unique within its account.

    The rest feeds the dice.
    """

    position: int
    serial: int
    seed: int
    key: str

    @property
    def create_time(self) -> int:
        """Unix seconds UTC."""
        return self.position // _SECOND

    @property
    def item_id(self) -> str:
        """TikTok's id: its upper 32 bits are about the second of creation (facts 3.3)."""
        return str(self.create_time << 32 | Dice(self.seed, self.key, "id", self.serial).whole(0))


class Posts:
    """The posts of one account, oldest first; those removed or hidden too, which no page lists.

    TikTok's cursor means "older than this many ms" while `create_time` counts seconds. Posts of
    one second therefore get distinct milliseconds here, so that a walk by the server's own cursor
    never loses one of them; a second holds at most 1000 posts.

    `version` changes with every publication, removal and return.
    """

    def __init__(
        self, seed: int, key: str, create_times: Iterable[int], now: Callable[[], datetime]
    ) -> None:
        self._seed = seed
        self._key = key
        self._now = now
        self._lock = RLock()
        self._positions: list[int] = []
        self._posts: list[Post] = []
        self._by_id: dict[str, Post] | None = None
        self.absences = Absences()
        self.version = 0
        for serial, second in enumerate(sorted(create_times)):
            position = self._free_position(len(self._positions), second)
            self._positions.append(position)
            self._posts.append(Post(position, serial, seed, key))
        self._next_serial = len(self._positions)

    def _free_position(self, end: int, second: int) -> int:
        """The first free millisecond of `second`, before the post of index `end`."""
        position = second * _SECOND
        if end and self._positions[end - 1] >= position:
            position = self._positions[end - 1] + 1
        if position // _SECOND != second:
            raise ValueError("a second holds at most 1000 posts")
        return position

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Post]:
        return iter(self._posts)

    def _away(self) -> set[int]:
        return self.absences.away(self._now().timestamp()) if self.absences else set()

    def listed(self, before: int) -> list[Post]:
        """The public posts strictly older than `before` (unix ms), oldest first."""
        away, older = self._away(), self._posts[: bisect_left(self._positions, before)]
        return [post for post in older if post.serial not in away] if away else older

    def published_before(self, instant: float) -> list[Post]:
        """Every post published before `instant` (unix seconds), away or not, oldest first."""
        return self._posts[: bisect_left(self._positions, instant * _SECOND)]

    def count(self, before: int) -> int:
        """How many public posts are strictly older than `before` (unix ms)."""
        if not self.absences:
            return bisect_left(self._positions, before)
        return len(self.listed(before))

    def page(self, before: int, size: int) -> list[Post]:
        """At most `size` public posts strictly older than `before` (unix ms), newest first."""
        away = self._away()
        found: list[Post] = []
        for index in range(bisect_left(self._positions, before) - 1, -1, -1):
            if len(found) == size:
                break
            if self._posts[index].serial not in away:
                found.append(self._posts[index])
        return found

    def newer(self, than: int) -> Post | None:
        """The oldest public post at or after `than` (unix ms)."""
        away = self._away()
        later = self._posts[bisect_left(self._positions, than) :]
        return next((post for post in later if post.serial not in away), None)

    def known(self, item_id: str) -> Post | None:
        """Return the post of that id, whatever its state."""
        with self._lock:
            if self._by_id is None:
                self._by_id = {post.item_id: post for post in self._posts}
            return self._by_id.get(item_id)

    def find(self, item_id: str, before: int) -> Post | None:
        """The public post of that id when it was published before `before` (unix ms)."""
        post = self.known(item_id)
        if post is None or post.position >= before or post.serial in self._away():
            return None
        return post

    def add(self, create_time: int) -> Post:
        """Publish one more post at `create_time` (unix seconds), in the past or in the future."""
        with self._lock:
            end = bisect_left(self._positions, (create_time + 1) * _SECOND)
            position = self._free_position(end, create_time)
            post = Post(position, self._next_serial, self._seed, self._key)
            self._next_serial += 1
            # New lists rather than inserts: a page that another thread is reading stays whole.
            self._posts = [*self._posts[:end], post, *self._posts[end:]]
            self._positions = [*self._positions[:end], position, *self._positions[end:]]
            self._by_id = None
            self.version += 1
            return post

    def remove(self, item_id: str, at: datetime | None = None, kind: str = REMOVED) -> bool:
        """Remove a post at `at` (default: now); False if no such post is public then.

        `kind` is "removed" (it gains nothing any more) or "hidden" (it continues to gain).
        """
        return self._change(
            item_id, at, lambda serial, second: self.absences.begin(serial, kind, second)
        )

    def bring_back(self, item_id: str, at: datetime | None = None) -> bool:
        """Restore a removed or hidden post at `at` (default: now); False if it is not absent."""
        return self._change(item_id, at, self.absences.end)

    def _change(
        self, item_id: str, at: datetime | None, change: Callable[[int, float], bool]
    ) -> bool:
        with self._lock:
            post = self.known(item_id)
            if post is None or not change(post.serial, (at or self._now()).timestamp()):
                return False
            self.version += 1
            return True


def invented_times(seed: int, key: str, count: int, first: int, last: int) -> list[int]:
    """`count` unix seconds from `first` to `last`, even with jitter, mostly in the afternoon."""
    if count <= 0:
        return []
    random = Random(f"{seed}/{key}/times")  # noqa: S311 - invented data, not a secret
    step = (last - first) / count
    times = []
    for number in range(count):
        instant = int(first + step * (number + random.random() * 0.8))
        if step > 2 * _DAY_SECONDS:
            instant = instant - instant % _DAY_SECONDS + int(random.triangular(7, 22, 17) * 3600)
        times.append(min(max(instant, first), last))
    return sorted(times)
