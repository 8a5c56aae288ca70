"""The store's frequent questions read an index, not all runs: a store grows for years."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from unit_clock import NOON
from unit_store import Memory

from tiktok_organic.store.runs.due_work import DueWork
from tiktok_organic.store.runs.runs import Runs


@pytest.mark.parametrize(
    "question",
    [
        lambda memory: DueWork(memory.database).ready(NOON),
        lambda memory: DueWork(memory.database).begun(),
        lambda memory: DueWork(memory.database).waiting(),
        lambda memory: Runs(memory.database).newest(limit=100),
        lambda memory: Runs(memory.database).newest("c-alice", limit=100),
    ],
    ids=["ready", "begun", "waiting", "newest", "newest of one"],
)
def test_a_frequent_question_does_not_scan_all_runs(memory: Memory, question: Any) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(
        _conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "runs" in statement:
            asked.append((statement, parameters))

    event.listen(memory.database.engine(), "before_cursor_execute", listen)
    question(memory)
    event.remove(memory.database.engine(), "before_cursor_execute", listen)
    assert asked
    with memory.database.read() as connection:
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plan = [str(row[3]) for row in rows]
            scans = [line for line in plan if line.startswith("SCAN runs")]
            assert [line for line in scans if "USING INDEX" not in line] == [], plan
