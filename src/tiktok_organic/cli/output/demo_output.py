"""The output of the demo: events, the tables, and questions with their results."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DemoClock
from tiktok_organic.actions.demo.run_demo import (
    Lived,
    QueryResult,
    count_tables,
    database_path,
    live,
    questions,
)
from tiktok_organic.actions.runs.run_document import run_document
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.options import OPENED, TIME
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, say
from tiktok_organic.cli.server.listen_address import Listening
from tiktok_organic.connector import Connector
from tiktok_organic.loopback import LOOPBACK
from tiktok_organic.settings import Settings
from tiktok_organic.sync.run_status import RunStatus

__all__ = ["show_arrived", "show_demo"]


def show_demo(output: Output, home: Path | None, *, days: int, keep_running: int | None) -> bool:
    """Run the demo in `home` (a new temporary folder by default).

    Return whether its last sync succeeded. `keep_running`: the port on which the web page is served
    afterwards, until it is stopped.
    """
    folder = home.absolute() if home else Path(tempfile.mkdtemp(prefix="tiktok-organic-demo-"))
    clock = DemoClock(TIME.get())
    app = App(Settings(home=folder), clock=clock)
    OPENED.get().append(app)
    demo = DemoTikTok(app)
    try:
        say("A simulator of TikTok in this process invents every account and number below.")
        connector, lived = live(app, demo, clock, days, say)
        rows, results = count_tables(app.warehouse, connector), questions(connector)
        document = _document(connector, lived, rows, results)
        if keep_running is None or not output.json:
            output.document(document, lambda: show_arrived(connector, lived, rows, results))
    finally:
        demo.close()
    if keep_running is not None:
        from tiktok_organic.cli.server.server_process import serve_until_signalled

        def ready(listening: Listening) -> None:
            listening.announce(output, document)

        serve_until_signalled(app, LOOPBACK, keep_running, patience=10.0, at_once=4, ready=ready)
    return lived.run.status == RunStatus.SUCCEEDED


def _document(
    connector: Connector, lived: Lived, rows: dict[str, int], results: list[QueryResult]
) -> dict[str, Any]:
    return {
        "connector": connector_document(connector, lived.run),
        "run": run_document(lived.run, advice_for),
        "tables": rows,
        "database": str(database_path(connector)),
        "first_sync": lived.first.isoformat(),
        "syncs": dict(lived.statuses),
        "events": [{"date": str(one.date), "text": one.text} for one in lived.happenings],
        "answers": [
            {
                "question": result.question,
                "query": result.query,
                "columns": result.columns,
                "rows": [[_plain(value) for value in row] for row in result.rows],
            }
            for result in results
        ],
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | None) else str(value)


def show_arrived(
    connector: Connector, lived: Lived, rows: dict[str, int], results: list[QueryResult]
) -> None:
    """Show the events, the tables, the results, the file's path, and a query to try."""
    syncs = ", ".join(f"{count} {status}" for status, count in lived.statuses.items())
    out.show(f"\nSyncs since {lived.first}: {syncs}.")
    for one in lived.happenings:
        out.show(f"  {one.date}  {one.text}")
    out.show()
    counted = [(f"{connector.dataset}.{name}", f"{count:,}") for name, count in rows.items()]
    out.show_table("Tables", ("TABLE", "ROWS"), counted, right=("ROWS",))
    for result in results:
        out.show()
        shown = [tuple(_cell(value) for value in row) for row in result.rows]
        numbers = tuple(result.columns[1:])
        out.show(result.question)
        out.show_table("", tuple(result.columns), shown, right=numbers)
    path = database_path(connector)
    out.show(f"\nThe DuckDB file: {path}\nQuery it yourself:\n")
    query = (
        f"FROM {connector.dataset}.profile_daily_metric SELECT date, video_views, likes ORDER BY "
        "date DESC LIMIT 5"
    )
    connect = f"import duckdb; duckdb.connect(r'{path}', read_only=True)"
    out.show(f"  {sys.executable} -c \"{connect}.sql('{query}').show()\"")


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split())
