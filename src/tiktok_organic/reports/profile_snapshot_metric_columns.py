"""`profile_snapshot_metric`: the account's lifetime counters and audience, one row per sync."""

from __future__ import annotations

from collections.abc import Iterator

from tiktok_organic.reports.report import (
    Context,
    Report,
    Row,
    Source,
    loaded_at,
    sync_date,
    username,
)
from tiktok_organic.table_definition import Column, Table

__all__ = ["REPORT", "TABLE"]

_AUDIENCE = (
    "JSON array of shares from 0 to 1 as TikTok sent it; '[]' below 100 followers, null "
    "when nothing was sent."
)

TABLE = Table(
    name="profile_snapshot_metric",
    about=(
        "The account at each sync: its lifetime counters and its audience. Each sync adds a row."
    ),
    key=("username", "_quanti_sync_date"),
    partition="_quanti_sync_date",
    columns=(
        loaded_at(),
        username(),
        sync_date(),
        Column("followers_count", "INTEGER", "account", "Followers at that moment."),
        Column("following_count", "INTEGER", "account", "Accounts that this account follows."),
        Column("total_likes", "INTEGER", "account", "Likes on all posts, over the account's life."),
        Column("videos_count", "INTEGER", "account", "Public videos."),
        Column(
            "audience_countries",
            "STRING",
            "account",
            f"Followers by country. {_AUDIENCE}",
            json=True,
        ),
        Column(
            "audience_cities", "STRING", "account", f"Followers by city. {_AUDIENCE}", json=True
        ),
        Column(
            "audience_ages", "STRING", "account", f"Followers by age group. {_AUDIENCE}", json=True
        ),
        Column(
            "audience_genders", "STRING", "account", f"Followers by gender. {_AUDIENCE}", json=True
        ),
    ),
)


def rows(source: Source, context: Context) -> Iterator[Row]:
    account = source.account()
    yield (
        context.loaded_at,
        context.username,
        context.sync_date,
        account.followers_count,
        account.following_count,
        account.total_likes,
        account.videos_count,
        account.audience_countries,
        account.audience_cities,
        account.audience_ages,
        account.audience_genders,
    )


REPORT = Report(
    table=TABLE,
    endpoint="account",
    scopes=("user.info.stats", "user.insights"),
    rows=rows,
    sentence=("Followers, likes and audience at each sync, which show the growth."),
)
