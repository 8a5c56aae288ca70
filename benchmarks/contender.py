"""The contenders: how each is prepared, run, and checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment import HERE, python_with
from simulator import Simulator

OURS = str(Path(sys.executable).with_name("tiktok-organic"))
HELP = [OURS, "--help"]
MANY = "1000000"


class Wrong(Exception):
    """A contender failed, or did not load what it should have."""


@dataclass(frozen=True)
class Run:
    """The input of a contender's run: the account, the folder, the tables."""

    simulator: Simulator
    home: Path
    tables: Path

    @property
    def file(self) -> Path:
        return self.home / "warehouse.duckdb"


class Contender:
    """A script of `contenders/`, in the environment of its requirements."""

    def __init__(self, key: str, title: str, script: str, requirements: str | None) -> None:
        self.key, self.title, self._script = key, title, str(HERE / "contenders" / script)
        self._requirements = requirements
        self.schema = "tiktok"
        self.python = Path(sys.executable)

    def install(self) -> None:
        """Install the environment. Raises Absent."""
        if self._requirements:
            self.python = python_with(self._requirements)

    def prepare(self, run: Run) -> None:
        run.home.mkdir(parents=True)

    def environment(self, run: Run) -> dict[str, str]:
        token, account = run.simulator.token
        return {
            "BENCH_API": run.simulator.api_url,
            "BENCH_TOKEN": token,
            "BENCH_ACCOUNT": account,
            "BENCH_FILE": str(run.file),
            "BENCH_TABLES": str(run.tables),
        }

    def commands(self, run: Run) -> list[list[str]]:  # noqa: ARG002 - others need it
        return [[str(self.python), self._script]]


class Singer(Contender):
    """Two processes: the Singer tap writes what the target reads."""

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        (run.home / "tap.json").write_text("{}")
        target = {"path": str(run.file), "default_target_schema": self.schema}
        (run.home / "target.json").write_text(json.dumps(target))

    def commands(self, run: Run) -> list[list[str]]:
        tap = [str(self.python), self._script, "--config", str(run.home / "tap.json")]
        target = [
            str(self.python.with_name("target-duckdb")),
            "--config",
            str(run.home / "target.json"),
        ]
        return [tap, target]


class Ours(Contender):
    """The product's command line.

    `most`: requests a minute for one account; with many, the timeline may be read in parallel, with
    few it cannot. `options`: of `connect`.
    """

    def __init__(
        self,
        key: str = "ours",
        title: str = "tiktok-organic",
        most: str = MANY,
        options: tuple[str, ...] = (),
    ) -> None:
        super().__init__(key, title, "", None)
        self.schema = "bench"
        self._most = most
        self._options = options

    def prepare(self, run: Run) -> None:
        """Connect with a real consent."""
        command = [
            OURS,
            "connect",
            "--json",
            "--name",
            "bench",
            "--dataset",
            self.schema,
            "--schedule",
            "off",
            *self._options,
        ]
        environment = {**os.environ, **self.environment(run)}
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            line = process.stdout.readline() if process.stdout else ""
            address = json.loads(line or "{}").get("authorize_url")
            landed = run.simulator.consent(address) if address else ""
            out, errors = process.communicate(f"{landed}\n")
        if process.returncode:
            raise Wrong(f"connecting failed: {out}{errors}")

    def environment(self, run: Run) -> dict[str, str]:
        return {
            "TIKTOK_ORGANIC_HOME": str(run.home),
            "TIKTOK_ORGANIC_CLIENT_KEY": "7500000000000000001",
            "TIKTOK_ORGANIC_CLIENT_SECRET": "demo-secret-of-the-simulator",
            "TIKTOK_ORGANIC_REDIRECT_URL": "https://localhost/",
            "TIKTOK_ORGANIC_API_URL": run.simulator.api_url,
            "TIKTOK_ORGANIC_AUTHORIZE_URL": run.simulator.authorize_url,
            "TIKTOK_ORGANIC_QPS": MANY,
            "TIKTOK_ORGANIC_QPM": MANY,
            "TIKTOK_ORGANIC_ACCOUNT_QPM": self._most,
        }

    def commands(self, run: Run) -> list[list[str]]:  # noqa: ARG002 - the settings say it all
        return [[OURS, "sync", "bench", "--json"]]


def contenders() -> list[Contender]:
    """Return all contenders, ours first, then the reference."""
    return [
        Ours(),
        Ours("tables", "tiktok-organic, without views", options=("--no-views",)),
        Contender("script", "(a) requests, row inserts", "straightforward.py", "straightforward"),
        Contender("dlt", "(b) dlt REST pipeline", "dlt_pipeline.py", "dlt"),
        Singer("singer", "(c) Singer tap, target-duckdb", "singer_tap.py", "singer"),
        Contender("floor", "(d) floor: httpx2, msgspec, Arrow", "floor.py", None),
    ]


def save_tables(path: Path) -> None:
    """Save the product's tables as JSON, for contenders that cannot import it."""
    from tiktok_organic.reports import REPORTS

    tables = {
        name: {
            "key": list(report.table.key),
            "columns": [
                {"name": c.name, "type": c.type, "origin": c.origin, "json": c.json}
                for c in report.table.columns
            ],
        }
        for name, report in REPORTS.items()
    }
    path.write_text(json.dumps(tables))


def check(contender: Contender, run: Run, videos: int) -> None:
    """Check every table with every column, and the newest sync with every video once.

    Raises Wrong.
    """
    import duckdb

    tables: dict[str, Any] = json.loads(run.tables.read_text())
    with duckdb.connect(str(run.file), read_only=True) as connection:
        found: dict[str, set[str]] = {}
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ?"
        )
        for table, column in connection.execute(query, [contender.schema]).fetchall():
            found.setdefault(table, set()).add(column)
        for name, table in tables.items():
            missing = {column["name"] for column in table["columns"]} - found.get(name, set())
            if missing:
                raise Wrong(f"{name} lacks {', '.join(sorted(missing))}")
        counted = connection.execute(
            "SELECT count(*), count(DISTINCT item_id), count(create_time) "
            f"FROM {contender.schema}.video_snapshot_metric "
            "WHERE _quanti_sync_date = (SELECT max(_quanti_sync_date) FROM "
            f"{contender.schema}.video_snapshot_metric)"
        ).fetchall()[0]
        days, profiles = connection.execute(
            f"SELECT (SELECT count(*) FROM {contender.schema}.profile_daily_metric), "
            f"(SELECT count(*) FROM {contender.schema}.profile)"
        ).fetchall()[0]
    if counted != (videos, videos, videos):
        raise Wrong(f"{videos} videos, but (rows, ids, times) are {counted}")
    if not days or not profiles:
        raise Wrong(f"{days} days and {profiles} profiles")


def keep(home: Path) -> None:
    """Save the home."""
    shutil.copytree(home, _kept(home))


def restore(home: Path) -> None:
    """Restore the saved home."""
    shutil.rmtree(home)
    shutil.copytree(_kept(home), home)


def _kept(home: Path) -> Path:
    return home.with_name(f"{home.name}.kept")
