"""How quickly commands start: `python benchmarks/start.py [--rounds 7]`.

Each command beside a bare import of the same libraries: everything of others that it imports, the
standard library included. The rest is our own: our modules, the store, and the work itself.
Seconds are CPU seconds of whole processes, medians, taken in turn.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contender import OURS, Ours, Run, save_tables
from measure import Figures, measure
from simulator import Simulator

VIDEOS = 57
AIM = 0.15
COMMANDS = {
    "--help": ["--help"],
    "connectors": ["connectors"],
    "sync, second time": ["sync", "bench"],
}
_SHOWN = 8
"""Libraries in the second table."""


def imported(command: list[str], environment: dict[str, str]) -> list[tuple[str, float]]:
    """Return every module that a command imports, and the milliseconds of it alone, in order."""
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tiktok_organic", *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split("|") for line in said.stderr.splitlines() if line.startswith("import time")]
    return [(name.strip(), int(alone.split(":")[1]) / 1000) for alone, _, name in lines[1:]]


def bare(modules: list[tuple[str, float]]) -> list[str]:
    """Return the command that imports the modules of others, in the same order."""
    names = [name for name, _ in modules if name.split(".")[0] != "tiktok_organic"]
    # Modules that a library tries to import and that this system does not have are skipped.
    code = (
        "import importlib\n"
        f"for name in {names!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError: pass"
    )
    return [sys.executable, "-c", code]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    shown, costs = Table(title="CPU seconds until the command has ended"), Table()
    for name in ("command", "complete", "its libraries", "above them", "aim"):
        shown.add_column(name, justify="left" if name == "command" else "right")
    costs.title = f"milliseconds of the libraries that a sync of {VIDEOS} videos imports"
    with tempfile.TemporaryDirectory() as folder, Simulator(VIDEOS) as simulator:
        tables, log = Path(folder) / "tables.json", Path(folder) / "log"
        save_tables(tables)
        ours, run = Ours(), Run(simulator, Path(folder) / "home", tables)
        ours.prepare(run)
        environment = ours.environment(run)
        measure(ours.commands(run), environment, log)
        modules: list[tuple[str, float]] = []
        for title, words in COMMANDS.items():
            modules = imported(words, environment)
            pair = ([OURS, *words], bare(modules))
            taken: list[list[Figures]] = [[], []]
            for _ in range(rounds):
                for command, runs in zip(pair, taken, strict=True):
                    runs.append(measure([list(command)], environment, log))
            complete, libraries = (Figures.middle(runs).cpu for runs in taken)
            above = complete - libraries
            shown.add_row(
                title,
                *(f"{seconds:.2f}" for seconds in (complete, libraries, above)),
                f"{AIM:.2f} {'met' if above <= AIM else 'MISSED'}",
            )
        _list(costs, modules)
    console = Console(width=100)
    console.print(shown)
    console.print(costs)


def _list(costs: Table, modules: list[tuple[str, float]]) -> None:
    """Fill the table of the libraries that cost most."""
    costs.add_column("library")
    costs.add_column("ms", justify="right")
    costs.add_column("modules", justify="right")
    spent, counts = defaultdict[str, float](float), Counter[str]()
    for name, milliseconds in modules:
        top = name.split(".")[0]
        library = "the standard library" if top in sys.stdlib_module_names else top
        spent[library] += milliseconds
        counts[library] += 1
    for library, milliseconds in sorted(spent.items(), key=lambda one: -one[1])[:_SHOWN]:
        costs.add_row(library, f"{milliseconds:.0f}", str(counts[library]))


if __name__ == "__main__":
    main()
