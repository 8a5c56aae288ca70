"""The id of a commit job outlives the process that sent the job."""

from __future__ import annotations

from pathlib import Path

from unit_store import ALICE, Memory

from new_store import new_store
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.commit_jobs import ConnectorJournal


def test_another_process_reads_the_job_until_it_is_cleared(tmp_path: Path) -> None:
    new_store(tmp_path / "store.db")
    memory = Memory(tmp_path)
    memory.add(ALICE)
    ours = ConnectorJournal(memory.database, ALICE.id)
    assert ours.read() is None
    for job in ("job-1", "job-2"):
        ours.write(job)
        other = Database(f"sqlite:///{memory.path}")
        assert ConnectorJournal(other, ALICE.id).read() == job
        other.close()
    ours.clear()
    assert ours.read() is None
    memory.database.close()
