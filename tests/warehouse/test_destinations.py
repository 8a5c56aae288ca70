"""Two addresses of one destination, and addresses with a surprising meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiktok_organic.errors import BadValue
from tiktok_organic.warehouse.destinations import absolute, identity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://alice:a@host/shop", "postgresql://bob:b@HOST:5432/shop"),
        ("postgresql://host/con_a", "postgresql://host/con%5Fa"),
        ("postgresql://host/con_a", "postgresql://host/con_b?dbname=con_a"),
        ("postgresql://host:5433/shop", "postgresql:///shop?host=host&port=5433&user=alice"),
        ("postgresql://host/shop", "postgres://host/shop?sslmode=require"),
        ("bigquery://p1?location=EU", "bigquery://P1"),
        ("duckdb:////srv/a%20b.duckdb", "duckdb:////srv/x/../a b.duckdb"),
    ],
)
def test_one_destination_by_two_addresses(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://host/shop", "postgresql://host:5433/shop"),
        ("postgresql://host/shop", "postgresql://host/Shop"),
        ("bigquery://p1", "bigquery://p2"),
        ("duckdb:////srv/a.duckdb", "duckdb:////srv/b.duckdb"),
    ],
)
def test_two_destinations(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("duckdb:///", "names no DuckDB file"),
        ("duckdb:///:memory:", "memory"),
        ("duckdb://host/x.duckdb", "three slashes"),
        ("duckdb:///x.duckdb?read_only=1", "options"),
    ],
)
def test_an_address_that_is_not_what_it_seems_is_refused_before_it_is_kept(
    url: str, word: str
) -> None:
    with pytest.raises(BadValue, match=word):
        absolute(url, Path("/srv"))


def test_a_relative_file_is_kept_with_its_folder() -> None:
    assert absolute("duckdb:///x/a%25.duckdb", Path("/srv")) == "duckdb:////srv/x/a%25.duckdb"
