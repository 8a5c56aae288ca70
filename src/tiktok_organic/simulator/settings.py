"""Every setting of the simulator.

Defaults follow the facts, or else the stricter interpretation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_type_hints

_CHOICES: dict[str, tuple[object, ...]] = {
    "withheld_scope": ("40001", "40130", "omit"),
    "expired_token_code": (40105, 40102),
    "followers_count_meaning": ("total", "net"),
    "daily_total_followers_meaning": ("total", "net"),
    "idle_posts": ("natural", "all", "none"),
    "young_posts": ("absent", "zero"),
    "post_counting": ("stepwise", "continuous"),
    "small_audience": ("empty", "absent", "null"),
    "gated_metrics": ("absent", "zero", "null"),
}
# Settings that may differ by account: how its data is counted and returned.
OF_ACCOUNT = frozenset(
    (
        "publication_hours", "correction_hours", "unlisted_share", "followers_count_meaning",
        "daily_total_followers_meaning", "small_audience", "gated_metrics", "post_latency_hours",
        "post_counting", "insight_latency_hours", "idle_posts", "young_posts", "young_hours",
        "ads_counted",
    )
)  # fmt: skip


@dataclass
class Settings:
    """Mutable; `update` checks names, types and choices.

    Durations carry their unit in their name.
    """

    # Daily rows (facts 2.2): when a day first appears after its end, and how long its values still
    # move.
    publication_hours: float = 36.0
    correction_hours: float = 48.0
    look_back_days: int = 60
    refuse_future_end: bool = False
    followers_count_meaning: str = "total"
    daily_total_followers_meaning: str = "total"
    # The share of an account's views that belongs to no listed video.
    unlisted_share: float = 0.0
    small_audience: str = "empty"
    gated_metrics: str = "absent"
    # Posts (facts 3). Counters include all events until `post_latency_hours` ago: exactly
    # ("continuous"), or until the midnight (UTC) before ("stepwise").
    post_latency_hours: float = 36.0
    post_counting: str = "stepwise"
    # A video whose last view is 7 days old loses its perishable fields, as known that many hours
    # ago.
    insight_latency_hours: float = 36.0
    create_time_as_number: bool = False
    short_pages: bool = False
    empty_pages_every: int = 0
    duplicate_posts_every: int = 0
    idle_posts: str = "natural"
    # Counters of a video are absent or zero while there is no data, and up to this age.
    young_posts: str = "absent"
    young_hours: float = 0.0
    # Whether videos_count counts posts that only appear in ads.
    ads_counted: bool = False
    # Tokens (facts 1.3).
    code_seconds: int = 600
    access_token_seconds: int = 86_400
    refresh_token_seconds: int = 31_536_000
    refresh_rotates: bool = True
    former_refresh_dies: bool = True
    former_access_dies: bool = False
    expired_token_code: int = 40105
    withheld_scope: str = "40001"
    strict_redirects: bool = False
    # Limits (facts 4.3). 0 means no limit.
    limits: bool = True
    account_endpoint_per_minute: int = 40
    app_per_second: int = 10
    app_per_minute: int = 600
    app_per_day: int = 864_000
    penalty_seconds: float = 300.0
    throttle_names_limit: bool = True
    penalty_in_words: bool = False
    # Time that each API request takes, in seconds, and a random part on top.
    latency: float = 0.0
    latency_jitter: float = 0.0

    def update(self, **values: Any) -> None:
        """Change settings together or not at all. Raises ValueError naming the first wrong one."""
        for name, value in _all_checked(values).items():
            setattr(self, name, value)

    def with_overrides(self, overrides: dict[str, Any]) -> Settings:
        """These settings as they apply to one account."""
        return replace(self, **overrides) if overrides else self

    def fingerprint(self) -> tuple[object, ...]:
        """Every value, for keys of cached text."""
        return tuple(vars(self).values())

    def document(self) -> dict[str, Any]:
        """Every setting by name, ready for JSON."""
        return asdict(self)

    def restore(self) -> None:
        """Back to the defaults."""
        for field in fields(self):
            setattr(self, field.name, field.default)


def account_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Read overrides for one account.

    Raises ValueError for an invalid one, or one that is not per account.
    """
    for name in values:
        if name not in OF_ACCOUNT:
            raise ValueError(f"setting {name} is not one of an account's: {sorted(OF_ACCOUNT)}")
    return _all_checked(values)


def _all_checked(values: dict[str, Any]) -> dict[str, Any]:
    kinds = get_type_hints(Settings)
    return {name: _checked(kinds, name, value) for name, value in values.items()}


def _checked(kinds: dict[str, Any], name: str, value: Any) -> Any:
    if name not in kinds:
        raise ValueError(f"unknown setting: {name}")
    kind = kinds[name]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ValueError(f"setting {name} must be {kind.__name__}, not {value!r}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"setting {name} must be one of {_CHOICES[name]}, not {value!r}")
    if kind is not bool and kind is not str and value < 0:
        raise ValueError(f"setting {name} must not be negative: {value!r}")
    return value
