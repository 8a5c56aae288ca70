"""Every view, judged by Google's own analyzer of SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

from .bigquery_double.judge import Judge

PROJECT = "project"
VIEWS = views("Europe/Paris")
QUESTIONS: list[dict[str, str]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "questions.yaml").read_text("utf-8")
)


def resource(columns: Iterable[Column]) -> dict[str, Any]:
    fields = [{"name": column.name, "type": column.type} for column in columns]
    return {"schema": {"fields": fields}}


@pytest.fixture(scope="module")
def judge() -> Judge:
    tables: list[Table | View] = [
        *HISTORY.values(),
        *(report.table for report in REPORTS.values()),
        *VIEWS,
    ]
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


def test_google_accepts_the_rollup_of_the_dbt_package(judge: Judge) -> None:
    models = Path(__file__).parents[2] / "dbt" / "models"
    text = (models / "tiktok_organic__social_media_rollup.sql").read_text("utf-8")
    query = jinja2.Template(text).render(
        ref=lambda model: target(model.removeprefix("tiktok_organic__")),
        source=lambda _source, table: target(table),
        dbt={"type_bigint": lambda: "INT64"},
    )
    assert judge.accept(f"CREATE VIEW {target('rollup')} AS {query}") == "ResolvedCreateViewStmt"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one["id"])
def test_google_accepts_the_queries_of_the_questions(
    judge: Judge, question: dict[str, str]
) -> None:
    dataset = f"{PROJECT}.d"
    query = question["query"].format(dataset=dataset, other=dataset)
    assert judge.accept(query) == "ResolvedQueryStmt"
