"""The SQL that all warehouses share: quoting, and what a cumulative table's merge leaves alone."""

from __future__ import annotations

import pytest

from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse import sql, sql_select
from tiktok_organic.warehouse.sql_dialect import BIGQUERY, DUCKDB, POSTGRES, Dialect

from .samples import DAYS, PROFILE


@pytest.mark.parametrize(
    ("dialect", "name", "quoted"),
    [
        (DUCKDB, 'a"b', '"a""b"'),
        (POSTGRES, "a`b\\", '"a`b\\"'),
        (BIGQUERY, "a`b\\", "`a\\`b\\\\`"),
        (BIGQUERY, "a\nb", "`a\\nb`"),
    ],
)
def test_a_name_is_quoted_as_the_engine_reads_it(dialect: Dialect, name: str, quoted: str) -> None:
    assert dialect.name(name) == quoted
    assert dialect.name("x", name) == f"{dialect.name('x')}.{quoted}"


@pytest.mark.parametrize(
    ("dialect", "quoted"),
    [(DUCKDB, "'it''s \\ \"'"), (POSTGRES, "'it''s \\ \"'"), (BIGQUERY, "'it\\'s \\\\ \"'")],
)
def test_a_text_is_quoted_as_the_engine_reads_it(dialect: Dialect, quoted: str) -> None:
    assert dialect.text("it's \\ \"") == quoted
    assert dialect.text("") == "''"


@pytest.mark.parametrize("dialect", [DUCKDB, POSTGRES, BIGQUERY])
def test_what_no_engine_can_hold_is_a_mistake(dialect: Dialect) -> None:
    for name in ("", "a\0b"):
        with pytest.raises(ValueError, match="cannot be written"):
            dialect.name(name)
    with pytest.raises(ValueError, match="cannot be written"):
        dialect.text("a\0b")


def test_a_cumulative_merge_never_assigns_what_a_row_keeps() -> None:
    for statement in (
        sql.update_stored(DUCKDB, "d", "x", DAYS),
        sql.merge(BIGQUERY, "d", "x", DAYS),
    ):
        assigned = statement.partition(" SET ")[2].partition(" WHE")[0]
        for name in (*DAYS.match, *DAYS.kept):
            assert f'{name}" = ' not in assigned
            assert f"{name}` = " not in assigned
        assert "COALESCE" in assigned


def test_a_table_of_keys_alone_can_be_merged() -> None:
    table = Table(
        "t", "Keys.", ("id",), (Column("id", "INTEGER", "sync", "The key.", required=True),)
    )
    assert 'SET "id" = s."id"' in sql.update_stored(DUCKDB, "t", "x", table)


def test_an_order_by_what_is_no_column_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        sql_select.select(DUCKDB, "t", PROFILE, present=set(PROFILE.names), order=["-nonsense"])
    ordered = sql_select.select(
        DUCKDB, "t", PROFILE, present={"username"}, order=["-username", "bio_description"], limit=3
    )
    assert ordered.endswith(' FROM t ORDER BY "username" DESC NULLS LAST LIMIT 3')
