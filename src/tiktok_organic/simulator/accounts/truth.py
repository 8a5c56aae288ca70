"""The true values of the invented world, for tests that compare a warehouse with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.absences import HIDDEN
from tiktok_organic.simulator.accounts.days import LAST_STAGE, day_counts, day_values
from tiktok_organic.simulator.accounts.rhythm import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.accounts.counts import Counts
    from tiktok_organic.simulator.accounts.posts import Post
    from tiktok_organic.simulator.settings import Settings

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Event:
    """Something that happened: `published`, `removed`, `hidden`, `returned`, `renamed`, `restated`.

    `item_id` names a video; `detail` the new username, or the restated day.
    """

    at: datetime
    kind: str
    item_id: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class VideoDay:
    """What one video was given on one UTC day; likes are net and may be negative."""

    item_id: str
    date: date
    views: int
    likes: int
    comments: int
    shares: int
    gross_likes: int


class Truth:
    """The truth of one account. Days are UTC; the future is known too."""

    def __init__(self, account: Account, settings: Settings) -> None:
        self._account = account
        self._settings = settings

    def item_ids(self) -> list[str]:
        """Every video, oldest first; removed, hidden and future ones too."""
        return [post.item_id for post in self._account.posts]

    def counter(self, item_id: str, instant: datetime) -> Counts:
        """The true counters of a video at `instant`. Raises KeyError for an unknown video."""
        return self._account.ledger.at(self._post(item_id), instant.timestamp())

    def video_day(self, item_id: str, day: date) -> Counts:
        """What a video was given on `day`. Raises KeyError for an unknown video."""
        return self._account.ledger.day(self._post(item_id), (day - _EPOCH).days)

    def video_days(self, first: date, last: date) -> Iterator[VideoDay]:
        """Every video and day from `first` to `last` (both included), from its publication on."""
        start, end = (first - _EPOCH).days, (last - _EPOCH).days
        ledger = self._account.ledger
        for post in self._account.posts:
            begin = max(start, post.create_time // DAY)
            before = ledger.at(post, begin * DAY)
            for day in range(begin, end + 1):
                after = ledger.at(post, (day + 1) * DAY)
                gained, before = after.since(before), after
                yield VideoDay(
                    post.item_id,
                    _EPOCH + timedelta(days=day),
                    gained.views,
                    gained.likes,
                    gained.comments,
                    gained.shares,
                    gained.gross_likes,
                )

    def account_day(self, day: date) -> Counts:
        """What the account was given on `day`: all its videos and what belongs to none."""
        return day_counts(self._account, day, self._settings)

    def day_metrics(self, day: date) -> dict[str, object]:
        """Every daily metric of `day` by its name in the API, final."""
        return day_values(self._account, day, LAST_STAGE, self._settings)

    def followers_on(self, day: date) -> int:
        """Followers at the end of `day`."""
        return self._account.followers_on(day)

    def events(self) -> list[Event]:
        """Everything that happened or will happen, oldest first."""
        account = self._account
        found = [event for post in account.posts for event in self._of_post(post)]
        found += [
            Event(rename.at, "renamed", detail=rename.username)
            for rename in (*account.renames, *account.coming_renames)
        ]
        found += [
            Event(restatement.at, "restated", detail=day.isoformat())
            for day, restatement in account.restatements.items()
        ]
        return sorted(found, key=lambda event: event.at)

    def _of_post(self, post: Post) -> Iterator[Event]:
        item_id = post.item_id
        yield Event(_instant(post.create_time), "published", item_id)
        for absence in self._account.posts.absences.of(post.serial):
            kind = "hidden" if absence.kind == HIDDEN else "removed"
            yield Event(_instant(absence.start), kind, item_id)
            if absence.end is not None:
                yield Event(_instant(absence.end), "returned", item_id)

    def _post(self, item_id: str) -> Post:
        post = self._account.posts.known(item_id)
        if post is None:
            raise KeyError(item_id)
        return post


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
