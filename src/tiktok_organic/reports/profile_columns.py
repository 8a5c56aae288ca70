"""`profile`: the account. One row, replaced at every sync."""

from __future__ import annotations

from collections.abc import Iterator

from tiktok_organic.reports.report import Context, Report, Row, Source, loaded_at, username
from tiktok_organic.table_definition import Column, Table

__all__ = ["REPORT", "TABLE"]

TABLE = Table(
    name="profile",
    about="The account's present profile. A single row, replaced by each sync.",
    key=("username",),
    columns=(
        loaded_at(),
        username(),
        Column("display_name", "STRING", "account", "The name shown on the profile."),
        Column(
            "bio_description",
            "STRING",
            "account",
            "The text of the profile; empty when none is set.",
        ),
        Column(
            "profile_image",
            "STRING",
            "account",
            "Where the avatar can be fetched for a while: the link is signed, and x-expires in "
            "it is its last second.",
        ),
        Column(
            "profile_deep_link",
            "STRING",
            "account",
            "A short link that opens the profile in the app.",
        ),
        Column("is_verified", "BOOLEAN", "account", "Whether TikTok shows the verified badge."),
        Column(
            "is_business_account",
            "BOOLEAN",
            "account",
            "True for a Business account, false for a Personal one.",
        ),
    ),
)


def rows(source: Source, context: Context) -> Iterator[Row]:
    account = source.account()
    yield (
        context.loaded_at,
        context.username,
        account.display_name,
        account.bio_description,
        account.profile_image,
        account.profile_deep_link,
        account.is_verified,
        account.is_business_account,
    )


REPORT = Report(
    table=TABLE,
    endpoint="account",
    scopes=(),
    rows=rows,
    sentence="Name, biography, avatar, verification badge. One row, updated by each sync.",
)
