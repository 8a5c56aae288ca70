"""`make bench`: the product beside what people would otherwise write or run, on the same pages, as
whole processes.

Everybody syncs an account of the shipped simulator for the second time, into the DuckDB file of the
first time; in turn, several rounds (slow ones once); figures are medians. Absolute seconds are this
machine's, the ratios travel.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from itertools import product
from pathlib import Path

from aims import aims
from contender import (
    HELP,
    OURS,
    Contender,
    Ours,
    Run,
    Wrong,
    check,
    contenders,
    keep,
    restore,
    save_tables,
)
from environment import FOLDER, Absent
from measure import Failed, Figures, measure
from simulator import Simulator
from table import COLD, Result, show

PAGE = 20
CASES = ((57, 0), (2300, 0), (40_000, 0), (800, 150), (2300, 150))
"""Videos of the account, and milliseconds that each request takes."""
LARGE = 10_000
"""A larger account takes minutes if every page has a delay."""
TIMELINE = (800, 150)
"""Videos and milliseconds for the comparison of parallel and sequential reading."""
SLOW = 10.0
"""A contender whose first sync takes longer, in seconds, is measured once instead of each round."""


class Bench:
    """All measurements."""

    def __init__(self, folder: Path, wanted: list[Contender], rounds: int) -> None:
        self._folder = folder
        self._wanted = wanted
        self._rounds = rounds
        self.result = Result()
        save_tables(folder / "tables.json")

    def install(self) -> None:
        """Create environments for all.

        A contender that cannot be installed is listed and skipped.
        """
        for contender in list(self._wanted):
            try:
                contender.install()
            except Absent as error:
                self.result.troubles.append(
                    f"{contender.title} is ABSENT, it could not be installed: {error}"
                )
                self._wanted.remove(contender)

    def sizes(self, cases: Iterable[tuple[int, int]], *, long: bool) -> None:
        """Everybody, in these cases; a large account takes its time only when `long`, and then
        once.
        """
        for size, latency in cases:
            large = size > LARGE and latency > 0
            if not large or long:
                self._compare(size, latency, self._wanted, 1 if large else self._rounds)

    def timeline(self) -> None:
        """Measure the product with parallel reading, and with too few requests for it."""
        videos, latency = TIMELINE
        walking = Ours("walking", "tiktok-organic, walking", most=str(-(-videos // PAGE) + 1))
        measured = self.result.of(videos, latency, "ours") is not None
        self._compare(videos, latency, [walking] if measured else [Ours(), walking], self._rounds)

    def help(self) -> None:
        """Measure the time until `--help` is printed."""
        runs = [measure([HELP], {}, self._folder / "log") for _ in range(2 * self._rounds + 1)]
        self.result.add(0, 0, "help", "tiktok-organic --help", Figures.middle(runs[1:]))

    def listing(self) -> None:
        """The time of a command that only reads the store."""
        home = {"TIKTOK_ORGANIC_HOME": str(self._folder / "listing")}
        command = [[OURS, "connectors"]]
        runs = [measure(command, home, self._folder / "log") for _ in range(2 * self._rounds + 1)]
        title = "tiktok-organic connectors"
        self.result.add(0, 0, "listing", title, Figures.middle(runs[1:]))

    def _compare(self, videos: int, latency: int, wanted: list[Contender], rounds: int) -> None:
        with ExitStack() as open_:
            ready, slow = [], set[str]()
            for contender in wanted:
                # One simulator each: it caches its answers, and contenders request different
                # fields.
                simulator = open_.enter_context(Simulator(videos))
                run = Run(
                    simulator,
                    self._folder / contender.key / f"{videos}-{latency}",
                    self._folder / "tables.json",
                )
                first = self._prepare(contender, run, videos, latency)
                if first is not None:
                    ready.append((contender, run))
                    slow |= {contender.key} if first.wall > SLOW else set()
            found: dict[str, list[Figures]] = {}
            for number in range(rounds):
                for contender, run in ready:
                    if number and contender.key in slow:
                        continue
                    note(
                        f"{videos} videos, {latency} ms, round {number + 1} of {rounds}: "
                        f"{contender.title}"
                    )
                    restore(run.home)
                    figures = self._once(contender, run, videos)
                    if figures is not None:
                        found.setdefault(contender.key, []).append(figures)
            for contender, _ in ready:
                if contender.key in found:
                    middle = Figures.middle(found[contender.key])
                    self.result.add(videos, latency, contender.key, contender.title, middle)

    def _prepare(self, contender: Contender, run: Run, videos: int, latency: int) -> Figures | None:
        """Run a first sync, so that the second can be measured; None if that fails."""
        note(f"{videos} videos, {latency} ms, first sync: {contender.title}")
        try:
            contender.prepare(run)
        except Wrong as error:
            self.result.troubles.append(f"{contender.title}, {videos} videos: {error}")
            return None
        run.simulator.set_latency(0 if videos > LARGE else latency / 1000)
        first = self._once(contender, run, videos)
        if first is None:
            return None
        title = f"{contender.title}, first sync"
        self.result.add(videos, latency, f"{contender.key}{COLD}", title, first)
        run.simulator.set_latency(latency / 1000)
        keep(run.home)
        return first

    def _once(self, contender: Contender, run: Run, videos: int) -> Figures | None:
        run.simulator.requests()
        try:
            figures = measure(
                contender.commands(run), contender.environment(run), self._folder / "log"
            )
            check(contender, run, videos)
        except (Failed, Wrong) as error:
            self.result.troubles.append(f"{contender.title}, {videos} videos: {error}")
            return None
        return figures.with_requests(run.simulator.requests())


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--videos", type=int, nargs="+", metavar="N", help="other sizes of the account")
    add("--latency", type=int, nargs="+", metavar="MS", help="for these: what each request takes")
    add("--rounds", type=int, default=5, metavar="N", help="measured runs of each")
    add(
        "--only",
        nargs="+",
        choices=[who.key for who in contenders()],
        help="these contenders alone",
    )
    add(
        "--long",
        action="store_true",
        help=f"also more than {LARGE} videos with latency: walking takes minutes",
    )
    add("--no-timeline", action="store_true", help="leave out side by side against walking")
    add("--save", type=Path, metavar="FILE", help="write the medians as JSON")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    wanted = [who for who in contenders() if not options.only or who.key in options.only]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="work-") as folder:
        bench = Bench(Path(folder), wanted, options.rounds)
        bench.install()
        bench.help()
        bench.listing()
        cases = product(options.videos, options.latency or [0]) if options.videos else CASES
        bench.sizes(cases, long=options.long)
        if not options.no_timeline:
            bench.timeline()
    if options.save:
        options.save.write_text(json.dumps([asdict(line) for line in bench.result.lines], indent=1))
    show(bench.result, aims(bench.result))


if __name__ == "__main__":
    main()
