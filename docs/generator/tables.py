"""`tables.md`: the four tables, all their columns, and the fields that are archived only."""

from __future__ import annotations

from generator import markdown
from generator.markdown import code, link, table
from tiktok_organic.reports import REPORTS, Report
from tiktok_organic.table_definition import Column
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, CURVES, DAY_FIELDS, VIDEO_FIELDS
from tiktok_organic.warehouse.sql_dialect import BIGQUERY, DUCKDB, POSTGRES

INTRODUCTION = """
A connector writes up to four tables in one dataset. You select them with
[`connect`](commands.md#connect) and change the selection with [`edit`](commands.md#edit). The
names, types and order of columns are stable; new columns are added at the end. The descriptions
below are also in the warehouse, as comments on tables and columns.

[Questions](questions.md) has twenty questions with their queries; [history tables and
views](history.md) describes the views that they read.

You can run the examples after `tiktok-organic demo`; for your own data, replace
`tiktokorganic_demo_bakery` with the name of your dataset. They are written for DuckDB. BigQuery and
PostgreSQL need small changes.
"""

VALUES = """
- **Times** are UTC, exact to the microsecond. **Days** are UTC days, because TikTok counts in UTC.
- **null** means that TikTok sent no value, or an unreadable one. It never means zero.
- **JSON columns** contain TikTok's array as text, without spaces outside strings. `'[]'` means that
  TikTok sent an empty list, as it does for the audience of accounts below 100 followers; null means
  that it sent none.
- **The sync date** (`_quanti_sync_date`) is set when a sync is ordered. It is the same in all
  tables of a sync and in all its attempts.
- An unreadable value (such as text instead of a number, or a number beyond 64 bits) becomes null
  and is counted on the run: see `findings` in [the document of a
  run](commands.md#the-document-of-a-run).
"""

_ENDPOINTS = {"account": "business/get/", "videos": "business/video/list/"}

NOTES = {
    "profile": """
When the username changes, the row is replaced by one with the new name: the table always has one
row. The address in `profile_image` is signed and expires after some days. Save the picture, not the
address.

```sql
SELECT username, display_name, is_verified, _quanti_loaded_at
FROM tiktokorganic_demo_bakery.profile;
```
""",
    "profile_snapshot_metric": """
Snapshots cannot be recovered: TikTok does not return last month's number of followers. Growth is
visible from the second sync on. For earlier days, the daily table has new and lost followers.

```sql
SELECT date, followers, followers_is_estimated
FROM tiktokorganic_demo_bakery.account_daily
ORDER BY date DESC
LIMIT 7;
```

The audience is in views with one row per country, city, age group and gender:

```sql
SELECT country, share
FROM tiktokorganic_demo_bakery.audience_country
WHERE sync_date = (SELECT max(sync_date) FROM tiktokorganic_demo_bakery.audience_country)
ORDER BY share DESC;
```
""",
    "profile_daily_metric": """
Each sync that reads a day writes it again: TikTok corrects days for about 48 hours, and some
figures are a day late. [Sync rules](sync.md) defines when a day is final. A day that TikTok has not
counted yet has no row. Days before the owner switched analytics on in the app have none either.

- A missing value never replaces a stored one. If TikTok omits a figure today that it returned
  yesterday, yesterday's value remains.
- After a change of username, a day has the same row, `username` and `_quanti_id` as before.
  `_quanti_ad_account` does not change: join and group on it.
- **Do not sum `daily_total_followers`.** TikTok's documents call it the net change of the day, but
  clients received a running total. It is stored unchanged. Compute the net change without it:

```sql
SELECT date, daily_new_followers - daily_lost_followers AS net_change
FROM tiktokorganic_demo_bakery.profile_daily_metric
ORDER BY date DESC
LIMIT 7;
```

- `unique_video_views` and `engaged_audience` count people per day. The same person may count on
  several days, so the sum over a month is not a number of people.

The hours at which followers are online, in the connector's time zone:

```sql
SELECT hour_local, avg(followers_online) AS followers_online
FROM tiktokorganic_demo_bakery.audience_hour
GROUP BY hour_local
ORDER BY followers_online DESC
LIMIT 5;
```
""",
    "video_snapshot_metric": """
Counters are totals over the life of a video. Do not subtract them yourself: TikTok counts with a
delay of one to two days, differences omit a new video's first views, and the time between two syncs
is not exactly a day. The view `video_daily` handles all three:

```sql
SELECT v.caption, sum(d.video_views) AS gained
FROM tiktokorganic_demo_bakery.video_daily AS d
JOIN tiktokorganic_demo_bakery.video_latest AS v ON v.item_id = d.item_id
WHERE d.date >= (SELECT max(date) - 7 FROM tiktokorganic_demo_bakery.video_daily)
GROUP BY v.item_id, v.caption
ORDER BY gained DESC
LIMIT 10;
```

- A snapshot contains the videos that were public at the time of the sync. A deleted or private
  video is in earlier snapshots only.
- TikTok omits six figures of a video without activity for seven days, and returns them after new
  activity. They are null in the snapshot. This query returns the last known value:

```sql
SELECT item_id, reach, insights_as_of
FROM tiktokorganic_demo_bakery.video_latest
WHERE reach IS NOT NULL
ORDER BY reach DESC;
```

- TikTok stops counting a video 365 days after it was published.
- `item_id` is text because it has 19 digits: JavaScript and spreadsheets round such a number.
- The table includes photo posts and posts that appear only as advertisements; TikTok lists both.
""",
}

ARCHIVE_ONLY = """
TikTok has no history, so every sync requests each readable field whose permission was granted, also
fields without a column. Their values are in the [archive](archive.md). A later version that adds a
column can fill it from there.

The two second-by-second curves of each video, {curves}, are by far the
largest part of an answer. They are requested only with [`sync --curves`](commands.md#sync).
"""


def section(report: Report) -> str:
    """Return the section of one report."""
    found = report.table
    facts = [
        (
            f"**One row per** {', '.join(map(code, found.key))}. Writing the same key again "
            "replaces the row."
        ),
        f"**Read from** {code(_ENDPOINTS[report.endpoint])}.",
    ]
    if found.match:
        facts.insert(
            1,
            f"**Matched on** {', '.join(map(code, found.match))}: a changed username does not "
            "create a second row.",
        )
    if found.partition:
        cluster = f", clustered by {', '.join(map(code, found.cluster))}" if found.cluster else ""
        facts.append(f"**In BigQuery** partitioned by the day of {code(found.partition)}{cluster}.")
    if report.scopes:
        facts.append(
            f"**Permission**: without {' or '.join(map(code, report.scopes))} the report fails; "
            "the other reports are loaded."
        )
    rows = [
        (code(column.name), _type(column), _source(column), column.about)
        for column in found.columns
    ]
    return "\n\n".join(
        [
            f"## {found.name}",
            found.about,
            "\n".join(f"- {fact}" for fact in facts),
            table(("Column", "Type", "From", "Meaning"), rows),
            NOTES[found.name].strip(),
        ]
    )


def page() -> str:
    contents = "\n".join(
        f"- [`{report.name}`]({link(report.name)}): {report.sentence}"
        for report in REPORTS.values()
    )
    return markdown.page(
        "The tables",
        INTRODUCTION,
        contents,
        "## Values",
        VALUES,
        "## Types",
        table(
            ("Here and in BigQuery", "DuckDB", "PostgreSQL"),
            [
                (code(name), code(DUCKDB.types[name]), code(POSTGRES.types[name]))
                for name in BIGQUERY.types
            ],
        ),
        *(section(report) for report in REPORTS.values()),
        "## Kept in the archive only",
        ARCHIVE_ONLY.format(curves=" and ".join(map(code, CURVES))),
        table(("Of", "Field", "Permission"), archive_only()),
    )


def archive_only() -> list[tuple[str, str, str]]:
    """Return the requested fields without a column."""
    named = {
        (report.endpoint, column.name)
        for report in REPORTS.values()
        for column in report.table.columns
        if column.origin != "sync"
    }
    fields = [("account", name, scope) for name, scope in (ACCOUNT_FIELDS | DAY_FIELDS).items()]
    fields += [
        ("videos", name, scope) for name, scope in VIDEO_FIELDS.items() if name not in CURVES
    ]
    rows = [
        ("video" if endpoint == "videos" else "account", code(name), code(scope))
        for endpoint, name, scope in fields
        if (endpoint, name) not in named
    ]
    return [("day", code("followers_count"), code("user.info.stats")), *rows]


def _type(column: Column) -> str:
    words = column.type + (", JSON" if column.json else "")
    return f"{words}, never null" if column.required else words


def _source(column: Column) -> str:
    if column.origin == "sync":
        return "the connector"
    if column.name == "date":
        return "TikTok"
    fields = {"account": ACCOUNT_FIELDS, "day": DAY_FIELDS, "video": VIDEO_FIELDS}[column.origin]
    return f"TikTok, {code(fields[column.name])}"
