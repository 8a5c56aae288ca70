"""`tables.md`: the four tables, every column of them, and what else is asked for."""

from __future__ import annotations

from generator import markdown
from generator.markdown import code, link, table
from tiktok_organic.reports import REPORTS, Report
from tiktok_organic.table import Column
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, CURVES, DAY_FIELDS, VIDEO_FIELDS
from tiktok_organic.warehouse.sql import BIGQUERY, DUCKDB, POSTGRES

INTRODUCTION = """
A connector fills up to four tables in one dataset. You choose which at
[`connect`](commands.md#connect) and can change your mind with [`edit`](commands.md#edit). Column
names, types and their order are a promise: they only ever grow. The descriptions below are also in
the warehouse, as comments on tables and columns.

[Questions](questions.md) has twenty questions with their queries; [history tables and
views](history.md) describes what they read.

The examples run as they stand after `tiktok-organic demo`; for your own data put your dataset's
name in the place of `tiktokorganic_demo_bakery`. They are written for DuckDB. BigQuery and
PostgreSQL want small changes.
"""

VALUES = """
- **Times** are UTC, exact to the microsecond. **Days** are UTC days, because TikTok counts in UTC.
- **null** means that TikTok sent nothing, or nothing that can be read. It never means zero.
- **JSON columns** hold the array as TikTok sent it, as text: only spaces outside strings are gone.
  `'[]'` means that TikTok sent an empty list, as it does for the audience of accounts below 100
  followers; null means that it sent none.
- **Moment of the sync** (`_quanti_sync_date`) is fixed when a sync is ordered. It is the same in
  all tables of one sync, and a sync that is tried again keeps it.
- A value that cannot be read (text where a number belongs, a number beyond 64 bits) becomes null
  and is counted on the run: see `findings` in [the document of a
  run](commands.md#the-document-of-a-run).
"""

_ENDPOINTS = {"account": "business/get/", "videos": "business/video/list/"}

NOTES = {
    "profile": """
When the account's username changes, its row is replaced by one under the new name: there is always
one row. The address in `profile_image` is signed and ends after some days. Keep the picture, not
the address.

```sql
SELECT username, display_name, is_verified, _quanti_loaded_at
FROM tiktokorganic_demo_bakery.profile;
```
""",
    "profile_snapshot_metric": """
A snapshot has no past: TikTok does not tell how many followers there were last month. Growth
becomes visible from the second sync on. The daily table knows more about the time before: followers
won and lost per day.

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
A day is written again whenever a sync reads it again: TikTok corrects days for about 48 hours, and
some figures come a day late. [Sync rules](sync.md) says when a day counts as final. Days that
TikTok has not counted yet have no row, and neither have days before the owner switched analytics on
in the app.

- A value that is stored is never replaced by an absent one. When TikTok leaves a figure out today
  that it told yesterday, yesterday's stays.
- After a change of username a day keeps its row, its `username` and its `_quanti_id`.
  `_quanti_ad_account` does not change: join and group on it.
- **Do not sum `daily_total_followers`.** TikTok's documents call it the net change of the day.
  Clients in production found a running total. It is stored as it comes; the net change can be had
  without it:

```sql
SELECT date, daily_new_followers - daily_lost_followers AS net_change
FROM tiktokorganic_demo_bakery.profile_daily_metric
ORDER BY date DESC
LIMIT 7;
```

- `unique_video_views` and `engaged_audience` count people per day. The same person may be in
  several days, so their sum over a month is no number of people.

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
Counters are totals over the life of a video. Do not subtract them by hand: TikTok counts one to two
days late, a new video's first views are in no difference, and a gap between syncs is not a day. The
view `video_daily` takes care of all that:

```sql
SELECT v.caption, sum(d.video_views) AS gained
FROM tiktokorganic_demo_bakery.video_daily AS d
JOIN tiktokorganic_demo_bakery.video_latest AS v ON v.item_id = d.item_id
WHERE d.date >= (SELECT max(date) - 7 FROM tiktokorganic_demo_bakery.video_daily)
GROUP BY v.item_id, v.caption
ORDER BY gained DESC
LIMIT 10;
```

- The table holds what was public at the moment of the sync. A video that was deleted or made
  private is in earlier snapshots only.
- TikTok drops six figures of a video that nobody touched for seven days, and gives them back after
  new activity. A snapshot says what TikTok said: they are null in it. What was known last:

```sql
SELECT item_id, reach, insights_as_of
FROM tiktokorganic_demo_bakery.video_latest
WHERE reach IS NOT NULL
ORDER BY reach DESC;
```

- TikTok stops counting a video 365 days after it was published.
- `item_id` is text, because it has 19 digits: JavaScript and spreadsheets round such a number.
- Photo posts and posts shown only as advertisements are in it too; TikTok lists them alike.
""",
}

ARCHIVE_ONLY = """
TikTok keeps no history, so every sync asks for each readable field whose permission was granted,
also for those that no table has. They stay in the [archive](archive.md). A later version that gives
one of them a column can fill it from there.

The two second-by-second curves of each video, {curves}, would be by far the
largest part of every answer: they are asked for with [`sync --curves`](commands.md#sync) alone.
"""


def section(report: Report) -> str:
    """The section of one report."""
    found = report.table
    facts = [
        (
            f"**One row per** {', '.join(map(code, found.key))}. "
            "Writing the same key again replaces the row."
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
    """The fields that are asked for and have no column."""
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
