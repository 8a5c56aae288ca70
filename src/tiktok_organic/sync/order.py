"""What a sync was ordered to do, and what came of its fetching: both outlive the process that works
on them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.page_plan import KnownVideos

__all__ = ["Fetched", "Order"]


@dataclass(frozen=True)
class Order:
    """Fixed when the sync is ordered: also `sync_date`, which a repeated attempt keeps.

    `window`: the days that are wanted. `username` and `former_usernames`: the names under which the
    account's rows may exist. `scopes`: what the consent granted. `reports`: without those that an
    earlier attempt has loaded.
    """

    run_id: str
    connector_id: str
    account_id: str
    username: str
    former_usernames: tuple[str, ...]
    reports: tuple[str, ...]
    dataset: str
    window: Window
    sync_date: datetime
    attempt: int
    scopes: tuple[str, ...]
    curves: bool = False


@dataclass
class Fetched:
    """The summary of a completely fetched attempt: which archived answers serve what.

    `window`: the days that were really asked for; None when no daily series was. `failed`: the
    reports that cannot be completed, each with its error document. `retry_in`: seconds after which
    asking for those again may help. `clock_ahead`: seconds that this machine's clock was ahead of
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
    failed: dict[str, dict[str, str]] = field(default_factory=dict)
    refused_fields: list[str] = field(default_factory=list)
    withheld_scopes: list[str] = field(default_factory=list)
    clock_ahead: float | None = None
    warnings: list[str] = field(default_factory=list)
    retry_in: float | None = None
    videos_counted: int | None = None
    """How many public videos TikTok says that the account has."""
    videos_listed: int | None = None
    """How many different videos its list has."""
    answer_bytes: int | None = None
    """Bytes of all archived answers of the attempt; None where nothing counted them."""
    known_videos: KnownVideos | None = field(default=None, compare=False)
    """For the next sync; not part of the document."""

    def document(self) -> dict[str, Any]:
        """As JSON: for the archive's summary and the run row."""
        window = self.window and {
            "from": self.window.start.isoformat(),
            "to": self.window.end.isoformat(),
        }
        document = {**asdict(replace(self, known_videos=None)), "window": window}
        del document["known_videos"]
        return document

    @staticmethod
    def from_document(document: dict[str, Any]) -> Fetched:
        window = document.get("window")
        made = (
            Window(date.fromisoformat(window["from"]), date.fromisoformat(window["to"]))
            if window
            else None
        )
        return Fetched(**{**document, "window": made})
