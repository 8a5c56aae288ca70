"""A fleet of accounts that are all due at once: how much of TikTok's limits is used, and whether
one is ever broken.

    python benchmarks/fleet.py [--connectors 1000] [--workers 1,2,4] [--speed 5]
    python benchmarks/fleet.py --connectors 120 --videos 57 --latency 0.15 --workers 1 --speed 1

`--busy`: another process keeps one core busy meanwhile.

The simulator counts requests as TikTok does (10 a second, 600 a minute, 40 a minute per account and
endpoint) in a process of its own; every worker is a process. `--speed` lets time run faster for all
of them, TikTok included. The store is PostgreSQL when TIKTOK_ORGANIC_TEST_POSTGRES names a server
(a new database is made and dropped), else SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

PER_MINUTE = 600
IDLE_SECONDS = 20
REACTIONS = 5
AIM = 0.95


class FastClock:
    """A clock that runs `speed` times as fast as the machine's since `start`."""

    def __init__(self, start: float, speed: float) -> None:
        self._start, self._speed = start, speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._start + (time.time() - self._start) * self._speed, UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds / self._speed))

    def monotonic(self) -> float:
        return time.monotonic() * self._speed


@dataclass(frozen=True)
class Measured:
    """One round.

    `seconds` by the fleet's clock. `processor`: CPU seconds of the workers, start included. `idle`:
    the share of a core that one worker takes with nothing to do; `reaction`: seconds from a
    person's order to its first request (both by the machine's clock).
    """

    workers: int
    seconds: float
    requests: int
    throttled: int
    megabytes: float
    succeeded: int
    processor: float
    idle: float
    reaction: float

    @property
    def used(self) -> float:
        return self.requests / PER_MINUTE * 60 / self.seconds


def simulate(options: argparse.Namespace) -> None:
    """Serve TikTok with that many accounts; their tokens are the first line of output."""
    from tiktok_organic.simulator import serve
    from tiktok_organic.simulator.world import World

    # TikTok counts a request when it arrives, not when a thread runs.
    sys.setswitchinterval(0.0005)
    world = World(FastClock(options.start, options.speed).now, demo=False)
    jitter = 0.0 if options.latency else 0.1
    world.settings.update(
        latency=(options.latency or 0.25) / options.speed, latency_jitter=jitter / options.speed
    )
    dice = Random(7)
    for number in range(options.connectors):
        videos = options.videos or dice.randint(5, 400)
        world.accounts.add(f"account{number}", videos=videos)
    grants = [world.token(f"account{number}") for number in range(options.connectors)]

    def tell(simulator: Any) -> None:
        print(
            json.dumps({"url": simulator.url, "api_url": simulator.api_url, "grants": grants}),
            flush=True,
        )

    serve("127.0.0.1", 0, tell, world=world)


def work(options: argparse.Namespace) -> None:
    """Run one worker like `tiktok-organic worker`, with the fleet's clock."""
    from tiktok_organic.actions.operation.engine_setup import make_engine
    from tiktok_organic.app import App
    from tiktok_organic.cli.advice import advice_for
    from tiktok_organic.settings import Settings

    app = App(Settings.read(os.environ), clock=FastClock(options.start, options.speed))
    make_engine(app, advice_for, at_once=options.at_once).start(schedule=True)
    while True:
        time.sleep(3600)


def round_of(workers: int, options: argparse.Namespace) -> Measured:
    """Set up a fleet, start that many workers, and wait until every connector is synced."""
    options.start = time.time()
    with (
        tempfile.TemporaryDirectory() as folder,
        _store(Path(folder)) as variables,
        _started(options, "simulate") as tik,
    ):
        told = json.loads(tik.stdout.readline())
        os.environ.update(variables | {"TIKTOK_ORGANIC_API_URL": told["api_url"]})
        app = _connect_all(options, told["grants"])
        hands = [_start(options, "work") for _ in range(workers)]
        busy = [_spinning()] if options.busy else []
        try:
            pids = [hand.pid for hand in hands]
            seconds, requests, throttled, peak, well = _watch(app, options, pids)
            processor = _processor_seconds(pids)
            idle = _idle(pids)
            reaction = _reaction(app, told["url"])
            return Measured(
                workers, seconds, requests, throttled, peak, well, processor, idle, reaction
            )
        finally:
            for hand in [*hands, *busy]:
                hand.kill()
                hand.wait()
            app.close()


def _watch(
    app: Any, options: argparse.Namespace, pids: list[int]
) -> tuple[float, int, int, float, int]:
    begun, peak = None, 0.0
    while True:
        time.sleep(1)  # looking reads every run: seldom, beside the workers
        runs = app.runs.newest()
        if begun is None and any(run.requests or run.progress for run in runs):
            begun = min(run.started_at for run in runs if run.started_at)
        peak = max([peak, *(_megabytes(pid) for pid in pids)])
        if len(runs) == options.connectors and not any(
            run.unfinished or run.next_attempt_at for run in runs
        ):
            break
    ended = max(run.finished_at for run in runs)
    requests, throttled = sum(run.requests for run in runs), sum(run.throttled for run in runs)
    well = sum(run.status == "succeeded" for run in runs)
    return (ended - begun).total_seconds(), requests, throttled, peak, well


def _idle(pids: list[int]) -> float:
    before = _processor_seconds(pids)
    time.sleep(IDLE_SECONDS)
    return (_processor_seconds(pids) - before) / IDLE_SECONDS / len(pids)


def _processor_seconds(pids: list[int]) -> float:
    ticks = [
        Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids
    ]
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


def _reaction(app: Any, simulator: str) -> float:
    """Return the median seconds between ordering a run and its first request to TikTok."""
    from tiktok_organic.actions.operation.engine_setup import make_engine
    from tiktok_organic.actions.runs.order_run import order_run
    from tiktok_organic.cli.advice import advice_for

    make_engine(app, advice_for)  # which tells the workers of orders, as that of `serve` does
    took = []
    for connector in app.connectors.all()[:REACTIONS]:
        asked = _asked(simulator)
        begun = time.monotonic()
        order_run(app, connector, window=None)
        while _asked(simulator) == asked:
            time.sleep(0.005)
        took.append(time.monotonic() - begun)
        while any(run.unfinished for run in app.runs.newest(connector.id)):
            time.sleep(0.1)
    return sorted(took)[len(took) // 2]


def _asked(simulator: str) -> int:
    with urllib.request.urlopen(f"{simulator}/_simulator/requests?latest=0", timeout=10) as answer:
        return int(json.load(answer)["total"])


def _connect_all(options: argparse.Namespace, grants: list[dict[str, Any]]) -> Any:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector, Schedule
    from tiktok_organic.reports import REPORTS
    from tiktok_organic.settings import Settings
    from tiktok_organic.tiktok.scopes import SCOPES
    from tiktok_organic.tiktok.token_pair import TokenPair

    app = App(Settings.read(os.environ), clock=FastClock(options.start, options.speed))
    now, place = app.clock.now(), app.settings.warehouse
    connectors, kept_tokens = app.connectors, app.tokens
    with app.database.begin() as connection:
        for number, grant in enumerate(grants):
            name = f"account{number}"
            connector = Connector(
                name, name, grant["open_id"], name, (), name, "", f"t_{name}", place,
                tuple(REPORTS), Schedule(), 5,
                "active", "", SCOPES, app.settings.api_url, now, None, now, None,
            )  # fmt: skip
            tokens = TokenPair(
                grant["access_token"], now + timedelta(days=1), grant["refresh_token"],
                now + timedelta(days=365),
                grant["open_id"], SCOPES,
            )  # fmt: skip
            connectors.add(connector, connection)
            kept_tokens.write(connector.id, tokens, now, connection)
    return app


@contextmanager
def _store(folder: Path) -> Iterator[dict[str, str]]:
    """Return settings of a new, empty installation."""
    from cryptography.fernet import Fernet

    from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET

    settings = {
        "HOME": str(folder),
        "CLIENT_KEY": DEMO_CLIENT_KEY,
        "CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "REDIRECT_URL": "https://fleet.example/",
        "SECRET_KEY": Fernet.generate_key().decode(),
    }
    server = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if not server:
        yield {f"TIKTOK_ORGANIC_{name}": value for name, value in settings.items()}
        return
    import psycopg

    name = f"fleet_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        address = f"{server.rpartition('/')[0]}/{name}"
        settings |= {"STORE_URL": address, "DESTINATION": address}
        try:
            yield {f"TIKTOK_ORGANIC_{key}": value for key, value in settings.items()}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _spinning() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", "while True: pass"], text=True)


def _start(options: argparse.Namespace, part: str) -> subprocess.Popen[str]:
    given = {
        name: getattr(options, name)
        for name in ("connectors", "speed", "start", "videos", "latency")
    }
    words = [f"--{name}={value}" for name, value in {**given, "at-once": options.at_once}.items()]
    return subprocess.Popen(
        [sys.executable, __file__, f"--part={part}", *words], stdout=subprocess.PIPE, text=True
    )


@contextmanager
def _started(options: argparse.Namespace, part: str) -> Iterator[Any]:
    process = _start(options, part)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--connectors", type=int, default=1000)
    options.add_argument("--workers", default="1,2,4")
    options.add_argument("--speed", type=float, default=5.0)
    options.add_argument("--videos", type=int, default=0, help="of each; by default 5 to 400")
    options.add_argument("--latency", type=float, default=0.0, help="seconds of each request")
    options.add_argument("--busy", action="store_true", help="keep a core busy beside it")
    options.add_argument("--at-once", type=int, default=8)
    options.add_argument("--part", choices=("simulate", "work"), help=argparse.SUPPRESS)
    options.add_argument("--start", type=float, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.part:
        {"simulate": simulate, "work": work}[chosen.part](chosen)
        return
    videos = chosen.videos or "5 to 400"
    print(f"{chosen.connectors} connectors of {videos} videos, time {chosen.speed:g} times as fast")
    print(
        "workers  synced  requests  took min  least min  of limit  throttled  MB each  "
        "CPU ms a sync  idle core  first request s"
    )
    for number in (int(part) for part in chosen.workers.split(",")):
        m = round_of(number, chosen)
        print(
            f"{m.workers:7}  {m.succeeded:6}  {m.requests:8}  {m.seconds / 60:8.2f}  "
            f"{m.requests / PER_MINUTE:9.2f}"
            f"  {m.used:8.1%}  {m.throttled:9}  {m.megabytes:7.0f}  "
            f"{m.processor / max(1, m.succeeded) * 1000:13.0f}  {m.idle:9.2%}  "
            f"{m.reaction:15.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
