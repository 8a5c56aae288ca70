"""The six history tables. Columns beyond the contract are at the end."""

from __future__ import annotations

from tiktok_organic.table_definition import Column, ColumnType, Table

__all__ = [
    "ACCOUNT_USERNAME",
    "COVERAGE_DAY",
    "HISTORY",
    "METRIC_DEFINITION",
    "PROFILE_DAILY_METRIC_CHANGE",
    "SYNC_RUN",
    "VIDEO",
]


def _column(name: str, kind: ColumnType, about: str, *, required: bool = False) -> Column:
    return Column(name, kind, "sync", about, required=required)


def _account() -> Column:
    return _column(
        "account_id", "STRING", "TikTok's id of the account (open_id); survives a rename."
    )


SYNC_RUN = Table(
    name="sync_run",
    about=(
        "One row for each sync of the account: its request, its result, and the time up to which "
        "its counters include all events."
    ),
    key=("sync_date",),
    recognised_by=("sync_date", "run_id", "account_id", "data_time"),
    columns=(
        _column(
            "sync_date",
            "TIMESTAMP",
            "The sync's moment; equals _quanti_sync_date of its rows.",
            required=True,
        ),
        _column("run_id", "STRING", "The run, as `tiktok-organic run` names it."),
        _account(),
        _column("username", "STRING", "The account's handle at that moment."),
        _column("kind", "STRING", "sync, or recovery when a person chose the window."),
        _column("requested_by", "STRING", "Who or what ordered the sync."),
        _column("status", "STRING", "succeeded, partial or failed."),
        _column("window_start", "DATE", "The first day that TikTok was really asked for."),
        _column("window_end", "DATE", "The last day that TikTok was really asked for."),
        _column(
            "reports",
            "STRING",
            'JSON object: for each report its status and rows, such as {"profile": '
            '{"status": "succeeded", "rows": 1}}.',
        ),
        _column("requests", "INTEGER", "HTTP requests to TikTok, repeats included."),
        _column("answer_bytes", "INTEGER", "Bytes of TikTok's answers, uncompressed."),
        _column("started_at", "TIMESTAMP", "When the last attempt began; null after a replay."),
        _column("finished_at", "TIMESTAMP", "When the sync was loaded; null after a replay."),
        _column("error", "STRING", "What failed, in a sentence; also of a partial sync."),
        _column(
            "data_time",
            "TIMESTAMP",
            "The time up to which the video counters of this sync include all events, as measured "
            "for the account; null while it cannot be measured (the views then assume 36 hours).",
        ),
        _column("counter_lag_hours", "FLOAT", "sync_date minus data_time, in hours."),
        _column("product_version", "STRING", "The version of tiktok-organic that wrote the row."),
        _column(
            "withheld_columns",
            "STRING",
            "JSON array of table.column whose permission was withheld at this sync.",
        ),
        _column(
            "views_gained",
            "INTEGER",
            "Views that the listed videos gained since the sync in views_since; the delay of "
            "TikTok's counters is measured by it.",
        ),
        _column("views_since", "TIMESTAMP", "The sync before that listed the videos."),
        _column(
            "counter_lag_model",
            "STRING",
            "How data_time was found: continuous:HOURS behind the clock, or daily:HOURS and then "
            "back to the beginning of that UTC day.",
        ),
    ),
)

COVERAGE_DAY = Table(
    name="coverage_day",
    about=(
        "The state of each UTC day of the account at the last sync, from the earliest requested "
        "day to the day before that sync."
    ),
    key=("account_id", "date"),
    recognised_by=("account_id", "date", "state", "final_at"),
    columns=(
        Column("account_id", "STRING", "sync", _account().about, required=True),
        _column("date", "DATE", "The UTC day.", required=True),
        _column(
            "state",
            "STRING",
            "final (read twice with the same values, late enough), provisional (stored, may "
            "change), missing (TikTok may still send it), lost (TikTok no longer answers for it).",
        ),
        _column("first_read_at", "TIMESTAMP", "The first sync that stored the day."),
        _column("last_read_at", "TIMESTAMP", "The latest sync that stored the day."),
        _column("final_at", "TIMESTAMP", "The sync that made the day final."),
    ),
)

PROFILE_DAILY_METRIC_CHANGE = Table(
    name="profile_daily_metric_change",
    about="One row for each correction of a stored day's value by TikTok. An absent value erases "
    "nothing and is not a correction.",
    key=("account_id", "date", "metric", "sync_date"),
    recognised_by=("account_id", "date", "metric", "old_value", "new_value", "sync_date"),
    columns=(
        Column("account_id", "STRING", "sync", _account().about, required=True),
        _column("date", "DATE", "The corrected UTC day.", required=True),
        _column("metric", "STRING", "The corrected column.", required=True),
        _column("old_value", "STRING", "The value before, as text; null when it was empty."),
        _column("new_value", "STRING", "The value since, as text."),
        _column("sync_date", "TIMESTAMP", "The sync that brought the correction.", required=True),
    ),
)

ACCOUNT_USERNAME = Table(
    name="account_username",
    about="One row for each name that the account has had.",
    key=("account_id", "username"),
    recognised_by=("account_id", "username", "first_seen", "last_seen"),
    columns=(
        Column("account_id", "STRING", "sync", _account().about, required=True),
        _column("username", "STRING", "The handle, without the @.", required=True),
        _column("first_seen", "TIMESTAMP", "The first sync that met this name."),
        _column("last_seen", "TIMESTAMP", "The latest sync that met this name."),
    ),
)

VIDEO = Table(
    name="video",
    about="One row for each video ever listed, as of the last sync.",
    key=("item_id",),
    recognised_by=("item_id", "account_id", "first_seen", "last_seen", "state"),
    columns=(
        _column("item_id", "STRING", "TikTok's id of the video.", required=True),
        _account(),
        _column("create_time", "TIMESTAMP", "When it was published."),
        _column("caption", "STRING", "The newest caption that TikTok sent."),
        _column("share_url", "STRING", "Address of the public page."),
        _column("media_type", "STRING", "VIDEO, or PHOTO for photo and text posts."),
        _column("is_ad", "BOOLEAN", "Whether it is a post that is shown in ads only."),
        _column("first_seen", "TIMESTAMP", "The first sync that listed it."),
        _column("last_seen", "TIMESTAMP", "The latest sync that listed it."),
        _column(
            "state",
            "STRING",
            "The first that applies: vanished (absent from the last two complete lists), frozen "
            "(over 365 days old), idle (TikTok no longer sends reach, watch time and sources), "
            "active.",
        ),
        _column(
            "vanished_since",
            "TIMESTAMP",
            "The first complete list without it; null unless it has vanished.",
        ),
        _column(
            "returned_at", "TIMESTAMP", "The latest sync that listed it after it had vanished."
        ),
        _column(
            "hashtags",
            "STRING",
            "JSON array of the caption's hashtags, lower case, without the sign, each once.",
        ),
        _column(
            "absent_since",
            "TIMESTAMP",
            "The first complete list without it; null while it is listed.",
        ),
        _column(
            "insights_told",
            "BOOLEAN",
            "Whether TikTok ever sent reach, watch time or sources of it.",
        ),
        _column("last_video_views", "INTEGER", "The last counter of views that TikTok sent."),
    ),
)

METRIC_DEFINITION = Table(
    name="metric_definition",
    about="What each column of the dataset's tables and views means. One row per column.",
    key=("table_name", "column_name"),
    recognised_by=("table_name", "column_name", "definition", "app_differs_because"),
    columns=(
        _column("table_name", "STRING", "The table or view.", required=True),
        _column("column_name", "STRING", "The column.", required=True),
        _column("unit", "STRING", "What is counted or measured, such as views or seconds."),
        _column("definition", "STRING", "What the value means."),
        _column("counts", "STRING", "How it counts: organic and paid, gross, people per day."),
        _column("available_for", "STRING", "The accounts or videos that have it."),
        _column("delay", "STRING", "How long after the fact TikTok sends it."),
        _column("app_differs_because", "STRING", "Why TikTok's app may show another number."),
        _column("source_document", "STRING", "TikTok's document, by its number."),
    ),
)

HISTORY: dict[str, Table] = {
    table.name: table
    for table in (
        SYNC_RUN,
        COVERAGE_DAY,
        PROFILE_DAILY_METRIC_CHANGE,
        ACCOUNT_USERNAME,
        VIDEO,
        METRIC_DEFINITION,
    )
}
"""The history tables by name."""
