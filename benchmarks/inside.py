"""Figures that whole processes hide: `python benchmarks/inside.py [--rows 1100000]`.

What another connector costs in a process that works already, what BigQuery is asked for by a sync
(on the double of the tests), what views cost a sync, and how quickly the views answer.
Seconds are CPU seconds of this process unless the row says otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from tiktok_organic.actions.connectors.connect import create
from tiktok_organic.actions.connectors.connector_choices import Choices
from tiktok_organic.actions.connectors.consent import begin, finish
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, serve
from tiktok_organic.simulator.world import World
from tiktok_organic.sync.progress import silent

VIDEOS = 57
DAYS = 1_100
Line = tuple[str, str]


class LaterClock:
    """The machine's clock, some days ahead of it; shared with the simulator's process."""

    def __init__(self) -> None:
        self.days = multiprocessing.Value("i", 0)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days.value)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()

    def next_day(self) -> None:
        self.days.value += 1


def _simulate(clock: LaterClock, videos: dict[str, int], addresses: Any) -> None:
    """TikTok with these accounts, in a process of its own: its CPU is not ours."""
    world = World(clock.now, demo=False)
    world.settings.update(limits=False)
    for name, count in videos.items():
        world.accounts.add(name, videos=count)
    serve(
        on_listening=lambda found: addresses.send((found.api_url, found.authorize_url)), world=world
    )


class Installation:
    """A home with connectors of a simulator, whose days can pass."""

    def __init__(self, folder: Path, videos: dict[str, int], destination: str = "") -> None:
        self.clock = LaterClock()
        here, there = multiprocessing.Pipe()
        self._simulator = multiprocessing.Process(
            target=_simulate, args=(self.clock, videos, there), daemon=True
        )
        self._simulator.start()
        api_url, authorize_url = here.recv()
        values = {
            "HOME": str(folder),
            "CLIENT_KEY": DEMO_CLIENT_KEY,
            "CLIENT_SECRET": DEMO_CLIENT_SECRET,
            "REDIRECT_URL": "https://bench.example/",
            "API_URL": api_url,
            "AUTHORIZE_URL": authorize_url,
            "QPS": "1000000",
            "QPM": "1000000",
            "ACCOUNT_QPM": "1000000",
            **({"DESTINATION": destination} if destination else {}),
        }
        named = {f"TIKTOK_ORGANIC_{name}": value for name, value in values.items()}
        self.app = App(Settings.read(named), clock=self.clock)

    def connect(self, name: str, *, views: bool = True) -> Connector:
        """A connector of an account."""
        import httpx2

        address = begin(self.app, "the benchmark")
        answer = httpx2.get(f"{address}&simulator_decision=allow&simulator_account={name}")
        given = finish(self.app, answer.headers["location"], "the benchmark")
        return create(self.app, given, Choices(name=name, dataset=name, views=views))

    def sync(self, connector: Connector) -> float:
        """Sync it; CPU seconds of this process."""
        begun = time.process_time()
        run = sync(self.app, connector, silent)
        assert run.succeeded, run.cause
        return time.process_time() - begun

    def close(self) -> None:
        self.app.close()
        self._simulator.terminate()
        self._simulator.join()


@contextmanager
def installation(videos: dict[str, int], destination: str = "") -> Iterator[Installation]:
    with tempfile.TemporaryDirectory() as folder:
        made = Installation(Path(folder), videos, destination)
        try:
            yield made
        finally:
            made.close()


def another_connector(count: int) -> Iterator[Line]:
    """What a sync costs once the process works."""
    names = [f"account{number}" for number in range(count)]
    with installation(dict.fromkeys(names, VIDEOS)) as there:
        connectors = [there.connect(name) for name in names]
        first = there.sync(connectors[0])
        spent = [there.sync(connector) for connector in connectors[1:]]
        yield f"first sync of {VIDEOS} videos in a process", f"{first * 1000:.0f} ms CPU"
        yield "another connector, first sync", f"{statistics.median(spent) * 1000:.0f} ms CPU"
        there.clock.next_day()
        spent = [there.sync(connector) for connector in connectors]
        yield "another connector, next day", f"{statistics.median(spent) * 1000:.0f} ms CPU"


def with_and_without_views(rounds: int) -> Iterator[Line]:
    """The same account, synced day after day."""
    with installation({"with": VIDEOS, "without": VIDEOS}) as there:
        pair = [there.connect("with"), there.connect("without", views=False)]
        for connector in pair:
            there.sync(connector)
        spent: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(rounds):
            there.clock.next_day()
            for connector in pair:
                spent[connector.name].append(there.sync(connector))
        both, none = (statistics.median(spent[name]) for name in ("with", "without"))
        yield "a sync without views", f"{none * 1000:.0f} ms CPU"
        yield "a sync with views", f"{both * 1000:.0f} ms CPU ({both / none:.2f} ×)"


def bigquery() -> Iterator[Line]:
    """Requests, jobs and bytes billed of a first and of a second sync, on the double."""
    from warehouse.bigquery_double.server import BigQueryDouble

    with BigQueryDouble("my-project") as double:
        os.environ["BIGQUERY_EMULATOR_HOST"] = double.url
        with installation({"account": VIDEOS}, "bigquery://my-project") as there:
            connector = there.connect("account")
            for title in ("first", "second", "third"):
                requests, jobs = len(double.journal), len(double.jobs.all)
                double.jobs.polls = 1  # sent, waited for at the server, looked at
                there.sync(connector)
                made = list(double.jobs.all.values())[jobs:]
                billed = sum(job.outcome.billed for job in made) / 2**20
                asked = len(double.journal) - requests
                yield (
                    f"BigQuery, {title} sync in a process",
                    f"{asked} requests, {len(made)} job(s), {billed:.0f} MiB billed",
                )
                there.clock.next_day()


def views(rows: int) -> Iterator[Line]:
    """Wall seconds of the obvious queries, with so many rows of snapshots in DuckDB."""
    import duckdb

    with installation({"account": max(1, rows // DAYS)}) as there:
        connector = there.connect("account")
        there.sync(connector)
        file = there.app.settings.warehouse.removeprefix("duckdb:///")
        there.app.close()
        with duckdb.connect(file) as connection:
            _multiply(connection)
            found = connection.execute("SELECT count(*) FROM account.video_snapshot_metric")
            stored = found.fetchall()[0][0]
            for view, query in QUERIES.items():
                took = _seconds(lambda query=query: connection.execute(query).fetchall())
                yield f"{view}, {stored:,} snapshots", f"{took:.2f} s"


def _multiply(connection: Any) -> None:
    """Every snapshot and every sync again, for each day before."""
    columns = [
        row[0] for row in connection.execute("DESCRIBE account.video_snapshot_metric").fetchall()
    ]
    moments = {"_quanti_sync_date", "_quanti_loaded_at"}
    shown = ", ".join(
        f"{name} - to_days(n::INTEGER) AS {name}" if name in moments else name for name in columns
    )
    shown = shown.replace("video_views,", "greatest(0, video_views - n) AS video_views,", 1)
    connection.execute(
        f"INSERT INTO account.video_snapshot_metric BY NAME SELECT {shown} "
        f"FROM account.video_snapshot_metric, range(1, {DAYS}) AS days(n)"
    )
    connection.execute(
        "INSERT INTO account.sync_run BY NAME SELECT s.* REPLACE (sync_date - to_days(n::INTEGER) "
        f"AS sync_date, run_id || n AS run_id) FROM account.sync_run AS s, range(1, {DAYS}) AS "
        "days(n)"
    )


QUERIES = {
    "video_daily": "SELECT date, sum(video_views) FROM account.video_daily GROUP BY date",
    "video_latest": "SELECT count(*), sum(video_views) FROM account.video_latest",
    "video_by_age": "SELECT age_days, sum(video_views) FROM account.video_by_age GROUP BY age_days",
}


def _seconds(work: Callable[[], object], rounds: int = 3) -> float:
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_100_000, metavar="N")
    parser.add_argument("--connectors", type=int, default=10, metavar="N")
    parser.add_argument("--rounds", type=int, default=10, metavar="N")
    parser.add_argument("--only", nargs="+", choices=("connectors", "views", "bigquery", "queries"))
    options = parser.parse_args()
    parts = {
        "connectors": lambda: another_connector(options.connectors),
        "views": lambda: with_and_without_views(options.rounds),
        "bigquery": bigquery,
        "queries": lambda: views(options.rows),
    }
    for name, part in parts.items():
        if not options.only or name in options.only:
            for title, found in part():
                print(f"{title:50}{found}", flush=True)


if __name__ == "__main__":
    main()
