"""`profile_daily_metric`: engagement of the account per UTC day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from operator import attrgetter

from tiktok_organic.reports.report import Context, Report, Row, Source, column_values, username
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.tiktok.record_types import Day

__all__ = ["REPORT", "TABLE", "digest"]

_REGISTERED = "Registered Business accounts only."

TABLE = Table(
    name="profile_daily_metric",
    about=(
        "What happened on each UTC day. A day has one row; later syncs correct it for as long "
        "as TikTok does."
    ),
    key=("username", "date"),
    match=("_quanti_ad_account", "date"),
    kept=("_quanti_date", "_quanti_id", "username"),
    partition="_quanti_date",
    columns=(
        Column(
            "_quanti_ad_account",
            "STRING",
            "sync",
            "The account's open_id: the name by which TikTok knows it, whatever it calls itself.",
            required=True,
        ),
        Column("_quanti_date", "DATE", "sync", "The same day as date.", required=True),
        Column(
            "_quanti_id",
            "STRING",
            "sync",
            "Account and day in one word, such as demo.bakery|2026-11-22.",
            required=True,
        ),
        username(),
        Column("date", "DATE", "day", "The UTC day.", required=True),
        Column(
            "video_views", "INTEGER", "day", "Views of all videos on that day, organic and paid."
        ),
        Column(
            "unique_video_views", "INTEGER", "day", "People who viewed. Business accounts only."
        ),
        Column("profile_views", "INTEGER", "day", "Views of the profile page."),
        Column("likes", "INTEGER", "day", "Likes given; later unlikes are not subtracted."),
        Column("comments", "INTEGER", "day", "Comments written."),
        Column("shares", "INTEGER", "day", "Shares, those inside the app included."),
        Column("daily_new_followers", "INTEGER", "day", "New followers. Business accounts only."),
        Column("daily_lost_followers", "INTEGER", "day", "Followers lost. Business accounts only."),
        Column(
            "daily_total_followers",
            "INTEGER",
            "day",
            "Passed on untouched, for its meaning is disputed: by TikTok's documents the day's "
            "change, by the look of some answers the number reached. Do not sum it.",
        ),
        Column("engaged_audience", "INTEGER", "day", "People who engaged. Business accounts only."),
        Column(
            "bio_link_clicks",
            "INTEGER",
            "day",
            f"Clicks on the link in the biography. {_REGISTERED}",
        ),
        Column(
            "phone_number_clicks", "INTEGER", "day", f"Clicks on the phone number. {_REGISTERED}"
        ),
        Column("lead_submissions", "INTEGER", "day", f"Lead forms sent. {_REGISTERED}"),
        Column(
            "app_download_clicks",
            "INTEGER",
            "day",
            f"Clicks on the app's download link. {_REGISTERED}",
        ),
        Column("email_clicks", "INTEGER", "day", f"Clicks on the e-mail address. {_REGISTERED}"),
        Column("address_clicks", "INTEGER", "day", f"Clicks on the postal address. {_REGISTERED}"),
        Column(
            "audience_activity",
            "STRING",
            "day",
            "JSON array as TikTok sent it: followers online per UTC hour. Business accounts of "
            "100 followers and more.",
            json=True,
        ),
    ),
)

day_values = attrgetter(*column_values(TABLE, "day"))
"""Returns a Day's values in the order of the table's `day` columns, `date` first."""


def digest(day: Day) -> str:
    """Return a digest of a day's values: equal values have the same digest."""
    return hashlib.blake2b(repr(day_values(day)).encode(), digest_size=12).hexdigest()


def rows(source: Source, context: Context) -> Iterator[Row]:
    for day in source.days():
        yield (
            context.account_id,
            day.date,
            f"{context.username}|{day.date.isoformat()}",
            context.username,
            *day_values(day),
        )


REPORT = Report(
    table=TABLE,
    endpoint="account",
    scopes=("user.insights",),
    rows=rows,
    sentence=(
        "Views, likes, comments, shares, new and lost followers, clicks: one row for each day."
    ),
)
