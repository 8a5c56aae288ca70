"""How long a DuckDB file stays open: a load alone closes it, loads that wait for it share it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tiktok_organic.errors import DestinationBusy, DestinationRefused
from tiktok_organic.warehouse.destinations import expected
from tiktok_organic.warehouse.duckdb.address import address
from tiktok_organic.warehouse.duckdb.warehouse import DuckDBWarehouse

from .samples import PROFILE, load, profile


class _Time:
    """A clock that only tests move; it notes each sleep."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def _load(path: Path, dataset: str, clock: _Time | None = None) -> None:
    """Load one row as a sync does, with a warehouse object of its own."""
    warehouse = DuckDBWarehouse(address(path), clock=clock, spool=path.parent)
    load(warehouse, dataset, {"profile": [profile()]})
    warehouse.close()


def _is_open(path: Path) -> bool:
    try:
        duckdb.connect(path, read_only=True).close()
    except duckdb.Error:
        return True
    return False


def _datasets(path: Path) -> set[str]:
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()
    return {name for (name,) in found}


def test_a_load_alone_closes_the_file_with_its_commit(path: Path) -> None:
    with expected(address(path)):
        _load(path, "one")
        assert _datasets(path) == {"one"}


def test_the_file_stays_open_while_another_load_waits_for_it(path: Path) -> None:
    with expected(address(path)):
        with expected(address(path)):
            _load(path, "one")
            assert _is_open(path)
        _load(path, "two")
        assert _datasets(path) == {"one", "two"}


def test_the_file_is_closed_when_the_load_that_waited_gives_up(path: Path) -> None:
    with ExitStack() as waiting:
        waiting.enter_context(expected(address(path)))
        waiting.enter_context(expected(address(path)))
        _load(path, "one")
        assert _is_open(path)
    assert _datasets(path) == {"one"}


def test_an_open_file_that_is_not_used_is_closed_although_a_load_is_expected(
    path: Path,
) -> None:
    with expected(address(path)), expected(address(path)):
        _load(path, "one")
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join(60)
        assert _datasets(path) == {"one"}


def test_other_programs_get_their_turn_after_some_seconds(path: Path) -> None:
    time = _Time()
    with expected(address(path)), expected(address(path)):
        _load(path, "one", time)
        assert _is_open(path)
        time.seconds += 10
        _load(path, "two", time)
        assert _datasets(path) == {"one", "two"}
        assert not time.slept
        _load(path, "three", time)
        assert time.slept == [pytest.approx(0.5)]


@pytest.mark.parametrize(("waiting", "stays_open"), [(1, True), (2, True), (3, False)])
def test_the_last_few_loads_are_finished_before_other_programs_get_their_turn(
    path: Path, waiting: int, *, stays_open: bool
) -> None:
    time = _Time()
    with ExitStack() as loads:
        for _ in range(1 + waiting):
            loads.enter_context(expected(address(path)))
        _load(path, "one", time)
        time.seconds += 9
        _load(path, "two", time)
        assert _is_open(path) is stays_open


def test_another_process_does_not_miss_the_turn_of_other_programs(path: Path) -> None:
    _load(path, "one")
    time = _Time()
    code = (
        "import duckdb, sys; file = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DestinationBusy):
            _load(path, "two", time)
        other.communicate("\n")
    assert max(time.slept) < 0.5
    assert 15 <= time.seconds < 16


def test_an_expected_load_is_announced_by_any_name_of_the_file(path: Path) -> None:
    other = path.with_name("alias.duckdb")
    _load(path, "one")
    other.symlink_to(path)
    with expected(address(other)), expected(address(path)):
        _load(other, "two")
        assert _is_open(path)
    assert _datasets(path) == {"one", "two"}


def test_a_file_put_back_between_two_loads_gets_the_rows_of_the_second(path: Path) -> None:
    _load(path, "one")
    older = shutil.copy(path, path.with_name("backup"))
    with expected(address(path)), expected(address(path)):
        _load(path, "two")
        Path(older).replace(path)
        _load(path, "three")
    assert _datasets(path) == {"one", "three"}


def test_a_load_that_is_refused_leaves_nothing_open_and_stops_no_other(path: Path) -> None:
    _load(path, "one")
    with duckdb.connect(path) as connection:
        connection.execute("CREATE SCHEMA broken; CREATE VIEW broken.profile AS SELECT 1 AS one")
    with expected(address(path)), expected(address(path)), expected(address(path)):
        _load(path, "two")
        with pytest.raises(DestinationRefused):
            _load(path, "broken")
        assert not _is_open(path)
        _load(path, "three")
    assert {"two", "three"} <= _datasets(path)


def test_a_reader_and_a_load_share_the_file_that_is_open(path: Path) -> None:
    with expected(address(path)), expected(address(path)):
        _load(path, "one")
        reader = DuckDBWarehouse(address(path), spool=path.parent)
        assert reader.count("one", PROFILE) == 1
        assert _is_open(path)
        _load(path, "one")
    assert reader.count("one", PROFILE) == 1


def test_the_engine_of_one_file_serves_another_file_afterwards(path: Path) -> None:
    other = path.with_name("other.duckdb")
    _load(path, "one")
    _load(other, "two")
    assert (_datasets(path), _datasets(other)) == ({"one"}, {"two"})
