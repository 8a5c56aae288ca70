"""The dbt package: the views' own SQL as models, run by dbt on DuckDB and PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import jinja2
import psycopg
import pytest
import yaml

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DemoClock
from tiktok_organic.actions.demo.run_demo import database_path, live
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.history.views import views
from tiktok_organic.settings import Settings
from tiktok_organic.view_definition import Engine, View

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dbt"
ROLLUP = "tiktok_organic__social_media_rollup"
POSTGRES = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
PAGE = "Demo Bäckerei 🥨"
ENGINES: tuple[Engine, ...] = ("duckdb", "postgres", "bigquery")
DBT = shutil.which("dbt", path=str(ROOT / ".venv/dbt/bin")) or shutil.which("dbt")

needs_dbt = pytest.mark.skipif(DBT is None, reason="dbt is not installed: `make dbt`")


def generator() -> ModuleType:
    """`dbt/generate.py`; its folder has the name of a package that may be installed."""
    spec = importlib.util.spec_from_file_location("dbt_generate", PACKAGE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_models_are_what_the_generator_writes_now() -> None:
    assert [path.name for path, _ in generator().stale()] == [], "run `make docs`"


def test_there_is_a_model_for_every_view_and_no_other() -> None:
    found = {path.stem for path in (PACKAGE / "models").rglob("*.sql")}
    assert found == {f"tiktok_organic__{view.name}" for view in views("UTC")} | {ROLLUP}


def rendered(name: str, engine: Engine) -> str:
    """A model as dbt compiles it for the engine; tables and models are `data.NAME`."""
    (path,) = (PACKAGE / "models").rglob(f"{name}.sql")
    values: dict[str, Any] = {
        "target": {"type": engine},
        "ref": lambda model: f"data.{model.removeprefix('tiktok_organic__')}",
        "source": lambda _source, table: f"data.{table}",
        "var": lambda _name: "Europe/Berlin",
        "dbt": {"type_bigint": lambda: "INT64" if engine == "bigquery" else "BIGINT"},
    }
    text = path.read_text("utf-8")
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render(values)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("view", views("Europe/Berlin"), ids=lambda view: view.name)
def test_a_model_compiles_to_the_query_of_its_view(view: View, engine: Engine) -> None:
    model = rendered(f"tiktok_organic__{view.name}", engine)
    assert model.split() == view.query(engine, lambda name: f"data.{name}").split()


def test_every_column_of_the_rollup_is_described() -> None:
    models = yaml.safe_load((PACKAGE / "models" / "models.yml").read_text("utf-8"))["models"]
    (rollup,) = [model for model in models if model["name"] == ROLLUP]
    query = rendered(ROLLUP, "bigquery").partition("FROM")[0]
    aliases = [line.strip().rstrip(",").split(" AS ")[-1] for line in query.splitlines()]
    assert [column["name"] for column in rollup["columns"]] == [a for a in aliases if a][1:]


class _Still:
    """A clock that does not move."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, tzinfo=UTC)

    def sleep(self, seconds: float) -> None: ...

    def monotonic(self) -> float:
        return 0.0


@contextmanager
def synced(home: Path, destination: str | None) -> Iterator[tuple[App, Connector]]:
    """A dataset with two syncs at the destination (None: the DuckDB file in `home`)."""
    values = {"TIKTOK_ORGANIC_HOME": str(home)}
    if destination is not None:
        values["TIKTOK_ORGANIC_DESTINATION"] = destination
    clock = DemoClock(_Still())
    app = App(Settings.read(values), clock=clock)
    demo = DemoTikTok(app)
    connector, lived = live(app, demo, clock, 2, lambda _line: None)
    demo.close()
    assert lived.run.succeeded
    yield app, connector
    app.close()


def builds(folder: Path, output: dict[str, Any], dataset: str) -> None:
    """`dbt build`: every model, and every test of models and sources."""
    assert DBT is not None
    profiles = {"tiktok_organic": {"target": "test", "outputs": {"test": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    project = shutil.copytree(PACKAGE, folder / "package")
    variables = {"tiktok_organic_dataset": dataset, "tiktok_organic_timezone": "UTC"}
    places = ["--profiles-dir", str(folder), "--project-dir", str(project)]
    options = ["--no-use-colors", "--no-version-check", "--vars", yaml.safe_dump(variables)]
    ended = subprocess.run(
        [DBT, "build", "--profile", "tiktok_organic", *places, *options],
        env={**os.environ, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]
    assert "ERROR=0" in ended.stdout


def differing(ask: Callable[[str], list[Any]], dataset: str) -> dict[str, Any]:
    """The rows by which a model and its view differ."""
    found = {}
    for view in views("UTC"):
        ours, models = f"{dataset}.{view.name}", f"dbt_models.tiktok_organic__{view.name}"
        for one, other in ((ours, models), (models, ours)):
            if rows := ask(f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}"):
                found[f"{one} without {other}"] = rows[:3]
    return found


def rollup_adds_up(ask: Callable[[str], list[Any]], dataset: str) -> None:
    """The rollup has every post once, with its counters."""
    wanted = ask(f"SELECT count(*), sum(video_views), sum(likes) FROM {dataset}.video_latest")
    name = f"dbt_models.{ROLLUP}"
    assert ask(f"SELECT count(*), sum(impressions), sum(likes) FROM {name}") == wanted
    assert ask(f"SELECT DISTINCT platform, page_name FROM {name}") == [("tiktok", PAGE)]


@needs_dbt
def test_dbt_builds_the_views_on_duckdb(tmp_path: Path) -> None:
    with synced(tmp_path / "home", None) as (_, connector):
        path = str(database_path(connector))
        output = {"type": "duckdb", "path": path, "schema": "dbt_models", "threads": 4}
        builds(tmp_path, output, connector.dataset)
        with duckdb.connect(path) as warehouse:

            def ask(query: str) -> list[Any]:
                rows: list[Any] = warehouse.sql(query).to_arrow_table().to_pylist()
                return rows

            def tuples(query: str) -> list[Any]:
                return [tuple(row.values()) for row in ask(query)]

            assert differing(ask, connector.dataset) == {}
            rollup_adds_up(tuples, connector.dataset)


@needs_dbt
@pytest.mark.skipif(POSTGRES is None, reason="TIKTOK_ORGANIC_TEST_POSTGRES is not set")
def test_dbt_builds_the_views_on_postgresql_and_the_questions_run_there(tmp_path: Path) -> None:
    with database() as (url, output), synced(tmp_path / "home", url) as (_, connector):
        builds(tmp_path, output, connector.dataset)
        with psycopg.connect(url) as connection:

            def ask(query: str) -> list[Any]:
                return connection.execute(query).fetchall()

            assert differing(ask, connector.dataset) == {}
            rollup_adds_up(ask, connector.dataset)
            for question in yaml.safe_load((ROOT / "docs" / "questions.yaml").read_text("utf-8")):
                names = {"dataset": connector.dataset, "other": connector.dataset}
                ask(question["query"].format(**names))


@contextmanager
def database() -> Iterator[tuple[str, dict[str, Any]]]:
    """A new database: its address, and dbt's output for it."""
    assert POSTGRES is not None
    server = urlsplit(POSTGRES)
    name = f"dbt_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        output = {
            "type": "postgres",
            "host": server.hostname,
            "port": server.port or 5432,
            "user": unquote(server.username or ""),
            "password": unquote(server.password or ""),
            "dbname": name,
            "schema": "dbt_models",
            "threads": 4,
        }
        try:
            yield server._replace(path=f"/{name}").geturl(), output
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
