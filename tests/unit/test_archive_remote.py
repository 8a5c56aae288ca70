"""An archive at an address that fsspec knows: written beside, brought to its place when it is sealed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest
from unit_clock import NOON

from tiktok_organic.archive import Archive
from tiktok_organic.errors import DestinationBusy, Refused
from tiktok_organic.tiktok.client import Exchange

EXCHANGE = Exchange("business/get/", {}, 200, {}, b'{"code":0}', NOON)


@pytest.fixture(params=["spool", "odd [1] *?"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    bucket = f"memory://bucket-{tmp_path.name}-{len(request.param)}"
    return Archive(f"{bucket}/tiktok/", tmp_path / request.param)


def sealed(archive: Archive, connector: str = "alice") -> str:
    recording = archive.record(connector, "run", 1, NOON)
    recording.keep(EXCHANGE)
    recording.seal({"account": 1})
    return recording.name


def test_a_sealed_file_leaves_the_spool_and_is_read_from_its_place(shared: Archive) -> None:
    name = sealed(shared)
    assert not shared.local_path(name).exists()
    assert shared.summary(name) == {"account": 1}
    assert [kept.body for kept in shared.answers(name, [1])] == [b'{"code":0}']


def test_another_machine_reads_what_this_one_sealed(shared: Archive, tmp_path: Path) -> None:
    name = sealed(shared)
    other = Archive(shared._address, tmp_path / "other")
    assert other.summary(name) == {"account": 1}


def test_an_attempt_that_is_not_sealed_stays_in_the_spool(shared: Archive) -> None:
    recording = shared.record("alice", "run", 1, NOON)
    recording.keep(EXCHANGE)
    recording.close()
    assert shared.local_path(recording.name).exists()
    assert len(list(shared.all_answers(recording.name))) == 1


def test_what_is_missing_is_told(shared: Archive) -> None:
    assert shared.summary("alice/2026/none.1.answers.gz") is None
    with pytest.raises(Refused):
        list(shared.answers("alice/2026/none.1.answers.gz", [1]))


def test_files_are_pruned_and_removed_there_too(shared: Archive) -> None:
    alice, bob = sealed(shared), sealed(shared, "bob")
    assert shared.prune("alice", datetime.now(UTC) - timedelta(days=1)) == 0
    assert shared.prune("alice", datetime.now(UTC) + timedelta(days=1)) == 1
    assert shared.summary(alice) is None
    assert shared.prune("nobody", datetime.now(UTC)) == 0
    shared.remove("bob")
    shared.remove("nobody")
    assert shared.summary(bob) is None


def test_the_check_passes_where_files_can_be_made(shared: Archive) -> None:
    shared.check()


def test_an_address_that_nobody_knows_is_told(tmp_path: Path) -> None:
    archive = Archive("nosuchprotocol://bucket/x", tmp_path)
    with pytest.raises(DestinationBusy) as caught:
        archive.check()
    assert caught.value.code == "archive_away"
    recording = archive.record("alice", "run", 1, NOON)
    with pytest.raises(DestinationBusy):
        recording.seal({})
    assert archive.local_path(recording.name).exists()  # nothing is lost


def test_the_address_of_a_folder_may_be_written_as_a_file_address(tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}/kept", tmp_path / "spool")
    name = sealed(archive)
    assert (tmp_path / "kept" / name).exists()
    assert fsspec.filesystem("file").exists(f"{tmp_path}/kept/{name}")
