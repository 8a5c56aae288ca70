"""The archive stores answers unchanged; an interrupted file is readable up to its last answer."""

from __future__ import annotations

import errno
import gzip
import json
import os
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_clock import NOON

from tiktok_organic.archive import Archive, Recording
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import DestinationBusy, Refused
from tiktok_organic.tiktok.client import Exchange

BODIES = [
    b'{"code":0,"message":"OK","request_id":"2026A","data":{"videos":[1,2]}}',
    b"",
    b"<html>\n502\n</html>",
    b'{"code":0,"data":"' + bytes(range(256)) + b'","request_id" : "2026B"}',
    b"\n\n{}\n",
    os.urandom(3000),
]


def exchange(body: bytes, endpoint: str = "business/get/", status: int = 200) -> Exchange:
    headers = {
        "date": "now",
        "x-tt-logid": "log",
        "set-cookie": "no",
        "content-type": "application/json",
    }
    return Exchange(endpoint, {"fields": '["likes"]'}, status, headers, body, NOON)


def filled(
    archive: Archive, run: str = "run", bodies: list[bytes] = BODIES, complete: bool = True
) -> Recording:
    recording = archive.record("alice", run, 1, NOON)
    for body in bodies:
        recording.keep(exchange(body))
    if complete:
        recording.complete({"account": 1, "videos": [2, 3]})
    else:
        recording.close()
    return recording


def test_answers_come_back_as_they_came(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path / "spool")
    name = filled(archive).name
    assert [kept.body for kept in archive.all_answers(name)] == BODIES
    assert [kept.number for kept in archive.all_answers(name)] == [1, 2, 3, 4, 5, 6]
    assert archive.summary(name) == {"account": 1, "videos": [2, 3]}
    assert name == "alice/2026/run.1.answers.gz"


def test_each_answer_says_what_was_asked_and_when(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    kept = next(iter(archive.all_answers(filled(archive).name)))
    assert dict(kept.head) == {
        "number": 1,
        "endpoint": "business/get/",
        "parameters": {"fields": '["likes"]'},
        "status": 200,
        "headers": {"date": "now", "x-tt-logid": "log", "content-type": "application/json"},
        "request_id": "2026A",
        "received_at": "2026-03-11T12:00:00.000000Z",
        "bytes": len(BODIES[0]),
    }


def test_any_gzip_reader_can_read_it(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    recording = filled(archive, bodies=[b'{"a":1}', b'{"b":2}'])
    lines = gzip.decompress(archive.local_path(recording.name).read_bytes()).splitlines()
    assert lines[1::2][:2] == [b'{"a":1}', b'{"b":2}']
    assert json.loads(lines[4])["summary"] == {"account": 1, "videos": [2, 3]}


def test_a_file_that_ends_at_any_byte_has_its_complete_answers(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    bodies = [b"one", b"two"]
    path = archive.local_path(filled(archive, bodies=bodies).name)
    whole = path.read_bytes()
    ends = [
        end
        for end in range(len(whole) + 1)
        if whole[end : end + 2] == b"\x1f\x8b" or end == len(whole)
    ]
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        found = [kept.body for kept in archive.all_answers("alice/2026/run.1.answers.gz")]
        complete = max(number for number, end in enumerate(ends) if end <= length)
        assert found == bodies[:complete]
        assert (archive.summary("alice/2026/run.1.answers.gz") is not None) == (
            length == len(whole)
        )


@settings(max_examples=25)
@given(st.binary(max_size=80), st.integers(0, 200))
def test_bytes_that_do_not_belong_there_crash_nothing(junk: bytes, place: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(folder, Path(folder))
        path = archive.local_path(filled(archive, bodies=[b"one", b"two"]).name)
        whole = path.read_bytes()
        path.write_bytes(whole[:place] + junk + whole[place:])
        for kept in archive.all_answers("alice/2026/run.1.answers.gz"):
            assert kept.body in (b"one", b"two")


def test_an_attempt_that_was_killed_has_answers_and_no_summary(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    recording = archive.record("alice", "run", 1, NOON)
    recording.keep(exchange(b"kept"))
    assert [kept.body for kept in archive.all_answers(recording.name)] == [
        b"kept"
    ]  # while it is being written
    assert archive.summary(recording.name) is None
    recording.close()


def test_only_the_wanted_answers_are_given_in_the_order_they_came(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    name = filled(archive).name
    assert [kept.number for kept in archive.answers(name, [5, 2, 2])] == [2, 5]
    assert list(archive.answers(name, [])) == []


@pytest.mark.parametrize("numbers", [[7], [1, 99], [0]])
def test_a_missing_answer_causes_an_error(tmp_path: Path, numbers: list[int]) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    name = filled(archive).name
    with pytest.raises(Refused) as caught:
        list(archive.answers(name, numbers))
    assert caught.value.code == "archive_missing"
    assert "TIKTOK_ORGANIC_ARCHIVE" in advice_of(caught.value)


def test_a_missing_file_causes_an_error(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    archive.local_path("alice/2026/other.1.answers.gz").parent.mkdir(parents=True)
    archive.local_path("alice/2026/other.1.answers.gz").touch()
    assert archive.summary("alice/2026/none.1.answers.gz") is None
    with pytest.raises(Refused):
        list(archive.answers("alice/2026/none.1.answers.gz", [1]))


def test_a_folder_with_the_name_of_a_file_causes_an_error(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    archive.local_path("alice/2026/run.1.answers.gz").mkdir(parents=True)
    assert archive.summary("alice/2026/run.1.answers.gz") is None
    with pytest.raises(DestinationBusy):
        list(archive.answers("alice/2026/run.1.answers.gz", [1]))
    with pytest.raises(DestinationBusy):
        archive.record("alice", "run", 1, NOON)


def test_several_threads_keep_whole_answers_under_numbers_of_their_own(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    recording = archive.record("alice", "run", 1, NOON)
    numbers: dict[int, bytes] = {}

    def work(thread: int) -> None:
        for number in range(25):
            body = b"%d-%d " % (thread, number) * 200
            numbers[recording.keep(exchange(body))] = body

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recording.complete({})
    assert sorted(numbers) == list(range(1, 151))
    assert {kept.number: kept.body for kept in archive.all_answers(recording.name)} == numbers


def test_an_unwritable_archive_causes_an_error_before_any_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    archive = Archive(str(tmp_path / "file" / "archive"), tmp_path)
    for attempt in (archive.check, lambda: archive.record("alice", "run", 1, NOON)):
        with pytest.raises(DestinationBusy) as caught:
            attempt()
        assert str(tmp_path / "file") in caught.value.message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_causes_an_error_that_closing_does_not_hide(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    path = archive.local_path("alice/2026/run.1.answers.gz")
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    recording = archive.record("alice", "run", 1, NOON)
    with pytest.raises(DestinationBusy) as caught:
        recording.keep(exchange(b"{}"))
    assert os.strerror(errno.ENOSPC) in caught.value.message
    assert "space" in advice_of(caught.value)
    recording.close()


def test_a_place_that_can_be_written_passes_the_check_and_stays_clean(tmp_path: Path) -> None:
    assert not Archive(str(tmp_path / "new" / "deep"), tmp_path).check()
    assert list(tmp_path.iterdir()) == []
    assert Archive(str(tmp_path), tmp_path).check()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"request_id":"R1","code":0}',
        b"x" * 5000 + b',"request_id": "R1"}',
        b'{"request_id" :"R1"',
    ],
)
def test_the_request_id_is_found_at_either_end(tmp_path: Path, body: bytes) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    (kept,) = archive.all_answers(filled(archive, bodies=[body]).name)
    assert kept.head["request_id"] == "R1"


@settings(max_examples=20)
@given(st.binary(max_size=60))
def test_every_odd_body_can_be_archived(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(folder, Path(folder))
        name = filled(archive, bodies=[b'"request_id"' + body, body]).name
        assert [kept.body for kept in archive.all_answers(name)] == [b'"request_id"' + body, body]


def test_the_number_of_sent_requests_is_known_until_it_is_recorded_elsewhere(
    tmp_path: Path,
) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    recording = archive.record("alice", "run", 1, NOON)
    for _ in range(3):
        recording.sending()
    recording.keep(exchange(b"{}"))  # the others had no answer
    assert (
        archive.sent("alice", "run", 1, NOON) == 3
    )  # also while it is written: a killed process closes nothing
    recording.close()
    recording.sending()  # harmless
    assert archive.sent("alice", "run", 1, NOON) == 3
    archive.forget_sent("alice", "run", 1, NOON)
    archive.forget_sent("alice", "run", 1, NOON)
    assert archive.sent("alice", "run", 1, NOON) == 1  # as of an attempt of an older version
    assert archive.sent("alice", "other", 1, NOON) == 0


def test_old_files_are_pruned_and_young_ones_stay(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    old, young = filled(archive, "old").name, filled(archive, "young").name
    other = archive.local_path("bob/2026/old.1.answers.gz")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    for path in (archive.local_path(old), other):
        os.utime(path, (long_ago, long_ago))
    assert archive.prune("alice", datetime(2021, 1, 1, tzinfo=UTC)) == 1
    assert not archive.local_path(old).exists()
    assert archive.local_path(young).exists()
    assert other.exists()
    assert archive.prune("nobody", datetime(2021, 1, 1, tzinfo=UTC)) == 0


def test_a_connectors_answers_can_be_removed_and_only_its(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), tmp_path)
    name = filled(archive).name
    bob = archive.record("bob", "run", 1, NOON)
    bob.complete({})
    archive.remove("alice")
    archive.remove("nobody")
    assert archive.summary(name) is None
    assert archive.summary(bob.name) == {}
