"""Which other programs can open our files, and the meaning of the address options."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused
from tiktok_organic.warehouse.destinations import absolute, identity
from tiktok_organic.warehouse.duckdb.address import address, address_of
from tiktok_organic.warehouse.duckdb.error_meanings import explain
from tiktok_organic.warehouse.duckdb.warehouse import DuckDBWarehouse
from tiktok_organic.warehouse.reader_programs import readers

from .samples import PROFILE, day, load, profile, video

_OLD = "1.1.3"
_ROWS = {
    "profile": [profile(bio_description='it\'s "quoted" \\ ü')],
    "profile_daily_metric": [day(), day("2026-11-21")],
    "video_snapshot_metric": [video(i) for i in range(300)],
}


def _format(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[12:20], "little")


def _fill(url: str, spool: Path, **options: Any) -> None:
    warehouse = DuckDBWarehouse(url, spool=spool)
    load(warehouse, "tiktok", _ROWS, **options)
    warehouse.close()


class TestNewFiles:
    def test_a_new_file_has_the_format_that_duckdb_1_0_and_later_read(self, tmp_path: Path) -> None:
        path = tmp_path / "warehouse.duckdb"
        assert readers(address(path)) == ""
        for attempt in (1, 2):
            _fill(address(path), tmp_path / "spool", attempt=attempt)
            assert _format(path) == 64
        assert readers(address(path)) == "can be opened by DuckDB 1.0 and later"

    def test_a_folder_that_takes_no_locks_gets_the_same_format(self, tmp_path: Path) -> None:
        path = tmp_path / "warehouse.duckdb"
        path.with_name(f".{path.name}.lock").mkdir()  # where the lock would be a file
        _fill(address(path), tmp_path / "spool")
        assert _format(path) == 64

    def test_an_option_names_a_later_version(self, tmp_path: Path) -> None:
        path = tmp_path / "warehouse.duckdb"
        _fill(f"{address(path)}?storage_version=v1.4.0", tmp_path / "spool")
        assert _format(path) == 67
        assert readers(address(path)) == "can be opened by DuckDB 1.4 and later"

    @pytest.mark.parametrize("option", ["", "?storage_version=v1.4.0"])
    def test_an_existing_file_keeps_its_format(self, tmp_path: Path, option: str) -> None:
        path = tmp_path / "warehouse.duckdb"
        with duckdb.connect() as there:
            there.execute(f"ATTACH '{path}' AS it (STORAGE_VERSION 'v1.3.0')")
        _fill(address(path) + option, tmp_path / "spool")
        assert _format(path) == 66

    def test_a_version_that_this_duckdb_does_not_know_is_refused_before_a_file_is_made(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "warehouse.duckdb"
        warehouse = DuckDBWarehouse(f"{address(path)}?storage_version=v9.9.9")
        with pytest.raises(DestinationRefused, match=r"v9\.9\.9") as refusal:
            warehouse.check("tiktok")
        assert "storage_version=v1.4.0" in advice_of(refusal.value)
        assert not path.exists()

    def test_an_older_duckdb_reads_every_table(self, tmp_path: Path) -> None:
        """Skipped where the older version cannot be installed.

        The format number is checked above in any case.
        """
        python = _older_duckdb(tmp_path)
        path = tmp_path / "warehouse.duckdb"
        _fill(address(path), tmp_path / "spool")
        script = (
            "import duckdb, sys\n"
            "it = duckdb.connect(sys.argv[1], read_only=True)\n"
            "print(duckdb.__version__, it.execute('SELECT count(*), max(caption) FROM "
            "tiktok.video_snapshot_metric')"
            ".fetchone()[0], it.execute('SELECT bio_description FROM "
            "tiktok.profile').fetchone()[0])\n"
            'print(it.execute("SELECT comment FROM duckdb_tables() WHERE table_name = '
            "'profile'\").fetchone()[0])\n"
        )
        found = subprocess.run(
            [python, "-c", script, path], capture_output=True, text=True, check=False
        )
        about = PROFILE.about
        assert found.stdout == f'{_OLD} 300 it\'s "quoted" \\ ü\n{about}\n', found.stderr


class TestAddress:
    def test_the_option_outlives_storing_and_is_not_part_of_the_identity(self) -> None:
        url = "duckdb:///a%25.duckdb?storage_version=v1.4.0"
        assert absolute(url, Path("/srv")) == "duckdb:////srv/a%25.duckdb?storage_version=v1.4.0"
        assert identity(url) == identity("duckdb:///a%25.duckdb")
        assert address_of(url).url == url

    @pytest.mark.parametrize(
        "query",
        [
            "read_only=1",
            "storage_version=",
            "storage_version=latest",
            "storage_version=v1.0.0'",
            "storage_version=v1.4.0&storage_version=v1.3.0",
        ],
    )
    def test_other_options_are_refused_by_name(self, query: str) -> None:
        with pytest.raises(BadValue) as refusal:
            DuckDBWarehouse(f"duckdb:///a.duckdb?{query}")
        assert query.partition("=")[0] in refusal.value.message

    @pytest.mark.parametrize(
        "name", ["back\\slash.duckdb", "fol\\der/a.duckdb", "what?/a.duckdb", "\\/a.duckdb"]
    )
    def test_a_path_for_which_duckdb_opens_another_file_is_refused_before_anything_is_made(
        self, tmp_path: Path, name: str
    ) -> None:
        warehouse = DuckDBWarehouse(address(tmp_path / "here" / name), spool=tmp_path / "spool")
        for act in (
            lambda: warehouse.check("tiktok"),
            lambda: load(warehouse, "tiktok", {"profile": [profile()]}),
        ):
            with pytest.raises(DestinationRefused, match="DuckDB cannot use"):
                act()
        assert not (tmp_path / "here").exists()


class TestTroubles:
    def test_an_older_copy_beside_the_log_of_a_killed_process_is_told_as_such(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "warehouse.duckdb"
        url = f"{address(path)}?storage_version=v2.0.0"
        _fill(url, tmp_path / "spool")
        older = path.read_bytes()
        warehouse = DuckDBWarehouse(url, spool=tmp_path / "spool")
        load(warehouse, "tiktok", {"profile": [profile(username="bob")]})
        warehouse.close()
        kill = (
            "import duckdb, os, sys\n"
            "it = duckdb.connect(sys.argv[1])\n"
            "it.execute('INSERT INTO tiktok.profile BY NAME SELECT now() AS _quanti_loaded_at, "
            "1 AS username')\n"
            "os._exit(9)\n"
        )
        subprocess.run([sys.executable, "-c", kill, path], check=False)
        assert path.with_name(f"{path.name}.wal").exists()
        path.write_bytes(older)
        with pytest.raises(DestinationRefused, match="another copy") as refusal:
            warehouse.check("tiktok")
        assert f"{path}.wal away" in advice_of(refusal.value)

    @pytest.mark.parametrize(
        "problem",
        [
            "IO Error: Detached database 'destination', but CHECKPOINT during DETACH failed. \n",
            "TransactionContext Error: Failed to commit: ",
        ],
    )
    def test_a_disk_error_is_passing_and_no_reason_to_restore_anything(self, problem: str) -> None:
        text = f'{problem}Could not write file "/srv/a.duckdb": Input/output error'
        told = explain(Path("/srv/a.duckdb"), text)
        assert isinstance(told, DestinationBusy)
        assert "do not move" in advice_of(told)

    def test_a_checkpoint_without_room_is_still_told_as_a_full_disk(self) -> None:
        text = "CHECKPOINT during DETACH failed. Original error: No space left on device"
        assert "no space left" in explain(Path("/srv/a.duckdb"), text).message


def _older_duckdb(folder: Path) -> Path:
    """Return a Python with an older DuckDB, in an environment that later test runs reuse."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip(f"duckdb {_OLD} is installed with uv, which is missing")
    kept = Path(tempfile.gettempdir()) / f"tiktok-organic-tests-duckdb-{_OLD}"
    if not kept.exists():
        fresh = folder / "environment"
        package = [
            "pip",
            "install",
            "-q",
            "--python",
            str(fresh / "bin" / "python"),
            f"duckdb=={_OLD}",
        ]
        for command in (["venv", "-q", "--python", sys.executable, str(fresh)], package):
            done = subprocess.run([uv, *command], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"duckdb {_OLD} cannot be installed here: {done.stderr.strip()[-200:]}")
        with suppress(OSError):  # another test process was faster
            fresh.rename(kept)
    return kept / "bin" / "python"


@pytest.mark.parametrize(("rows", "compressed"), [(57, False), (6_000, True)])
def test_texts_are_compressed_where_it_saves_more_than_a_moment(
    tmp_path: Path, rows: int, *, compressed: bool
) -> None:
    path = tmp_path / "warehouse.duckdb"
    warehouse = DuckDBWarehouse(address(path), spool=tmp_path / "spool")
    captions = (f"{number:05} https://www.tiktok.com/@alice/{number**3}" for number in range(rows))
    videos = [video(number, caption=caption) for number, caption in enumerate(captions)]
    load(warehouse, "tiktok", {"video_snapshot_metric": videos})
    with duckdb.connect(path, read_only=True) as connection:
        used = connection.execute(
            "SELECT DISTINCT compression FROM pragma_storage_info('tiktok.video_snapshot_metric') "
            "WHERE column_name = 'caption' AND segment_type = 'VARCHAR'"
        ).fetchall()
    assert (("FSST",) in used) is compressed
