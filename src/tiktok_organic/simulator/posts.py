"""When an account posted: a sorted line of instants, cheap for tens of thousands of posts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECOND = 1000
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Post:
    """`position` is the instant of publishing in unix ms, unique within its account; the rest feeds the dice."""

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
    """The posts of one account, oldest first.

    TikTok's cursor means "older than this many ms" while `create_time` counts seconds. Posts of one second therefore
    get distinct milliseconds here, so that a walk by the server's own cursor never loses one of them; a second holds
    at most 1000 posts.
    """

    def __init__(self, seed: int, key: str, create_times: Iterable[int]) -> None:
        self._seed = seed
        self._key = key
        self._lock = Lock()
        self._positions: list[int] = []
        self._serials: list[int] = []
        self._by_id: dict[str, int] | None = None
        for serial, second in enumerate(sorted(create_times)):
            self._positions.append(self._free_position(second))
            self._serials.append(serial)
        self._next_serial = len(self._positions)

    def _free_position(self, second: int) -> int:
        position = second * _SECOND
        if self._positions and self._positions[-1] >= position:
            position = self._positions[-1] + 1
        if position // _SECOND != second:
            raise ValueError("a second holds at most 1000 posts")
        return position

    def __len__(self) -> int:
        return len(self._positions)

    def count(self, before: int) -> int:
        """How many posts are strictly older than `before` (unix ms)."""
        return bisect_left(self._positions, before)

    def page(self, before: int, size: int) -> list[Post]:
        """At most `size` posts strictly older than `before` (unix ms), newest first."""
        end = self.count(before)
        return [self._post(index) for index in range(end - 1, max(-1, end - 1 - size), -1)]

    def newer(self, than: int) -> Post | None:
        """The oldest post at or after `than` (unix ms)."""
        index = self.count(than)
        return self._post(index) if index < len(self._positions) else None

    def find(self, item_id: str, before: int) -> Post | None:
        """The post of that id when it was published before `before` (unix ms)."""
        with self._lock:
            if self._by_id is None:
                posts = map(self._post, range(len(self._positions)))
                self._by_id = {post.item_id: post.position for post in posts}
            position = self._by_id.get(item_id)
        if position is None or position >= before:
            return None
        return self._post(bisect_left(self._positions, position))

    def add(self, create_time: int) -> Post:
        """Publish one more post at `create_time` (unix seconds), which may lie in the past or in the future."""
        with self._lock:
            end = bisect_left(self._positions, (create_time + 1) * _SECOND)
            position = create_time * _SECOND
            if end and self._positions[end - 1] >= position:
                position = self._positions[end - 1] + 1
            if position // _SECOND != create_time:
                raise ValueError("a second holds at most 1000 posts")
            # New lists rather than inserts: a page that another thread is reading stays whole.
            serial, self._next_serial = self._next_serial, self._next_serial + 1
            self._serials = [*self._serials[:end], serial, *self._serials[end:]]
            self._positions = [*self._positions[:end], position, *self._positions[end:]]
            self._by_id = None
            return self._post(end)

    def remove(self, item_id: str) -> bool:
        """Take a post away as its owner would; False when there is none of that id."""
        post = self.find(item_id, before=2**63)
        if post is None:
            return False
        with self._lock:
            index = bisect_left(self._positions, post.position)
            self._serials = [*self._serials[:index], *self._serials[index + 1 :]]
            self._positions = [*self._positions[:index], *self._positions[index + 1 :]]
            self._by_id = None
        return True

    def _post(self, index: int) -> Post:
        return Post(self._positions[index], self._serials[index], self._seed, self._key)


def invented_times(seed: int, key: str, count: int, first: int, last: int) -> list[int]:
    """`count` unix seconds between `first` and `last`, spread evenly with jitter, mostly in the afternoon."""
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
