"""Rows become Arrow batches of bounded size, with the types of the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.table_definition import BATCH_ROWS, Column, Table

TABLE = Table(
    "invented",
    "A table of every type.",
    ("id",),
    (
        Column("id", "STRING", "sync", "The key.", required=True),
        Column("count", "INTEGER", "video", "A count."),
        Column("share", "FLOAT", "video", "A share."),
        Column("flag", "BOOLEAN", "video", "A flag."),
        Column("day", "DATE", "day", "A day."),
        Column("at", "TIMESTAMP", "sync", "A moment."),
    ),
)
MOMENT = datetime(2026, 3, 11, 3, 0, 0, 123456, tzinfo=UTC)


@given(st.integers(0, 25), st.integers(1, 7))
def test_batches_are_bounded_and_lose_no_row(count: int, size: int) -> None:
    rows = [(str(number), number, 0.5, True, date(2026, 1, 1), MOMENT) for number in range(count)]
    batches = list(TABLE.batches(iter(rows), size))
    assert [batch.num_rows for batch in batches] == [size] * (count // size) + [count % size] * (
        count % size > 0
    )
    assert [value for batch in batches for value in batch.column(1).to_pylist()] == list(
        range(count)
    )


def test_rows_are_taken_batch_by_batch_and_not_all_at_once() -> None:
    taken = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal taken
        for number in range(3 * BATCH_ROWS):
            taken += 1
            yield (str(number), None, None, None, None, None)

    batches = TABLE.batches(rows())
    assert next(batches).num_rows == BATCH_ROWS
    assert taken == BATCH_ROWS


def test_the_types_are_those_of_the_contract() -> None:
    assert [str(field.type) for field in TABLE.schema] == [
        "string", "int64", "double", "bool", "date32[day]", "timestamp[us, tz=UTC]",
    ]  # fmt: skip
    assert [field.nullable for field in TABLE.schema] == [False, True, True, True, True, True]


def test_a_moment_may_be_a_datetime_or_microseconds() -> None:
    micros = int(MOMENT.timestamp()) * 1_000_000 + 123456
    (batch,) = TABLE.batches(
        [("a", None, None, None, None, MOMENT), ("b", None, None, None, None, micros)]
    )
    assert batch.column(5).to_pylist() == [MOMENT, MOMENT]


@pytest.mark.parametrize("count", [-(2**63), 2**63 - 1])
def test_counts_of_64_bits_pass(count: int) -> None:
    (batch,) = TABLE.batches([("a", count, None, None, None, None)])
    assert batch.column(1).to_pylist() == [count]


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)],
)
def test_moments_of_the_whole_calendar_pass(moment: datetime) -> None:
    (batch,) = TABLE.batches([("a", None, None, None, None, moment)])
    assert batch.column(5).to_pylist() == [moment]


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError):
        list(TABLE.batches([("a", 1)]))


def test_no_rows_are_no_batch() -> None:
    assert list(TABLE.batches([])) == []


def test_columns_are_found_by_name() -> None:
    assert TABLE.column("count").type == "INTEGER"
    assert TABLE.names == ("id", "count", "share", "flag", "day", "at")
    with pytest.raises(KeyError):
        TABLE.column("nothing")
    assert isinstance(TABLE.schema, pa.Schema)
