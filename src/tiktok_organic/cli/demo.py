"""What the demo shows: tables, a picture of the account's days, where the file is, a query to try."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tiktok_organic.actions.demo import Shown, database_path, recover_demo, tables
from tiktok_organic.actions.demo_tiktok import DemoTikTok
from tiktok_organic.actions.documents import connector_document, run_document
from tiktok_organic.app import App
from tiktok_organic.cli import output as out
from tiktok_organic.cli.listening import Listening
from tiktok_organic.cli.options import OPENED, TIME
from tiktok_organic.cli.output import Output, say
from tiktok_organic.cli.progress import showing_progress
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.sync.run import Run

__all__ = ["show_arrived", "show_demo"]

_BARS = " ▁▂▃▄▅▆▇█"


def show_demo(output: Output, home: Path | None, *, keep_running: int | None) -> bool:
    """Run the demo in `home` (a new temporary folder by default); whether its sync succeeded.

    `keep_running`: the port on which the web page is served afterwards, until somebody stops it.
    """
    folder = home.absolute() if home else Path(tempfile.mkdtemp(prefix="tiktok-organic-demo-"))
    app = App(Settings(home=folder), clock=TIME.get())
    OPENED.get().append(app)
    demo = DemoTikTok(app)
    try:
        say(f"TikTok simulator at {demo.start()}: every account and number below is invented.")
        connector = demo.connect()
        say(f"Connected @{connector.username} through TikTok's consent, as {connector.name!r}.")
        with showing_progress("recovering 60 days") as progress:
            run = recover_demo(app, connector, progress)
        connector = app.connectors.get(connector.id)
        arrived = tables(app, connector)
        document = _document(connector, run, arrived)
        if keep_running is None or not output.json:
            output.document(document, lambda: show_arrived(connector, run, arrived))
    finally:
        demo.close()
    if keep_running is not None:
        from tiktok_organic.cli.serving import serve_until_told

        def ready(listening: Listening) -> None:
            listening.tell(output, document)

        serve_until_told(app, "127.0.0.1", keep_running, patience=10.0, at_once=4, ready=ready)
    return run.status == "succeeded"


def _document(connector: Connector, run: Run, arrived: list[Shown]) -> dict[str, Any]:
    return {
        "connector": connector_document(connector, run),
        "run": run_document(run),
        "tables": {shown.table: len(shown.rows) for shown in arrived},
        "database": str(database_path(connector)),
    }


def show_arrived(connector: Connector, run: Run, arrived: list[Shown]) -> None:
    """The tables, a picture of the days, where the file is, a query to try."""
    path, dataset = database_path(connector), connector.dataset
    names = {shown.table: shown.rows for shown in arrived}
    daily = names["profile_daily_metric"]
    out.show()
    rows = [
        (f"{dataset}.{shown.table}", f"{len(shown.rows):,}", _glimpse(shown)) for shown in arrived
    ]
    out.show_table("What arrived", ("TABLE", "ROWS", "FOR EXAMPLE"), rows, right=("ROWS",))
    out.show()
    if daily:
        _picture(daily, names["profile_snapshot_metric"])
    out.show(
        f"Window {run.window_start} to {run.window_end}: {len(daily)} of 60 days. The latest follow when TikTok has"
    )
    out.show(f"counted them, in 24 to 48 hours. {run.requests} requests, one commit, run {run.id}.")
    out.show(f"\nThe DuckDB file: {path}\nTry:\n")
    query = f"FROM {dataset}.profile_daily_metric SELECT date, video_views, likes ORDER BY date DESC LIMIT 5"
    out.show(
        f"  {sys.executable} -c \"import duckdb; duckdb.connect(r'{path}', read_only=True).sql('{query}').show()\""
    )


def _glimpse(shown: Shown) -> str:
    if not shown.rows:
        return "–"
    row = shown.rows[-1]
    if shown.table == "profile":
        return f"{row['display_name']} (@{row['username']})"
    if shown.table == "profile_snapshot_metric":
        return f"{row['followers_count']:,} followers, {row['total_likes']:,} likes"
    if shown.table == "profile_daily_metric":
        return f"{row['date']}: {row['video_views']:,} views, {row['likes']:,} likes"
    best = shown.rows[0]
    return f"{best['video_views']:,} views: {' '.join(str(best['caption'] or '').split())[:40]}"


def _picture(daily: list[dict[str, Any]], snapshots: list[dict[str, Any]]) -> None:
    """Daily views as columns, followers as a line of their own below."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 100)
    views = [row["video_views"] or 0 for row in daily]
    followers = _followers(daily, snapshots)
    first, last = daily[0]["date"], daily[-1]["date"]
    console.print(Text("Views a day", style="bold"), Text(f"  highest {max(views):,}", style="dim"))
    for line in _columns(views, height=6):
        console.print(Text(line, style="cyan"))
    console.print(Text(f"{first:%b %d}{'':<{max(1, len(views) - 12)}}{last:%b %d}", style="dim"))
    console.print()
    change = followers[-1] - followers[0]
    console.print(
        Text("Followers", style="bold"),
        Text(f"  {followers[0]:,} → {followers[-1]:,} ({change:+,})", style="dim"),
    )
    for line in _columns([value - min(followers) for value in followers], height=3):
        console.print(Text(line, style="magenta"))
    console.print()


def _followers(daily: list[dict[str, Any]], snapshots: list[dict[str, Any]]) -> list[int]:
    """The number of followers at the end of each day, back from the count of now by what was won and lost."""
    total = (snapshots[-1]["followers_count"] or 0) if snapshots else 0
    totals = []
    for row in reversed(daily):
        totals.append(total)
        total -= (row["daily_new_followers"] or 0) - (row["daily_lost_followers"] or 0)
    return totals[::-1]


def _columns(values: list[int], height: int) -> list[str]:
    """Columns of `height` lines, an eighth of a line exact."""
    top = max(max(values), 1)
    eighths = [round(value / top * height * 8) for value in values]
    return [
        "".join(_BARS[min(8, max(0, eighth - 8 * line))] for eighth in eighths)
        for line in range(height - 1, -1, -1)
    ]
