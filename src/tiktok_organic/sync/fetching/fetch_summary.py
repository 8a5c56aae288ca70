"""The summary of a fetched attempt, stored in the archive's file and in the run's row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.plan_video_pages import KnownVideos

__all__ = ["FetchSummary"]


@dataclass
class FetchSummary:
    """The summary of a completely fetched attempt: which archived answers serve what.

    `window`: the days that were requested in the end; None without a daily series. `failed`: the
    reports that cannot be completed, each with its error document. `retry_in`: seconds after which
    a retry of those may help. `clock_ahead`: seconds that this machine's clock was ahead of
    TikTok's (negative: behind it).
    """

    archive: str
    account: int | None = None
    videos: list[int] = field(default_factory=list)
    window: Window | None = None
    account_id: str = ""
    username: str = ""
    sync_date: str = ""
    reports: list[str] = field(default_factory=list)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused_fields: list[str] = field(default_factory=list)
    withheld_scopes: list[str] = field(default_factory=list)
    clock_ahead: float | None = None
    warnings: list[str] = field(default_factory=list)
    retry_in: float | None = None
    videos_counted: int | None = None
    """The number of public videos by TikTok's count."""
    videos_listed: int | None = None
    """The number of different videos in the list."""
    answer_bytes: int | None = None
    """Bytes of all archived answers of the attempt; None if unknown."""
    known_videos: KnownVideos | None = field(default=None, compare=False)
    """For the next sync; not part of the document."""

    @property
    def list_is_complete(self) -> bool:
        """Whether the list of videos has at least as many as TikTok's count of public videos."""
        counted, listed = self.videos_counted, self.videos_listed
        # The list may be longer: posts that appear only in ads are listed, and not always counted.
        return counted is None or listed is None or listed >= counted

    def document(self) -> dict[str, Any]:
        """Return the JSON document for the archive's summary and the run row."""
        window = self.window and {
            "from": self.window.start.isoformat(),
            "to": self.window.end.isoformat(),
        }
        document = {**asdict(replace(self, known_videos=None)), "window": window}
        del document["known_videos"]
        return document

    @staticmethod
    def from_document(document: dict[str, Any]) -> FetchSummary:
        window = document.get("window")
        made = (
            Window(date.fromisoformat(window["from"]), date.fromisoformat(window["to"]))
            if window
            else None
        )
        return FetchSummary(**{**document, "window": made})
