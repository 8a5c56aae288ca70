"""Rows that a process remembers of its last load: limited in size, and the same as stored."""

from __future__ import annotations

from typing import Any

from tiktok_organic.warehouse.contract import Held, TableState
from tiktok_organic.warehouse.remembered_rows import RememberedRows, RowMemory, rows_after

from .samples import DAYS, EVERYTHING, PROFILE, day, profile

Row = dict[str, Any]


def whole(row: Row, table: Any = DAYS) -> Row:
    return {name: row.get(name) for name in table.names}


def some(run: str, texts: int = 1) -> RememberedRows:
    rows = [whole({"id": n, "text": f"{run} {n * 7919}"}, EVERYTHING) for n in range(texts)]
    return RememberedRows.pack(run, {EVERYTHING: Held(TableState.OURS, rows)})


def test_a_missing_value_does_not_replace_a_stored_one_where_rows_are_cumulative() -> None:
    stored = whole(day(likes=5, comments=1, audience_activity='[{"hour": 1}]', _quanti_id="old"))
    staged = whole(day(likes=6, comments=None, audience_activity="[]", _quanti_id="new"))
    (after,) = rows_after(DAYS, [stored], [staged])
    assert (after["likes"], after["comments"]) == (6, 1)
    assert after["audience_activity"] == '[{"hour": 1}]'
    assert after["_quanti_id"] == "old"


def test_forgotten_rows_go_before_new_ones_come() -> None:
    stored = [whole(profile(username=name), PROFILE) for name in ("before", "alice")]
    staged = [whole(profile(display_name="Alice 2"), PROFILE)]
    forgotten = [(PROFILE, "username", ["before"]), (DAYS, "username", ["alice"])]
    after = rows_after(PROFILE, stored, staged, forgotten)
    assert [(row["username"], row["display_name"]) for row in after] == [("alice", "Alice 2")]


def test_the_least_recently_used_dataset_is_dropped_when_there_are_too_many() -> None:
    size = some("a", 500).size
    memory = RowMemory(largest=size * 10)
    for number in range(9):
        memory.put(number, some(str(number), 500))
    assert memory.get(0) is not None
    for number in range(9, 12):
        memory.put(number, some(str(number), 500))
    assert memory.get(0) is not None
    assert memory.get(1) is None
    assert memory.get(11) is not None


def test_a_dataset_that_is_too_large_is_not_remembered() -> None:
    memory = RowMemory(largest=some("a", 500).size)
    memory.put("d", some("a"))
    memory.put("d", some("b", 500))
    assert memory.get("d") is None
