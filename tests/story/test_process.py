"""The program as a process: pipes, exit codes, signals, and what it does without a home.

To start Python takes half a second of CPU. Tests whose subject is the start do so; the processes of
the others are forked from one that has started.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from cast import Browser
from machine import Machine

from tiktok_organic import __version__
from tiktok_organic.simulator import Simulator
from waiting import PATIENCE, Hurry, waits_for
from warm_program import PROGRAM

COMMANDS = [
    "demo",
    "connect",
    "reconnect",
    "sync",
    "recover",
    "connectors",
    "show",
    "pause",
    "resume",
    "edit",
    "remove",
    "replay",
    "runs",
    "run",
    "coverage",
    "serve",
    "worker",
    "doctor",
    "simulator",
]
UNUSED_BY_A_SYNC = {
    *("alembic", "apprise", "argon2", "dlt", "fastapi", "fsspec", "google", "joserfc"),
    *("jinja2", "procrastinate", "psycopg", "pydantic", "pyotp", "pytest", "segno"),
    *("starlette", "uvicorn", "zxcvbn"),
}
"""Libraries that would only delay a sync into a DuckDB file."""


@pytest.fixture
def hurry() -> Hurry:
    """Once it is set, slow answers of the simulator arrive at once."""
    return Hurry()


@pytest.fixture
def simulator(hurry: Hurry) -> Iterator[Simulator]:
    """At the real time, as the process lives in it."""
    with Simulator(random=Random(7), sleep=hurry.sleep) as running:
        running.world.settings.update(limits=False)
        yield running
    hurry.set()


@pytest.fixture
def machine(tmp_path: Path, simulator: Simulator) -> Machine:
    return Machine(tmp_path, simulator, warm=True)


@pytest.fixture
def cold_machine(tmp_path: Path, simulator: Simulator) -> Machine:
    """A machine on which each program starts Python."""
    return Machine(tmp_path, simulator)


def test_help_needs_no_home_no_settings_and_names_every_command(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.environment["TIKTOK_ORGANIC_HOME"] = "/dev/null/home"
    machine.environment["TIKTOK_ORGANIC_QPS"] = "nonsense"
    said = machine.runs("--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert [command for command in COMMANDS if f"\n  {command} " not in said.stdout] == []
    assert machine.runs("--version").stdout == f"tiktok-organic {__version__}\n"


def test_the_address_comes_before_standard_input_is_read_and_a_foreign_state_is_refused(
    machine: Machine, browser: Browser
) -> None:
    """Charlie's consent, begun in another process, cannot be pasted into Alice's."""
    with (
        machine.starts("connect", "--json") as charlie,
        machine.starts("connect", "--json") as alice,
    ):
        his = browser.visit(json.loads(charlie.stdout.readline())["authorize_url"], "big.outdoors")
        json.loads(alice.stdout.readline())
        out, _ = alice.communicate(f"{his}\n", timeout=PATIENCE)
        assert (alice.returncode, json.loads(out)["error"]["code"]) == (1, "wrong_state")
        out, _ = charlie.communicate(f"{his}\n", timeout=PATIENCE)
        assert (charlie.returncode, json.loads(out)["username"]) == (0, "big.outdoors")


def test_a_whole_story_over_pipes(machine: Machine, browser: Browser) -> None:
    with machine.starts("connect", "--sync", "--recover", "60", "--json") as program:
        address = json.loads(program.stdout.readline())["authorize_url"]
        out, err = program.communicate(browser.visit(address) + "\n", timeout=PATIENCE)
    assert program.returncode == 0, err
    connector = json.loads(out)
    assert connector["last_run"]["status"] == "succeeded"
    assert "Traceback" not in err
    machine.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    said = machine.runs("sync", connector["name"])
    assert said.returncode == 0
    assert "succeeded" in said.stdout
    imported = {line.split("|")[-1].strip().split(".")[0] for line in said.stderr.splitlines()}
    assert {"duckdb", "httpcore2", "sqlalchemy"} <= imported
    assert not imported & UNUSED_BY_A_SYNC
    del machine.environment["PYTHONPROFILEIMPORTTIME"]
    said = machine.runs("sync", "nobody", "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["error"]["code"] == "unknown_connector"
    assert machine.runs("sync").returncode == 2


@pytest.mark.parametrize(
    "words", [["show", b"caf\xe9"], ["connect", "--name", b"caf\xe9"], ["sync", b"\xf0\x28"]]
)
def test_words_that_are_no_utf8_are_refused_like_others(machine: Machine, words: list[Any]) -> None:
    said = subprocess.run(
        [*PROGRAM, *words, "--json"],
        cwd=machine.folder,
        env=machine.environment,
        input=b"",
        capture_output=True,
        check=False,
    )
    assert said.returncode == 1
    assert b"Traceback" not in said.stderr
    assert b'"error"' in said.stdout


def test_an_output_that_cannot_show_an_umlaut_is_no_reason_to_fail(machine: Machine) -> None:
    machine.environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    said = machine.runs("doctor")
    assert "Traceback" not in said.stderr
    assert "UnicodeEncodeError" not in said.stderr + said.stdout


def test_a_reader_who_leaves_early_is_no_error(cold_machine: Machine) -> None:
    with cold_machine.starts("doctor", stderr=subprocess.PIPE) as program:
        program.stdout.close()
        assert "Traceback" not in program.stderr.read()


EVERY_WAY_OUT = [
    ["--help"],
    ["--version"],
    ["sync", "--help"],
    ["doctor"],
    ["doctor", "--json"],
    ["connectors"],
    ["connectors", "--json"],
    ["runs"],
    ["show", "nobody", "--json"],
    ["connect"],
    ["simulator", "--port", "0"],
    ["simulator", "--port", "0", "--json"],
    ["serve", "--port", "0"],
    ["worker", "--json"],
]


@pytest.mark.parametrize("words", EVERY_WAY_OUT, ids=" ".join)
@pytest.mark.parametrize("out", ["a reader who left", "a full disk"])
def test_an_output_that_takes_nothing_ends_the_command_in_a_sentence(
    machine: Machine, words: list[str], out: str
) -> None:
    """Where a reader left on purpose, not even that."""
    if out == "a full disk" and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with opened_output(out) as stdout:
        program = machine.starts(*words, stdin=subprocess.DEVNULL, stdout=stdout)
    with program:
        err = program.stderr.read()
    it_ended_in_a_sentence(program.wait(PATIENCE), err, sentences=out != "a reader who left")


@pytest.mark.parametrize("words", EVERY_WAY_OUT, ids=" ".join)
def test_an_output_that_is_closed_ends_the_command_in_a_sentence(
    machine: Machine, words: list[str]
) -> None:
    """Python starts without `sys.stdout` then."""
    prepared = (
        "import os, sys; os.close(1); "
        "os.execv(sys.executable, [sys.executable, '-m', 'tiktok_organic', *sys.argv[1:]])"
    )
    said = subprocess.run(
        [sys.executable, "-c", prepared, *words],
        cwd=machine.folder,
        env=machine.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    it_ended_in_a_sentence(said.returncode, said.stderr, sentences=1)


@contextmanager
def opened_output(kind: str) -> Iterator[int]:
    """A descriptor to which nothing can be written."""
    if kind == "a full disk":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, descriptor = os.pipe()
        os.close(reader)
    yield descriptor
    os.close(descriptor)


def it_ended_in_a_sentence(code: int, err: str, *, sentences: int) -> None:
    told = [line for line in err.splitlines() if "standard output" in line]
    assert code == 1, err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert len(told) == sentences, err


def test_an_input_that_is_closed_is_an_empty_one(machine: Machine) -> None:
    prepared = (
        "import os, sys; os.close(0); os.execv(sys.executable, [sys.executable, '-m', "
        "*sys.argv[1:]])"
    )
    said = subprocess.run(
        [sys.executable, "-c", prepared, "tiktok_organic", "connect", "--json"],
        cwd=machine.folder,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert said.returncode == 1
    assert json.loads(said.stdout.splitlines()[-1])["error"]["code"] == "no_address"


def test_control_c_says_what_happens_next(
    machine: Machine, browser: Browser, simulator: Simulator
) -> None:
    with machine.starts("connect") as program:
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130
    assert "Traceback" not in err
    assert "Nothing is half written" in err


def test_control_c_is_told_to_programs_as_well(cold_machine: Machine) -> None:
    with cold_machine.starts("connect", "--json") as program:
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=PATIENCE)
    assert (program.returncode, "Traceback" in err) == (130, False)
    error = json.loads(out)["error"]
    assert (error["code"], set(error)) == ("interrupted", {"code", "message", "advice"})


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_control_c_in_a_first_sync_leaves_word_of_the_connector(
    machine: Machine, browser: Browser, simulator: Simulator, words: list[Any] | list[str]
) -> None:
    simulator.world.faults.add("slow", "/business/video/list/", seconds=100)
    with machine.starts("connect", "--name", "Bread", "--sync", *words) as program:
        address = next(
            found
            for line in program.stdout
            for found in re.findall(r"https?://[^\s\"]+/authorize/[^\s\"]+", line)
        )
        program.stdin.write(browser.visit(address) + "\n")
        program.stdin.flush()
        waits_for(lambda: not simulator.world.faults.document())
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130
    assert "Connected 'Bread'" in out + err
    assert len(json.loads(machine.runs("connectors", "--json").stdout)) == 1


def test_control_c_stops_syncs_side_by_side_and_the_next_ones_complete_them(
    machine: Machine, browser: Browser, simulator: Simulator
) -> None:
    for number in range(3):
        simulator.world.accounts.add(f"account{number}", videos=60)
        with machine.starts("connect", "--name", f"account{number}", "--json") as program:
            address = json.loads(program.stdout.readline())["authorize_url"]
            program.communicate(browser.visit(address, f"account{number}") + "\n", timeout=PATIENCE)
    simulator.world.faults.add("slow", "/business/video/list/", seconds=100, count=3)
    with machine.starts("sync", "--all", "--json") as program:
        waits_for(lambda: not simulator.world.faults.document())  # all three ask for videos now
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=PATIENCE)
    assert (program.returncode, json.loads(out)["error"]["code"]) == (130, "interrupted")
    assert "Traceback" not in err
    assert "The next sync completes the run" in err
    begun = json.loads(machine.runs("runs", "--json").stdout)
    said = machine.runs("sync", "--all", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert {run["run_id"] for run in json.loads(said.stdout)} == {run["run_id"] for run in begun}


def test_the_simulator_says_where_it_listens_first(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with machine.starts("simulator", "--port", "0") as program:
        line = program.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.split()[-1]
        assert httpx2.get(f"{url}/_simulator/", verify=False).json()["accounts"]
        port = url.rpartition(":")[2]
        said = machine.runs("simulator", "--port", port)
        assert (said.returncode, "listen" in said.stderr) == (1, True)
        program.terminate()
        assert program.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["simulator", "--port", "0"], 404),
        (["serve", "--port", "0"], 303),
        (["demo", "--home", "here", "--days", "1", "--keep-running", "--port", "0"], 303),
    ],
    ids=["simulator", "serve", "demo"],
)
def test_what_stays_tells_programs_where_it_listens_in_one_document(
    tmp_path: Path, words: list[str], status: int
) -> None:
    machine = Machine(tmp_path)
    with machine.starts(*words, "--json", stderr=subprocess.DEVNULL) as program:
        document = json.loads(program.stdout.readline())
        assert document["url"].startswith("http://127.0.0.1:")
        assert httpx2.get(document["url"], verify=False).status_code == status
        if words[0] != "simulator":
            assert document["first_account"].startswith(f"{document['url']}/welcome/")
        if words[0] == "demo":
            assert document["tables"]["profile"] == 1
        program.terminate()
        assert (program.wait(PATIENCE), program.stdout.read()) == (0, "")


def test_a_worker_tells_programs_what_it_works_on(cold_machine: Machine) -> None:
    with cold_machine.starts(
        "worker", "--at-once", "3", "--json", stderr=subprocess.DEVNULL
    ) as program:
        document = json.loads(program.stdout.readline())
        assert document == {"store": "sqlite", "at_once": 3, "process": program.pid}
        program.terminate()
        assert (program.wait(PATIENCE), program.stdout.read()) == (0, "")


@pytest.mark.parametrize("words", [["serve"], ["simulator"],
                                   ["demo", "--home", "here", "--days", "1", "--keep-running"]],
                         ids=lambda words: words[0])  # fmt: skip
def test_an_address_that_is_taken_is_told_in_one_document(
    tmp_path: Path, simulator: Simulator, words: list[str]
) -> None:
    port = simulator.url.rpartition(":")[2]
    said = Machine(tmp_path, warm=True).runs(*words, "--port", port, "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["error"]["code"] == "address_taken"


def test_the_demo_shows_the_whole_product(tmp_path: Path) -> None:
    machine = Machine(tmp_path, warm=True)
    said = machine.runs("demo", "--home", "here", "--days", "20", "--json")
    assert said.returncode == 0, said.stderr
    document = json.loads(said.stdout)
    assert document["tables"]["profile_daily_metric"] >= 58 + 18
    assert document["tables"]["profile_snapshot_metric"] == 20 - 3
    assert document["syncs"] == {"succeeded": 17, "failed": 3}
    assert document["connector"]["username"] == "demo.baeckerei"
    assert [answer["rows"] == [] for answer in document["answers"]] == [False, False, False]
    assert (tmp_path / "here" / "warehouse.duckdb").exists()
    assert not machine.home.exists()


def test_the_query_of_the_demo_works(tmp_path: Path) -> None:
    machine = Machine(tmp_path, warm=True)
    said = machine.runs("demo", "--home", "here", "--days", "1")
    assert said.returncode == 0, said.stderr
    command = next(line.strip() for line in said.stdout.splitlines() if "duckdb.connect" in line)
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "video_views" in shown.stdout


def test_the_demo_can_be_seen_twice_in_one_home(tmp_path: Path) -> None:
    machine = Machine(tmp_path, warm=True)
    for _ in range(2):
        said = machine.runs("demo", "--home", "here", "--days", "2", "--json")
        assert said.returncode == 0, said.stdout + said.stderr
