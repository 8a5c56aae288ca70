"""No page needs a value that TikTok, a crash or an older version may have left out or spoiled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Table, bindparam, select, update

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.store import schema
from tiktok_organic.web import create

from .conftest import Place

ABSENT = object()
WRONG: dict[str, list[object]] = {
    "absent": [ABSENT],
    "null": [None],
    "empty": ["", [], {}],
    "hostile": [
        "<script>alert(1)</script>\u202e\x00",
        -1,
        2**70,
        1e308,
        True,
        [None, 1, "x", {}, [], ["x", "y"]],
        {"": None, "a": {"b": []}},
    ],
}
DOCUMENTS = (
    (schema.figure_days, "figures"),
    (schema.figure_moments, "figures"),
    (schema.figure_videos, "figures"),
    (schema.runs, "results"),
    (schema.runs, "error"),
    (schema.runs, "notes"),
    (schema.runs, "progress"),
)


@dataclass
class Shelf:
    """One synced connector whose stored documents can be spoiled and restored."""

    place: Place
    browser: TestClient
    connector_id: str
    run_id: str

    def pages(self, table: Table) -> list[str]:
        """Those that read documents of the table; all of them read connectors."""
        base, run = f"/connectors/{self.connector_id}", f"/runs/{self.run_id}"
        if table is schema.runs:
            return ["/", "/runs", run, f"{run}/progress", base]
        if table is schema.connectors:
            tabs = [f"{base}/{tab}" for tab in ("coverage", "runs", "settings", "first")]
            return ["/", "/runs", run, base, *tabs]
        return [base]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Shelf]:
    app = App(Settings(home=Path(tmp_path_factory.mktemp("home"))))
    demo = DemoTikTok(app)
    demo.start()
    assert demo.simulator is not None
    demo.simulator.world.settings.update(latency=0.0, limits=False)
    web: FastAPI = create(app, demo=demo)
    place = Place(app, web, demo, password_hash)
    connector = place.connector()
    run = place.synced(connector)
    assert run.loaded
    error = {"code": "x", "message": "it broke", "facts": {"connector": "c-1"}}
    results = {name: {**result.document(), "error": error} for name, result in run.results.items()}
    notes = {
        "warnings": ["odd"], "findings": {"unknown": {"a": 1}, "examples": ["x"]},
        "lost_days": ["2026-01-01"], "refused_fields": ["x"], "bytes_billed": 5,
    }  # fmt: skip
    progress = {
        "phase": "loading",
        "what": "profile",
        "pages": 1,
        "rows": 2,
        "tables": {"profile": 1},
        "seconds": 3,
        "reason": "a limit",
    }
    values = {"results": results, "error": error, "notes": notes, "progress": progress}
    app.runs.change(run.id, values)
    browser = place.browser(place.person("alice", "owner"))
    yield Shelf(place, browser, connector.id, run.id)
    demo.close()
    app.close()


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize(("table", "column"), DOCUMENTS, ids=lambda one: getattr(one, "name", one))
def test_every_page_is_shown_whatever_the_stored_documents_hold(
    shelf: Shelf, table: Table, column: str, kind: str
) -> None:
    with shelf.place.app.database.begin() as connection:
        before = documents(connection, table, column)
    names = sorted({name for document in before.values() for name in document or {}})
    assert names
    try:
        for status in ("running", "failed") if table is schema.runs else ("succeeded",):
            shelf.place.app.runs.change(shelf.run_id, {"status": status})
            for wrong in WRONG[kind]:
                spoil(shelf, table, column, {
                    key: spoiled(document, names, wrong) for key, document in before.items()
                })  # fmt: skip
                look(shelf, table, f"{wrong!r} in {table.name}.{column}, run {status}")
    finally:
        spoil(shelf, table, column, before)
        shelf.place.app.runs.change(shelf.run_id, {"status": "succeeded"})


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("error", None), ("progress", None), ("fetched", None), ("started_at", None),
     ("finished_at", None), ("results", {}), ("notes", {}), ("fetched", ())],
)  # fmt: skip
def test_every_page_is_shown_without_what_a_run_need_not_have(
    shelf: Shelf, column: str, wrong: object
) -> None:
    run = shelf.place.app.runs.get(shelf.run_id)
    try:
        for status in ("running", "failed"):
            shelf.place.app.runs.change(run.id, {"status": status, column: wrong})
            look(shelf, schema.runs, f"{column}={wrong!r}, run {status}")
    finally:
        shelf.place.app.runs.change(run.id, {"status": run.status, column: getattr(run, column)})


@pytest.mark.parametrize(
    "changed",
    [{"next_due": None}, {"followers": None}, {"display_name": ""},
     {"avatar": ""}, {"scopes": []}, {"first_asked": None}, {"name": "<b>\u202egnp.exe"}],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_every_page_is_shown_without_what_a_connector_need_not_have(
    shelf: Shelf, changed: dict[str, Any]
) -> None:
    before = shelf.place.app.connectors.get(shelf.connector_id)
    try:
        for state in ("active", "reconnect_needed"):
            shelf.place.app.connectors.change(before.id, {**changed, "state": state})
            look(shelf, schema.connectors, f"{changed} of a connector that is {state}")
    finally:
        undone = {name: getattr(before, name) for name in changed}
        undone = {name: list(v) if isinstance(v, tuple) else v for name, v in undone.items()}
        shelf.place.app.connectors.change(before.id, {**undone, "state": before.state})


def look(shelf: Shelf, table: Table, what: str) -> None:
    for path in shelf.pages(table):
        answer = shelf.browser.get(path)
        assert answer.status_code == 200, f"{path}: {what}"
        assert "<script>alert" not in answer.text, f"{path}: {what}"


def spoiled(document: Any, names: list[str], wrong: object) -> Any:
    kept = dict(document or {})
    if all(isinstance(one, dict) and "status" in one for one in kept.values()) and kept:
        parts = ["rows", "error"]  # results: which reports and their status are always written
        return {name: spoiled({**one, "": 1}, parts, wrong) for name, one in kept.items()}
    for name in names:
        kept.pop(name, None)
        if wrong is not ABSENT:
            kept[name] = wrong
    return kept


def documents(connection: Connection, table: Table, column: str) -> dict[tuple[Any, ...], Any]:
    found = connection.execute(select(*table.primary_key.columns, table.c[column])).all()
    return {tuple(row[:-1]): json.loads(json.dumps(row[-1])) for row in found}


def spoil(shelf: Shelf, table: Table, column: str, values: dict[tuple[Any, ...], Any]) -> None:
    key = table.primary_key.columns
    statement = update(table).values({column: bindparam("new")})
    statement = statement.where(*(part == bindparam(f"of_{part.name}") for part in key))
    rows = [
        {"new": value, **{f"of_{part.name}": one for part, one in zip(key, given, strict=True)}}
        for given, value in values.items()
    ]
    with shelf.place.app.database.begin() as connection:
        connection.execute(statement, rows)
