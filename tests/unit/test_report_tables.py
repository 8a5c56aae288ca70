"""The four tables are the contract of tables.yaml: names, types, order, keys.

And each value lands in its column.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from tiktok_organic.reports import REPORTS
from tiktok_organic.reports.profile_daily_metric_columns import digest
from tiktok_organic.reports.report import Context
from tiktok_organic.tiktok.record_types import Account, Day, Video
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, DAY_FIELDS, SCOPES, VIDEO_FIELDS

CONTRACT: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "tables.yaml").read_text("utf-8")
)
MOMENT, LOADED = datetime(2026, 3, 11, 3, tzinfo=UTC), datetime(2026, 3, 11, 3, 5, tzinfo=UTC)
CONTEXT = Context("open-id-1", "demo", MOMENT, LOADED)


def distinct(record: type[Any], **given: Any) -> Any:
    """A record with a different value in each field."""
    made = record(**given)
    for number, name in enumerate(record.__struct_fields__):
        if name not in given:
            setattr(made, name, f"{name}-{number}")
    return made


class Answers:
    """What TikTok said, invented."""

    def account(self) -> Account:
        made: Account = distinct(Account, username="another-name")
        return made

    def days(self) -> Iterator[Day]:
        yield distinct(Day, date=date(2026, 3, 10))

    def videos(self) -> Iterator[Video]:
        yield distinct(Video, item_id="759")


def test_there_are_these_four_tables_and_no_other() -> None:
    assert list(REPORTS) == list(CONTRACT)


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_have_their_names_types_and_order(name: str) -> None:
    expected = [
        (c["name"], c["type"], c["from"], c.get("required", False), c.get("json", False))
        for c in CONTRACT[name]["columns"]
    ]
    assert [
        (c.name, c.type, c.origin, c.required, c.json) for c in REPORTS[name].table.columns
    ] == expected


@pytest.mark.parametrize("name", CONTRACT)
def test_keys_partitions_and_clusters_are_those_of_the_contract(name: str) -> None:
    table, contract = REPORTS[name].table, CONTRACT[name]
    assert list(table.key) == contract["key"]
    partition = contract.get("partition")
    assert table.partition == (partition.split()[0] if partition else None)
    assert list(table.cluster) == contract.get("cluster", [])
    named = {
        *table.key,
        *table.match,
        *table.kept,
        *table.cluster,
        *([table.partition] if table.partition else []),
    }
    assert named <= set(table.names)
    assert all(table.column(column).required for column in table.key)


def test_only_days_are_matched_on_the_account_and_outlive_their_absence() -> None:
    daily = REPORTS["profile_daily_metric"].table
    assert daily.matched_on == ("_quanti_ad_account", "date")
    assert set(daily.kept) >= {"_quanti_id", "username"}
    assert [name for name, report in REPORTS.items() if report.table.cumulative] == [
        "profile_daily_metric"
    ]
    assert all(
        r.table.matched_on == r.table.key for n, r in REPORTS.items() if n != "profile_daily_metric"
    )


@pytest.mark.parametrize("name", CONTRACT)
def test_every_table_and_column_is_explained(name: str) -> None:
    report = REPORTS[name]
    assert report.table.about.endswith(".")
    assert report.sentence
    for column in report.table.columns:
        assert column.about.strip()


@pytest.mark.parametrize("name", CONTRACT)
def test_each_value_lands_in_the_column_of_its_name(name: str) -> None:
    table = REPORTS[name].table
    source = {
        "account": Answers().account(),
        "day": next(Answers().days()),
        "video": next(Answers().videos()),
    }
    (row,) = REPORTS[name].rows(Answers(), CONTEXT)
    made = {
        "_quanti_loaded_at": LOADED,
        "_quanti_sync_date": MOMENT,
        "_quanti_ad_account": "open-id-1",
        "_quanti_date": date(2026, 3, 10),
        "_quanti_id": "demo|2026-03-10",
        "username": "demo",
    }
    expected = [
        made[c.name] if c.name in made else getattr(source[c.origin], c.name) for c in table.columns
    ]
    assert list(row) == expected


@pytest.mark.parametrize("name", CONTRACT)
def test_what_the_columns_need_is_asked_of_tiktok(name: str) -> None:
    catalogue = {"account": ACCOUNT_FIELDS, "day": DAY_FIELDS, "video": VIDEO_FIELDS}
    records = {"account": Account, "day": Day, "video": Video}
    for column in REPORTS[name].table.columns:
        if column.origin != "sync" and column.name != "date":
            assert column.name in catalogue[column.origin]
            assert column.name in records[column.origin].__struct_fields__
    assert set(REPORTS[name].scopes) <= set(SCOPES)


def test_no_field_is_asked_for_that_tiktok_refuses() -> None:
    assert "date" not in DAY_FIELDS
    assert not set(ACCOUNT_FIELDS) & set(DAY_FIELDS)
    assert all(
        scope in SCOPES
        for fields in (ACCOUNT_FIELDS, DAY_FIELDS, VIDEO_FIELDS)
        for scope in fields.values()
    )


def test_without_requests_nothing_is_written() -> None:
    class Silence:
        def account(self) -> Account:
            return Account()

        def days(self) -> Iterator[Day]:
            return iter(())

        def videos(self) -> Iterator[Video]:
            return iter(())

    assert list(REPORTS["profile_daily_metric"].rows(Silence(), CONTEXT)) == []
    assert list(REPORTS["video_snapshot_metric"].rows(Silence(), CONTEXT)) == []
    for name in ("profile", "profile_snapshot_metric"):
        (row,) = REPORTS[name].rows(Silence(), CONTEXT)
        table = REPORTS[name].table
        assert [v is not None for v in row] == [column.required for column in table.columns]


@pytest.mark.parametrize("name", [name for name in Day.__struct_fields__ if name != "date"])
def test_a_days_digest_changes_with_each_value_and_with_nothing_else(name: str) -> None:
    def day(value: Any) -> Day:
        made = Day(date=date(2026, 3, 10))
        setattr(made, name, value)
        return made

    digests = {digest(day(value)) for value in (None, 0, 1, "[]", "[1]")}
    assert len(digests) == 5
    assert digest(day(1)) == digest(day(1))
    assert digest(day(1)) != digest(replace(day(1), date=date(2026, 3, 9)))
