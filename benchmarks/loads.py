"""How quickly rows become a table: our warehouses beside dlt, which merges the same Arrow rows.

Each load writes rows over the same rows, in a process of its own. DuckDB always; PostgreSQL when
TIKTOK_ORGANIC_TEST_POSTGRES names a scratch database (its schemas bench_ours and bench_dlt are left
behind).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from environment import FOLDER, HERE, Absent, python_with
from measure import Failed, Figures, measure

SIZES = (1, 60, 500, 50_000)


@dataclass(frozen=True)
class Loader:
    """A contender: a script of `contenders/` and its interpreter."""

    title: str
    python: Path
    script: str

    def load(self, url: str, rows: Path, folder: Path) -> tuple[float, Figures]:
        """Return the seconds of the load alone, and the figures of the whole process.

        Raises Failed.
        """
        seconds = folder / "seconds"
        variables = {
            "BENCH_URL": url,
            "BENCH_ROWS": str(rows),
            "BENCH_FOLDER": str(folder / "pipelines"),
            "BENCH_SECONDS": str(seconds),
        }
        figures = measure(
            [[str(self.python), str(HERE / "contenders" / self.script)]], variables, folder / "log"
        )
        return float(seconds.read_text()), figures


def invent(count: int, path: Path) -> None:
    """Write a Parquet file with this many rows of the widest table."""
    import pyarrow.parquet as pq

    from tiktok_organic.reports import REPORTS

    moment = datetime(2026, 11, 1, tzinfo=UTC)
    kinds = {
        "INTEGER": 1234567,
        "FLOAT": 12.5,
        "TIMESTAMP": moment,
        "STRING": "A text about as long as captions are.",
    }
    table = REPORTS["video_snapshot_metric"].table
    countries = '[{"country":"US","percentage":0.42},{"country":"DE","percentage":0.58}]'

    def row(number: int) -> list[object]:
        values: dict[str, object] = {
            c.name: countries if c.json else kinds[c.type] for c in table.columns
        }
        return list({**values, "item_id": f"7{number:018}", "_quanti_sync_date": moment}.values())

    with pq.ParquetWriter(path, table.schema) as writer:
        for batch in table.batches(row(number) for number in range(count)):
            writer.write_batch(batch)


def destinations(folder: Path) -> dict[str, str]:
    """Return addresses by name, in the order of the table."""
    found = {"DuckDB": f"duckdb:///{folder / 'warehouse.duckdb'}"}
    postgres = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    return found | ({"PostgreSQL": postgres} if postgres else {})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    lines: list[list[str]] = []
    loaders = [Loader("tiktok-organic", Path(sys.executable), "load_ours.py")]
    troubles: list[str] = []
    try:
        loaders.append(Loader("dlt, Arrow upsert", python_with("dlt_arrow"), "load_dlt.py"))
    except Absent as error:
        troubles.append(f"dlt is ABSENT, it could not be installed: {error}")
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="loads-") as name:
        for count in options.rows:
            rows = Path(name) / f"{count}.parquet"
            invent(count, rows)
            for kind in destinations(Path(name)):
                lines += _compare(
                    loaders,
                    kind,
                    count,
                    rows,
                    Path(name) / f"{kind}-{count}",
                    options.rounds,
                    troubles,
                )
    _show(lines, troubles)


def _compare(
    loaders: list[Loader],
    kind: str,
    count: int,
    rows: Path,
    folder: Path,
    rounds: int,
    troubles: list[str],
) -> list[list[str]]:
    """Run all contenders in turn; the first round creates the table and is not counted."""
    seconds: dict[str, list[float]] = {}
    figures: dict[str, list[Figures]] = {}
    for number in range(rounds + 1):
        for place, loader in enumerate(loaders):
            own = folder / str(place)
            own.mkdir(parents=True, exist_ok=True)
            try:
                took, process = loader.load(destinations(own)[kind], rows, own)
            except Failed as error:
                troubles.append(f"{loader.title}, {kind}, {count} rows: {error}")
                continue
            if number:
                seconds.setdefault(loader.title, []).append(took)
                figures.setdefault(loader.title, []).append(process)
    lines = []
    for title, took_all in seconds.items():
        took, middle = median(took_all), Figures.middle(figures[title])
        other = median(seconds.get("dlt, Arrow upsert", [took]))
        line = [
            kind,
            f"{count:,}",
            title,
            f"{took:.3f}",
            f"{count / took:,.0f}",
            f"{took / other:.2f}",
        ]
        lines.append(
            [*line, f"{middle.wall:.2f}", f"{middle.cpu:.2f}", f"{middle.memory / 1e6:.0f}"]
        )
    return lines


def _show(lines: list[list[str]], troubles: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title="Rows over the same rows; × is the load's time compared with dlt's",
        title_justify="left",
    )
    for name in (
        "DESTINATION",
        "ROWS",
        "WHO",
        "LOAD s",
        "ROWS/s",
        "×",
        "PROCESS s",
        "CPU s",
        "PEAK MB",
    ):
        table.add_column(
            name, justify="left" if name in ("DESTINATION", "WHO") else "right", no_wrap=True
        )
    for line in lines:
        table.add_row(*line)
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table)
    for trouble in troubles:
        console.print(f"! {trouble}", markup=False)


if __name__ == "__main__":
    main()
