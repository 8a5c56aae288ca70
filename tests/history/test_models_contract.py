"""The history tables and views are the contract of docs/models.yaml: names, types, order, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.history.views.view_columns import READS
from tiktok_organic.history.when_columns_are_filled import facts
from tiktok_organic.reports import REPORTS
from tiktok_organic.view_definition import Engine
from tiktok_organic.warehouse.views import Definition

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "models.yaml").read_text("utf-8")
)
VIEWS = {view.name: view for view in views("UTC")}


def test_there_are_the_tables_and_views_of_the_contract_and_no_others() -> None:
    assert set(HISTORY) == set(CONTRACT["tables"])
    assert set(VIEWS) == set(CONTRACT["views"])


@pytest.mark.parametrize("name", list(CONTRACT["tables"]))
def test_a_history_table_begins_with_the_columns_of_the_contract(name: str) -> None:
    wanted = CONTRACT["tables"][name]
    table = HISTORY[name]
    found = [(column.name, column.type) for column in table.columns]
    assert found[: len(wanted["columns"])] == list(wanted["columns"].items())
    assert list(table.key) == wanted["key"]


@pytest.mark.parametrize("name", list(CONTRACT["views"]))
def test_a_view_has_the_columns_of_the_contract(name: str) -> None:
    found = [(column.name, column.type) for column in VIEWS[name].columns]
    assert found == list(CONTRACT["views"][name]["columns"].items())


def test_every_column_that_tiktok_may_leave_empty_has_its_facts() -> None:
    told = {(fact.table, fact.column) for report in REPORTS for fact in facts(report)}
    assert told == {
        (report.name, column.name)
        for report in REPORTS.values()
        for column in report.table.columns
        if column.origin != "sync" and not column.required
    }


def reports_read_by(name: str) -> set[str]:
    read: list[str] = []

    def target(table: str) -> str:
        read.append(table)
        return table

    VIEWS[name].query("duckdb", target)
    others = [reports_read_by(other) for other in set(read) & set(VIEWS)]
    return set(read) & set(REPORTS) | set[str]().union(*others)


@pytest.mark.parametrize("name", list(VIEWS))
def test_what_a_view_is_said_to_read_is_what_its_query_reads(name: str) -> None:
    assert READS[name] == reports_read_by(name)


def test_a_view_s_version_differs_by_time_zone_dataset_and_engine_and_needs_no_query() -> None:
    def unasked(engine: Engine, target: Callable[[str], str]) -> str:
        raise AssertionError((engine, target))

    def version(timezone: str, engine: Engine, dataset: str) -> str:
        view = replace(views(timezone)[0], query=unasked)
        return Definition(view, engine, lambda name: f"{dataset}.{name}").version

    plain = version("UTC", "duckdb", "one")
    assert version("UTC", "duckdb", "one") == plain
    others = [
        version("Europe/Vienna", "duckdb", "one"),
        version("UTC", "postgres", "one"),
        version("UTC", "duckdb", "two"),
    ]
    assert len({plain, *others}) == 4
