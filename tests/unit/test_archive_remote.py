"""An archive at an fsspec address: written locally, uploaded when it is complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.utils import infer_storage_options
from unit_clock import NOON

from tiktok_organic.archive import Archive
from tiktok_organic.errors import BadValue, DestinationBusy, Refused
from tiktok_organic.tiktok.client import Exchange

EXCHANGE = Exchange("business/get/", {}, 200, {}, b'{"code":0}', NOON)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"memory://bucket-{tmp_path.name}/tiktok/"


@pytest.fixture(params=["spool", "odd [1] *?"])
def shared(request: pytest.FixtureRequest, address: str, tmp_path: Path) -> Archive:
    return Archive(address, tmp_path / request.param)


def complete_file(archive: Archive, connector: str = "alice") -> str:
    recording = archive.record(connector, "run", 1, NOON)
    recording.keep(EXCHANGE)
    recording.complete({"account": 1})
    return recording.name


def test_a_complete_file_leaves_the_spool_and_is_read_from_its_place(shared: Archive) -> None:
    name = complete_file(shared)
    assert not shared.local_path(name).exists()
    assert shared.summary(name) == {"account": 1}
    assert [kept.body for kept in shared.answers(name, [1])] == [b'{"code":0}']


def test_another_machine_reads_what_this_one_completed(
    shared: Archive, address: str, tmp_path: Path
) -> None:
    name = complete_file(shared)
    other = Archive(address, tmp_path / "other")
    assert other.summary(name) == {"account": 1}


def test_an_attempt_that_is_not_complete_stays_in_the_spool(shared: Archive) -> None:
    recording = shared.record("alice", "run", 1, NOON)
    recording.keep(EXCHANGE)
    recording.close()
    assert shared.local_path(recording.name).exists()
    assert len(list(shared.all_answers(recording.name))) == 1


def test_a_missing_remote_file_causes_an_error(shared: Archive) -> None:
    assert shared.summary("alice/2026/none.1.answers.gz") is None
    with pytest.raises(Refused):
        list(shared.answers("alice/2026/none.1.answers.gz", [1]))


def test_files_are_pruned_and_removed_there_too(shared: Archive) -> None:
    alice, bob = complete_file(shared), complete_file(shared, "bob")
    assert shared.prune("alice", datetime.now(UTC) - timedelta(days=1)) == 0
    assert shared.prune("alice", datetime.now(UTC) + timedelta(days=1)) == 1
    assert shared.summary(alice) is None
    assert shared.prune("nobody", datetime.now(UTC)) == 0
    shared.remove("bob")
    shared.remove("nobody")
    assert shared.summary(bob) is None


def test_the_check_passes_where_files_can_be_made_and_makes_nothing(shared: Archive) -> None:
    assert not shared.check()
    assert not shared.check()
    complete_file(shared)
    assert shared.check()


@pytest.mark.parametrize(
    "address", ["nosuchprotocol://joe:hunter2@bucket/x", "simplecache::nosuchprotocol://bucket/x"]
)
def test_an_unknown_kind_of_address_is_refused_before_anything_is_fetched(
    tmp_path: Path, address: str
) -> None:
    archive = Archive(address, tmp_path / "spool")
    for attempt in (
        archive.check,
        lambda: archive.record("alice", "run", 1, NOON),
        lambda: list(archive.answers("alice/2026/run.1.answers.gz", [1])),
    ):
        with pytest.raises(BadValue) as caught:
            attempt()
        assert caught.value.name == "TIKTOK_ORGANIC_ARCHIVE_URL"
        assert "nosuchprotocol" in caught.value.message
        assert "hunter2" not in caught.value.message
    assert not (tmp_path / "spool").exists()


def test_a_missing_driver_causes_an_error_before_anything_is_fetched(tmp_path: Path) -> None:
    fsspec.register_implementation(
        "neverinstalled", "no_such_package.Files", errtxt="Install no-such-package"
    )
    archive = Archive("neverinstalled://joe:hunter2@bucket/x", tmp_path)
    with pytest.raises(Refused) as caught:
        archive.record("alice", "run", 1, NOON)
    assert caught.value.code == "archive_driver_missing"
    assert "Install no-such-package" in caught.value.message
    assert "hunter2" not in caught.value.message


class HostedFiles(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A server, in memory, that wants to know from the address who comes, and does not say when a
    file was written.
    """

    protocol = "hosted"
    cachable = False
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def __init__(self, host: str, username: str = "", password: str = "", **options: Any) -> None:
        super().__init__(**options)
        if password != "hunter2":
            raise ConnectionRefusedError(f"{username} with {password} may not enter {host}")

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return (
            f"/{path.partition('://')[2].partition('/')[2]}".rstrip("/")
            if "://" in path
            else path.rstrip("/")
        )

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, Any]:
        return {
            name: value
            for name, value in infer_storage_options(path).items()
            if name not in ("path", "protocol")
        }

    def modified(self, path: str) -> datetime:
        raise NotImplementedError


@pytest.fixture
def hosted() -> str:
    fsspec.register_implementation("hosted", HostedFiles, clobber=True)
    HostedFiles.store.clear()
    return "hosted://joe:hunter2@files.invented.test"


def test_a_server_gets_the_login_and_everything_works_there(hosted: str, tmp_path: Path) -> None:
    archive = Archive(f"{hosted}/deep/tiktok", tmp_path / "spool")
    name = complete_file(archive)
    assert list(HostedFiles.store) == [f"/deep/tiktok/{name}"]
    assert archive.check()
    assert archive.summary(name) == {"account": 1}
    assert archive.prune("alice", NOON - timedelta(days=1)) == 0
    assert archive.prune("alice", NOON + timedelta(days=1)) == 1
    complete_file(archive)
    archive.remove("alice")
    assert archive.summary(name) is None


def test_an_unreachable_server_causes_an_error_without_the_password(
    hosted: str, tmp_path: Path
) -> None:
    archive = Archive(hosted.replace("hunter2", "hunter3"), tmp_path)
    recording = archive.record("alice", "run", 1, NOON)
    for attempt in (
        archive.check,
        lambda: recording.complete({}),
        lambda: list(archive.answers("alice/2026/other.1.answers.gz", [1])),
        lambda: archive.remove("bob"),
        lambda: archive.prune("bob", NOON),
    ):
        with pytest.raises(DestinationBusy) as caught:
            attempt()
        assert caught.value.code == "archive_away"
        assert "hosted://joe:***@files.invented.test" in caught.value.message
        assert "joe with *** may not enter" in caught.value.message
    assert archive.local_path(recording.name).exists()  # nothing is lost
    assert archive.heads("alice/2026/other.1.answers.gz") == []
    assert archive.sent("alice", "other", 1, NOON) == 0


def test_the_address_of_a_folder_may_be_written_as_a_file_address(tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}/kept", tmp_path / "spool")
    name = complete_file(archive)
    assert (tmp_path / "kept" / name).exists()
    assert fsspec.filesystem("file").exists(f"{tmp_path}/kept/{name}")
