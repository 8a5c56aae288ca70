"""What fetching uses in addition to the task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tiktok_organic.archive import Recording
from tiktok_organic.clock import Clock
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.stop import Stop
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.plan_video_pages import KnownVideos

__all__ = ["FetchContext"]


@dataclass(frozen=True)
class FetchContext:
    """The dependencies of fetching, without the task.

    `scopes_now()` asks TikTok for the token's present scopes.
    """

    tiktok: TikTok
    recording: Recording
    clock: Clock
    limits: Limits
    progress: Progress
    scopes_now: Callable[[], tuple[str, ...]]
    stop: Stop
    known_videos: KnownVideos | None = None
    """The account's videos at its last sync; knowing them saves requests."""

    def step(self, what: str, pages: int, rows: int) -> None:
        """Report the progress so far. Raises Stopped when the sync has to stop here."""
        self.stop.check()
        self.progress(ProgressEvent(Phase.FETCHING, what, pages, rows))
