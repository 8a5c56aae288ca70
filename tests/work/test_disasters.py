"""What happens to a whole machine: its PostgreSQL is restarted, its disk is full."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from work_office import Office, hold_third_page, opened, whole

from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.simulator import Simulator
from waiting import PATIENCE, Hurry, free_port

RENEW = "/tt_user/oauth2/refresh_token/"


class Cluster:
    """A PostgreSQL of this test alone, which can be torn down and started again."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._port = free_port()
        self._password = secrets.token_hex(12)
        given = folder / "password"
        given.write_text(self._password)
        if os.getuid() == 0:
            for path in (folder, given):
                shutil.chown(path, "postgres")
        self._call(
            "initdb",
            "-U",
            "postgres",
            "--auth=scram-sha-256",
            f"--pwfile={given}",
            "-E",
            "UTF8",
            "--no-sync",
        )
        self.control("start")

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/postgres"

    def control(self, *words: str) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        self._call("pg_ctl", *words, "-w", "-l", str(self._folder / "log"), "-o", options)

    def _call(self, program: str, *words: str) -> None:
        owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*owner, str(self._programs / program), "-D", str(self._folder / "data"), *words]
        subprocess.run(
            command,
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("psycopg")
    pytest.importorskip("procrastinate")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL's own programs are not installed")
    folder = Path(
        subprocess.check_output(
            ["mktemp", "-d", "/tmp/tiktok-organic-cluster.XXXXXX"], text=True
        ).strip()
    )
    made = Cluster(folder, programs[-1].parent)
    yield made
    made.control("stop", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture
def office_on(cluster: Cluster, tmp_path: Path, simulator: Simulator) -> Iterator[Office]:
    """An installation whose store and warehouse are that cluster."""
    with opened(
        Office(tmp_path / "one", simulator, cluster.url, SECRET_KEY=Fernet.generate_key().decode())
    ) as one:
        yield one


def test_a_restart_of_postgresql_costs_no_sync(
    office_on: Office, cluster: Cluster, simulator: Simulator, hurry: Hurry
) -> None:
    """One sync is fetching, one is ordered afterwards; `serve` is never started again."""
    connectors = [office_on.connect(f"account{number}", videos=100) for number in range(2)]
    hold_third_page(simulator)
    server = office_on.starts("serve", "--port", "0")
    assert server.listening
    order_run(office_on.app, connectors[0], window=None)
    office_on.waits_for(lambda: office_on.runs(connectors[0])[0].progress)
    cluster.control("restart", "-m", "immediate")
    hurry.set()
    office_on.app.database.close()
    order_run(office_on.app, connectors[1], window=None)
    for connector in connectors:
        office_on.succeeded(connector)
        assert len(office_on.runs(connector)) == 1
        whole(office_on, connector.name, 100)
    with urllib.request.urlopen(f"{server.listening}/readyz", timeout=PATIENCE) as answer:
        assert json.load(answer)["status"] == "ok"


def test_a_renewed_pair_outlives_a_server_that_dies_before_it_is_kept(
    office_on: Office, cluster: Cluster, simulator: Simulator, hurry: Hurry
) -> None:
    """TikTok has given the new pair, and takes the old one no more."""
    connector = office_on.connect("alice", life=timedelta(minutes=8))
    simulator.world.faults.add("slow", RENEW, seconds=100)
    order_run(office_on.app, connector, window=None)
    office_on.starts("worker")
    office_on.waits_for(lambda: not simulator.world.faults.document())
    cluster.control("stop", "-m", "immediate")
    hurry.set()
    office_on.waits_for(lambda: simulator.world.journal.count(RENEW) == 1)
    cluster.control("start")
    office_on.app.database.close()
    office_on.succeeded(connector)
    whole(office_on, "alice", 20)
    assert office_on.app.connectors.get("alice").state == "active"
    assert simulator.world.journal.count(RENEW) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a quarter of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a disk can be mounted here by nobody")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_under_the_archive_costs_time_and_no_number(
    small_disk: Path, tmp_path: Path, simulator: Simulator
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200 * 1024))
    with opened(Office(tmp_path / "home", simulator, ARCHIVE_URL=str(small_disk))) as office:
        connector = office.connect("alice", videos=400, due=timedelta(0))
        office.starts("serve", "--port", "0")
        failed = office.waits_for(
            lambda: [run for run in office.runs(connector) if run.next_attempt_at]
        )[0]
        assert failed.status == "failed"
        assert failed.error["code"] == "archive_unwritable"
        assert "No space left" in failed.error["message"]
        assert office.rows(connector, "video_snapshot_metric") == []
        ballast.unlink()
        office.app.runs.change(failed.id, {"next_attempt_at": datetime.now(UTC)})
        run = office.succeeded(connector)
        assert (run.id, run.sync_date, run.attempt) == (failed.id, failed.sync_date, 2)
        whole(office, "alice", 400)
