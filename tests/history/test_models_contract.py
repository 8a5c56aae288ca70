"""The history tables and views are the contract of docs/models.yaml: names, types, order, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tiktok_organic.history.facts import facts
from tiktok_organic.history.tables import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS

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
