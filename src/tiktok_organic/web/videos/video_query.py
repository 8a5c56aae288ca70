"""The query parameters of the Videos page, of its CSV and of the API: the same for all."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tiktok_organic.actions.data_from_views.period import LONGEST, Comparison, PeriodChoice
from tiktok_organic.actions.data_from_views.video_filter import FIELDS, Filter

__all__ = ["OverviewQuery", "PeriodQuery", "VideoQuery", "VideoSlice", "VideosShown"]

Limit = Annotated[float | None, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
_SORT = f"^-?({'|'.join(FIELDS)})$"


class PeriodQuery(BaseModel):
    """A period and what it is compared with. An empty field of a form counts as absent."""

    model_config = ConfigDict(populate_by_name=True)

    days: int = Field(28, ge=1, le=LONGEST, description="Days up to the newest counted one.")
    start: date | None = Field(None, alias="from", description="First day (UTC), instead of days.")
    end: date | None = Field(None, alias="to", description="Last day (UTC).")
    compare: Comparison = Field(
        Comparison.PREVIOUS, description="The period before, or the same 52 weeks earlier."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value not in ("", None)}

    def period_choice(self) -> PeriodChoice:
        """Return the requested period."""
        return PeriodChoice(self.days, self.start, self.end, self.compare)

    def period_given(self) -> dict[str, str]:
        """Return the period alone, for an address of another page."""
        names = ("days", "from", "to", "compare")
        return {name: value for name, value in self.given().items() if name in names}

    def given(self) -> dict[str, str]:
        """Return what differs from the default, as the names and values of an address."""
        found = self.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return {name: _text(value) for name, value in found.items()}


class OverviewQuery(PeriodQuery):
    """The period of the answers, and the metric of the chart."""

    metric: str = Field("video_views", max_length=100)
    span: int = 60


class VideoQuery(PeriodQuery):
    """Which videos, in which order. Rates are percentages here, 0 to 100."""

    q: str = Field("", max_length=200, description="Text in the caption.")
    hashtag: str = Field("", max_length=200)
    state: Literal["", "active", "idle", "frozen", "vanished"] = ""
    sort: str = Field("-gained", pattern=_SORT, description="A field; `-` before it: descending.")
    views_min: Limit = None
    views_max: Limit = None
    gained_min: Limit = None
    gained_max: Limit = None
    likes_min: Limit = None
    likes_max: Limit = None
    engagement_min: Limit = None
    engagement_max: Limit = None
    reach_min: Limit = None
    reach_max: Limit = None
    watch_min: Limit = None
    watch_max: Limit = None
    completion_min: Limit = None
    completion_max: Limit = None
    age_min: Limit = None
    age_max: Limit = None

    def filter(self) -> Filter:
        """Return the filter and the order."""
        return Filter(
            text=self.q,
            hashtag=self.hashtag,
            state=self.state,
            least=self._limits("min"),
            most=self._limits("max"),
            sort=self.sort,
        )

    @property
    def limited(self) -> bool:
        """Whether any limit is set."""
        return any(getattr(self, name) is not None for name in self.limit_names())

    def limit_text(self, name: str) -> str:
        """Return a limit as a form shows it."""
        value = getattr(self, name)
        return "" if value is None else _text(value)

    @staticmethod
    def limit_names() -> list[str]:
        """Return the names of all limits."""
        return [f"{key}_{end}" for key in FIELDS for end in ("min", "max")]

    def _limits(self, end: str) -> dict[str, float]:
        found = {key: getattr(self, f"{key}_{end}") for key in FIELDS}
        return {key: value for key, value in found.items() if value is not None}


class VideosShown(VideoQuery):
    """One page of the list."""

    page: int = Field(1, ge=1, le=10_000)


class VideoSlice(VideoQuery):
    """A part of the list, for the API."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=1_000_000)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
