"""Every view, judged by Google's own analyzer of SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tiktok_organic.history.tables import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.table import Column
from tiktok_organic.view import View
from tiktok_organic.warehouse.sql import BIGQUERY

from .bigquery_double.judge import Judge

PROJECT = "project"
VIEWS = views("Europe/Paris")


def resource(columns: Iterable[Column]) -> dict[str, Any]:
    fields = [{"name": column.name, "type": column.type} for column in columns]
    return {"schema": {"fields": fields}}


@pytest.fixture(scope="module")
def judge() -> Judge:
    tables = [*HISTORY.values(), *(report.table for report in REPORTS.values()), *VIEWS]
    return Judge(PROJECT, {("d", table.name): resource(table.columns) for table in tables})


def target(name: str) -> str:
    return BIGQUERY.name(PROJECT, "d", name)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_google_accepts_each_view_with_the_columns_of_the_contract(
    judge: Judge, view: View
) -> None:
    query = view.query("bigquery", target)
    names = ", ".join(BIGQUERY.name(column.name) for column in view.columns)
    made = judge.accept(f"CREATE OR REPLACE VIEW {target(view.name)} ({names}) AS {query}")
    assert made == "ResolvedCreateViewStmt"
    typed = f"INSERT INTO {target(view.name)} ({names}) {query}"
    assert judge.accept(typed) == "ResolvedInsertStmt"
