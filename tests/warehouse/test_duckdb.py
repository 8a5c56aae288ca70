"""DuckDB: the contract, and what is peculiar to a file that other programs open too."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused
from tiktok_organic.warehouse.duckdb.address import address, path_of
from tiktok_organic.warehouse.duckdb.warehouse import DuckDBWarehouse
from tiktok_organic.warehouse.sql_dialect import DUCKDB

from .conftest import PatientClock
from .contract import Shell, WarehouseContract
from .samples import DAYS, PROFILE, VIDEOS, day, load, profile, stage, video


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def warehouse(path: Path, spool: Path, clock: PatientClock) -> Iterator[DuckDBWarehouse]:
    made = DuckDBWarehouse(address(path), clock=clock, patience=3.0, spool=spool)
    yield made
    made.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[duckdb.DuckDBPyConnection]:
    """Another DuckDB; starting one for each statement takes 20 ms."""
    with duckdb.connect(config={"threads": "1"}) as connection:
        yield connection


@pytest.fixture
def shell(path: Path, elsewhere: duckdb.DuckDBPyConnection) -> Shell:
    def run(statement: str) -> list[Any]:
        elsewhere.execute(f"ATTACH '{path}' AS warehouse; USE warehouse")
        try:
            return elsewhere.execute(statement).fetchall()
        finally:
            elsewhere.execute("USE memory; DETACH warehouse")

    return run


class TestContract(WarehouseContract):
    dialect = DUCKDB
    awkward_names = (
        *WarehouseContract.awkward_names,
        "warehouse",
        "destination",
        "main",
        "MAIN.profile",
        "x" * 300,
    )
    examples = 40
    kept = False


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("duckdb:///a.duckdb", "a.duckdb"),
            ("duckdb:///some/a%20b.duckdb", "some/a b.duckdb"),
            ("duckdb:////var/a.duckdb", "/var/a.duckdb"),
            ("duckdb:////var/a b/é%C3%A9%3F%23.duckdb", "/var/a b/éé?#.duckdb"),
            ("duckdb:////var/[x]*.duckdb", "/var/[x]*.duckdb"),
        ],
    )
    def test_it_names_a_relative_or_an_absolute_file(self, url: str, path: str) -> None:
        assert path_of(url) == Path(path)
        assert path_of(address(Path(path))) == Path(path)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "duckdb://",
            "duckdb:///",
            "duckdb:////",
            "duckdb://a.duckdb",
            "a.duckdb",
            "duckdb:///:memory:",
            "duckdb:///%00",
        ],
    )
    def test_what_names_no_file_is_refused_with_an_example(self, url: str) -> None:
        with pytest.raises(BadValue) as refusal:
            DuckDBWarehouse(url)
        assert "duckdb:///" in advice_of(refusal.value)


class TestFile:
    def test_it_is_open_to_others_between_and_during_loads(
        self, warehouse: DuckDBWarehouse, path: Path, shell: Shell
    ) -> None:
        with warehouse.load("tiktok", run="run-1", attempt=1) as into:
            stage(into, PROFILE, [profile()])
            into.commit()
            _in_another_process(path, "SELECT count(*) FROM tiktok.profile")
        _in_another_process(path, "SELECT count(*) FROM tiktok.profile")

    @pytest.mark.parametrize(
        "name", ["it's [a] *file?.duckdb", "naïve ü.duckdb", "no_suffix", "select.duckdb"]
    )
    def test_any_file_name_will_do(self, tmp_path: Path, name: str) -> None:
        there = DuckDBWarehouse(
            address(tmp_path / "new" / "folders" / name), spool=tmp_path / "[x] it's *"
        )
        there.check("tiktok")
        assert not (tmp_path / "new").exists()
        load(there, "tiktok", {"profile": [profile()]})
        assert there.count("tiktok", PROFILE) == 1
        assert [entry.name for entry in (tmp_path / "new" / "folders").iterdir()] == [name]
        there.close()

    def test_what_a_process_left_that_was_killed_while_it_made_the_file_is_no_hindrance(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        path.with_name(f".{path.name}.new").write_bytes(b"half a database")
        load(warehouse, "tiktok", {"profile": [profile()]})
        assert [entry.name for entry in path.parent.iterdir() if entry.is_file()] == [path.name]

    def test_check_makes_no_file(self, warehouse: DuckDBWarehouse, path: Path) -> None:
        warehouse.check("tiktok")
        assert (warehouse.count("tiktok", PROFILE), warehouse.rows("tiktok", PROFILE)) == (None, [])
        warehouse.drop("tiktok", [PROFILE])
        assert not path.exists()

    @pytest.mark.parametrize(
        "content", [b"", b"x", b"SQLite format 3\0" + b"\0" * 100, b"hello " * 3000]
    )
    def test_a_file_of_another_kind_is_refused_and_left_alone(
        self, warehouse: DuckDBWarehouse, path: Path, content: bytes
    ) -> None:
        path.write_bytes(content)
        for act in (
            lambda: warehouse.check("tiktok"),
            lambda: load(warehouse, "tiktok", {"profile": [profile()]}),
        ):
            with pytest.raises(DestinationRefused, match="not a DuckDB database"):
                act()
        assert path.read_bytes() == content

    def test_a_damaged_file_is_refused_as_such(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        path.write_bytes(path.read_bytes()[:5000])
        with pytest.raises(DestinationRefused, match="damaged"):
            warehouse.check("tiktok")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DestinationRefused, match="folder") as refusal:
            DuckDBWarehouse(address(tmp_path)).check("tiktok")
        assert "warehouse.duckdb" in advice_of(refusal.value)

    def test_a_file_under_a_file_is_refused(self, tmp_path: Path, spool: Path) -> None:
        (tmp_path / "file").touch()
        there = DuckDBWarehouse(address(tmp_path / "file" / "warehouse.duckdb"), spool=spool)
        with pytest.raises(DestinationRefused, match="is not a folder"):
            there.check("tiktok")
        with pytest.raises(DestinationRefused, match="is not a folder"):
            load(there, "tiktok", {"profile": [profile()]})

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_what_may_not_be_written_is_refused(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        path.chmod(0o444)
        for act in (
            lambda: warehouse.check("tiktok"),
            lambda: load(warehouse, "tiktok", {"profile": [profile()]}),
        ):
            with pytest.raises(DestinationRefused, match="may not be written"):
                act()
        assert warehouse.count("tiktok", PROFILE) == 1

    @pytest.mark.parametrize("name", ["temp", "SYSTEM", "pg_catalog"])
    def test_a_name_that_would_mean_something_else_in_a_query_is_refused(
        self, warehouse: DuckDBWarehouse, name: str
    ) -> None:
        with pytest.raises(DestinationRefused, match=name):
            warehouse.check(name)

    def test_names_differing_in_case_are_one_dataset_as_in_duckdb(
        self, warehouse: DuckDBWarehouse, shell: Shell
    ) -> None:
        load(warehouse, "TikTok", {"profile": [profile()]})
        load(warehouse, "tiktok", {"profile": [profile(username="bob")]})
        assert warehouse.count("TIKTOK", PROFILE) == 2
        load(warehouse, "é", {"profile": [profile()]})
        load(warehouse, "É", {"profile": [profile()]})
        assert shell("SELECT count(*) FROM duckdb_tables() WHERE schema_name IN ('é', 'É')") == [
            (2,)
        ]

    def test_tables_and_columns_are_described(
        self, warehouse: DuckDBWarehouse, shell: Shell
    ) -> None:
        load(warehouse, "tiktok", {"video_snapshot_metric": [video()], "everything": []})
        assert shell("SELECT comment FROM duckdb_tables() WHERE table_name LIKE 'video%'") == [
            (VIDEOS.about,)
        ]
        found = shell(
            "SELECT comment FROM duckdb_columns() WHERE table_name LIKE 'video%' ORDER BY "
            "column_index"
        )
        assert [about for (about,) in found] == [column.about for column in VIDEOS.columns]
        shell("COMMENT ON COLUMN tiktok.video_snapshot_metric.likes IS NULL")
        shell(
            "ALTER TABLE tiktok.video_snapshot_metric DROP COLUMN reach"
        )  # comments are looked at when tables change
        load(warehouse, "tiktok", {"video_snapshot_metric": []})
        found = shell(
            "SELECT comment FROM duckdb_columns() WHERE table_name LIKE 'video%' AND "
            "column_name = 'likes'"
        )
        assert found == [(VIDEOS.column("likes").about,)]

    def test_required_columns_are_not_null_and_there_is_no_index(
        self, warehouse: DuckDBWarehouse, shell: Shell
    ) -> None:
        load(warehouse, "tiktok", {"video_snapshot_metric": [video()]})
        found = shell(
            "SELECT column_name FROM duckdb_columns() WHERE table_name LIKE 'video%' AND NOT "
            "is_nullable"
        )
        assert {name for (name,) in found} == {
            column.name for column in VIDEOS.columns if column.required
        }
        assert shell("SELECT count(*) FROM duckdb_indexes()") == [(0,)]

    def test_a_reordered_table_with_an_index_of_somebodys_own_still_works(
        self, warehouse: DuckDBWarehouse, shell: Shell
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        shell(
            "CREATE TABLE tiktok.x AS SELECT is_verified, username, display_name, "
            "_quanti_loaded_at FROM tiktok.profile"
        )
        shell("DROP TABLE tiktok.profile")
        shell("ALTER TABLE tiktok.x RENAME TO profile")
        shell("CREATE INDEX mine ON tiktok.profile (username)")
        load(
            warehouse,
            "tiktok",
            {
                "profile": [
                    profile(display_name="A.", bio_description="hi"),
                    profile(username="bob"),
                ]
            },
        )
        found = warehouse.rows("tiktok", PROFILE, order=["username"])
        assert [(row["display_name"], row["bio_description"]) for row in found] == [
            ("A.", "hi"),
            ("Alice", None),
        ]

    def test_a_rule_that_somebody_added_refuses_with_advice(
        self, warehouse: DuckDBWarehouse, shell: Shell
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        shell("ALTER TABLE tiktok.profile ADD COLUMN team VARCHAR DEFAULT 'x'")
        shell("ALTER TABLE tiktok.profile ALTER team DROP DEFAULT")
        shell("ALTER TABLE tiktok.profile ALTER team SET NOT NULL")
        with pytest.raises(DestinationRefused, match="team"):
            load(
                warehouse,
                "tiktok",
                {"profile": [profile(username="bob")], "profile_daily_metric": [day()]},
            )
        assert (warehouse.count("tiktok", PROFILE), warehouse.count("tiktok", DAYS)) == (1, None)

    def test_a_full_disk_is_told_and_what_was_there_stays(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        rows = [video(i, caption=os.urandom(100).hex()) for i in range(2_000)]
        with warehouse.load("tiktok", run="run-2", attempt=1) as into:
            stage(into, VIDEOS, rows)
            with _no_file_longer_than(20_000), pytest.raises(DestinationBusy, match=r"space|full"):
                into.commit()
        assert (warehouse.count("tiktok", PROFILE), warehouse.count("tiktok", VIDEOS)) == (1, None)
        load(warehouse, "tiktok", {"video_snapshot_metric": rows})
        assert warehouse.count("tiktok", VIDEOS) == 2_000

    def test_it_never_looks_for_extensions(self, warehouse: DuckDBWarehouse) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        with warehouse._file.open(write=False) as connection:
            found = connection.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%_known_%'"
            ).fetchall()
        assert {value for _, value in found} == {"false"}


class TestImport:
    def test_drivers_are_imported_when_they_are_used(self) -> None:
        script = (
            "import sys, tiktok_organic.warehouse.duckdb.warehouse\n"
            "import tiktok_organic.warehouse.postgres.warehouse\n"
            "print(sorted({'duckdb', 'pyarrow', 'filelock', 'adbc_driver_manager'} & "
            "set(sys.modules)))"
        )
        assert _python(script).communicate()[0] == "[]\n"


class TestLock:
    def test_it_waits_for_a_program_that_has_the_file_open(
        self, warehouse: DuckDBWarehouse, path: Path, clock: PatientClock
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        with _held_by_another_process(path) as holder:
            clock.while_asleep = lambda: holder.close() if len(clock.slept) == 3 else None
            load(warehouse, "tiktok", {"profile": [profile(username="bob")]})
        assert clock.slept == pytest.approx([0.1, 0.2, 0.4])
        assert warehouse.count("tiktok", PROFILE) == 2

    def test_it_gives_up_after_its_patience_and_names_the_program(
        self, warehouse: DuckDBWarehouse, path: Path, clock: PatientClock
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        with _held_by_another_process(path) as holder:
            for act in (
                lambda: load(warehouse, "tiktok", {"profile": [profile(username="bob")]}),
                lambda: warehouse.check("tiktok"),
                lambda: warehouse.count("tiktok", PROFILE),
            ):
                clock.slept.clear()
                with pytest.raises(
                    DestinationBusy, match=rf"python.* \(process {holder.pid}\)"
                ) as busy:
                    act()
                assert 3.0 <= sum(clock.slept) < 6.0
                assert "read-only" in advice_of(busy.value)
        assert warehouse.count("tiktok", PROFILE) == 1

    def test_a_program_that_only_reads_does_not_keep_us_from_reading(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        with _held_by_another_process(path, read_only=True):
            assert warehouse.count("tiktok", PROFILE) == 1
            with pytest.raises(DestinationBusy):
                load(warehouse, "tiktok", {"profile": [profile()]})

    def test_a_connection_of_this_very_process_is_told_apart(
        self, warehouse: DuckDBWarehouse, path: Path
    ) -> None:
        load(warehouse, "tiktok", {"profile": [profile()]})
        with duckdb.connect(str(path)), pytest.raises(DestinationBusy, match="this program"):
            load(warehouse, "tiktok", {"profile": [profile()]})
        load(warehouse, "tiktok", {"profile": [profile()]})

    def test_two_warehouses_of_one_file_take_turns(
        self, warehouse: DuckDBWarehouse, path: Path, spool: Path
    ) -> None:
        twin = DuckDBWarehouse(address(path.parent / "." / path.name), spool=spool)
        load(warehouse, "one", {"profile": [profile()]})
        load(twin, "two", {"profile": [profile()]})
        load(warehouse, "one", {"profile": [profile()]})
        assert (twin.count("one", PROFILE), warehouse.count("two", PROFILE)) == (1, 1)
        twin.close()


class TestSpool:
    def test_nothing_is_left_of_it(self, warehouse: DuckDBWarehouse, spool: Path) -> None:
        load(warehouse, "tiktok", {"profile": [profile()], "video_snapshot_metric": [video()]})
        list(warehouse.batches("tiktok", VIDEOS))
        with warehouse.load("tiktok", run="run-2", attempt=1) as into:
            stage(into, VIDEOS, [video(1)])
            stage(into, VIDEOS, [video(2)])
            assert list(spool.iterdir()) != []
        assert list(spool.iterdir()) == []

    def test_a_small_load_needs_no_folder(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        warehouse = DuckDBWarehouse(address(path), spool=tmp_path / "file")
        for name in ("before", "after"):
            load(warehouse, "tiktok", {"profile": [profile(display_name=name)]})
        assert [row["display_name"] for row in warehouse.rows("tiktok", PROFILE)] == ["after"]

    def test_it_goes_when_batches_are_not_read_to_their_end(
        self, warehouse: DuckDBWarehouse, spool: Path
    ) -> None:
        load(warehouse, "tiktok", {"video_snapshot_metric": [video(i) for i in range(12_000)]})
        batches = warehouse.batches("tiktok", VIDEOS)
        next(batches)
        assert warehouse.count("tiktok", VIDEOS) == 12_000
        del batches  # the generator ends here
        assert list(spool.iterdir()) == []

    def test_the_spool_of_a_process_that_died_is_removed_and_that_of_a_living_one_is_not(
        self, warehouse: DuckDBWarehouse, spool: Path
    ) -> None:
        script = (
            "import os, sys; from pathlib import Path; from tiktok_organic.warehouse.spool "
            "import Spool\n"
            "spool = Spool(Path(sys.argv[1])); spool.folder; print('ready', flush=True); "
            "sys.stdin.read(); os.kill(os.getpid(), 9)"
        )
        child = _python(script, str(spool))
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        theirs = [entry for entry in spool.iterdir() if entry.is_dir()]
        load(warehouse, "tiktok", {"profile": [profile()]})
        assert [entry for entry in spool.iterdir() if entry.is_dir()] == theirs
        _end(child)
        load(warehouse, "tiktok", {"profile": [profile()]})
        assert list(spool.iterdir()) == []

    def test_a_place_that_is_no_folder_is_told(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        warehouse = DuckDBWarehouse(address(path), spool=tmp_path / "file")
        with warehouse.load("tiktok", run="run-1", attempt=1) as into:
            stage(into, VIDEOS, [video(1)])
            with pytest.raises(DestinationBusy, match="could not be staged"):
                stage(into, VIDEOS, [video(2)])


class TestKill:
    @pytest.mark.parametrize("milliseconds", [1, 4, 9, 16, 30, 55, 90, 160])
    def test_a_process_killed_at_any_instant_leaves_whole_loads(
        self, warehouse: DuckDBWarehouse, path: Path, spool: Path, milliseconds: int
    ) -> None:
        """The alarm is not caught: the kernel ends the process wherever it is, as SIGKILL would."""
        child = _python(_LOADING, address(path), str(spool), str(milliseconds / 1000))
        _end(child)
        assert child.returncode < 0
        whole = [row["display_name"] for row in warehouse.rows("tiktok", PROFILE)]
        snapshots = warehouse.rows("tiktok", VIDEOS)
        assert {row["caption"] for row in snapshots} == set(whole)
        assert len(snapshots) == 300 * len(whole)
        load(warehouse, "tiktok", {"profile": [profile(display_name="after")]})
        assert [row["display_name"] for row in warehouse.rows("tiktok", PROFILE)] == ["after"]
        assert list(spool.glob("*")) == []


_LOADING = """
import signal, sys
from pathlib import Path
from warehouse_samples import PROFILE, VIDEOS, profile, stage, video
from tiktok_organic.warehouse.duckdb.warehouse import DuckDBWarehouse
import duckdb, filelock, pyarrow.parquet

warehouse = DuckDBWarehouse(sys.argv[1], spool=Path(sys.argv[2]))
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[3]))
for number in range(10_000):
    name = str(number)
    with warehouse.load("tiktok", run=f"run-{name}", attempt=1) as into:
        stage(into, PROFILE, [profile(display_name=name)])
        for half in (0, 150):
            stage(into, VIDEOS, [video(half + i, caption=name) for i in range(150)])
        into.commit()
"""


def _python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that reads from a pipe which ends when we do."""
    samples = Path(__file__).with_name("samples.py")
    preface = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('warehouse_samples', {str(samples)!r})\n"
        "sys.modules[spec.name] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(sys.modules[spec.name])\n"
    )
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            (preface if "warehouse_samples" in script else "") + script,
            *arguments,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def _end(child: subprocess.Popen[str]) -> None:
    child.communicate()


def _in_another_process(path: Path, query: str) -> None:
    script = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"
    )
    child = _python(script, str(path), query)
    assert child.communicate()[0] == "[(1,)]\n"


class Holder:
    """Another process that has the file open until `close`."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        script = (
            "import duckdb, sys; connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] "
            "== 'True')\n"
            "print('open', flush=True); sys.stdin.read(); connection.close()"
        )
        self._child = _python(script, str(path), str(read_only))
        self.pid = self._child.pid
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == "open\n"

    def close(self) -> None:
        if self._child.returncode is None:
            _end(self._child)


@contextmanager
def _held_by_another_process(path: Path, *, read_only: bool = False) -> Iterator[Holder]:
    holder = Holder(path, read_only=read_only)
    try:
        yield holder
    finally:
        holder.close()


@contextmanager
def _no_file_longer_than(size: int) -> Iterator[None]:
    """Simulate a full disk for this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
