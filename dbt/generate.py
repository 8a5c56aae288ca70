"""Write the dbt models from the SQL of the views: `python dbt/generate.py`, or `make docs`.

With `--check` nothing is written; the exit code is 1 when a file differs from what would be
written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tiktok_organic.history.tables_and_views import Relation, relations
from tiktok_organic.history.views import views
from tiktok_organic.view_definition import Engine, View

FOLDER = Path(__file__).parent / "models"
PREFIX = "tiktok_organic__"
SOURCE = "tiktok_organic"
NOTICE = "Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here."

_TIMEZONE = "the/time_zone"
_ENGINES: tuple[tuple[Engine, str], ...] = (
    ("bigquery", "bigquery"),
    ("postgres", "postgres"),
    ("duckdb", "duckdb"),
)
_STATES = {
    "coverage_day": ("state", ["final", "provisional", "missing", "lost"]),
    "sync_run": ("status", ["succeeded", "partial", "failed"]),
    "video": ("state", ["vanished", "frozen", "idle", "active"]),
    "account_daily": ("state", ["final", "provisional", "missing", "lost"]),
    "video_latest": ("state", ["vanished", "frozen", "idle", "active"]),
}
_ROLLUP = {
    "platform": "Always tiktok.",
    "page_id": "TikTok's id of the account (open_id).",
    "page_name": "The account's name.",
    "post_id": "TikTok's id of the video.",
    "post_message": "The newest caption.",
    "post_url": "Address of the public page.",
    "created_timestamp": "When it was published (UTC).",
    "clicks": "Null: TikTok does not tell clicks on a post.",
    "impressions": "Views since its publication; TikTok tells no impressions.",
    "likes": "Likes it has.",
    "shares": "Shares since its publication.",
    "comments": "Comments it has.",
}


def files() -> dict[str, str]:
    """Every generated file by its path below models/."""
    known = relations()
    names = {name for name, relation in known.items() if relation.kind == "view"}
    made = {f"views/{PREFIX}{view.name}.sql": model(view, names) for view in views(_TIMEZONE)}
    return {**made, "sources.yml": _sources(known), "models.yml": _models(known)}


def model(view: View, names: set[str]) -> str:
    """The view as a dbt model: its query for each engine, with sources and references."""

    def target(name: str) -> str:
        if name in names:
            return f'{{{{ ref("{PREFIX}{name}") }}}}'
        return f'{{{{ source("{SOURCE}", "{name}") }}}}'

    parts = [f"{{# {NOTICE} #}}"]
    for n, (engine, adapter) in enumerate(_ENGINES):
        last = n == len(_ENGINES) - 1
        word = "if" if n == 0 else "elif"
        parts.append("{% else %}" if last else f'{{% {word} target.type == "{adapter}" %}}')
        query = view.query(engine, target)
        parts.append(query.replace(_TIMEZONE, '{{ var("tiktok_organic_timezone") }}'))
    return "\n".join([*parts, "{% endif %}"]) + "\n"


def _sources(known: dict[str, Relation]) -> str:
    tables = [_described(one, one.name) for one in known.values() if one.kind != "view"]
    source = {
        "name": SOURCE,
        "description": "The tables that tiktok-organic loads.",
        "database": '{{ var("tiktok_organic_database", target.database) }}',
        "schema": '{{ var("tiktok_organic_dataset") }}',
        "tables": tables,
    }
    return _yaml({"version": 2, "sources": [source]})


def _models(known: dict[str, Relation]) -> str:
    models = [
        _described(one, f"{PREFIX}{one.name}") for one in known.values() if one.kind == "view"
    ]
    models.append(
        {
            "name": f"{PREFIX}social_media_rollup",
            "description": "One row per post, with the columns of Fivetran's social media rollup.",
            "columns": [
                {"name": name, "description": text, **(_NEVER_NULL if name == "post_id" else {})}
                for name, text in _ROLLUP.items()
            ],
            "data_tests": [_unique(["platform", "post_id"])],
        }
    )
    return _yaml({"version": 2, "models": models})


_NEVER_NULL = {"data_tests": ["not_null"]}


def _described(relation: Relation, name: str) -> dict[str, Any]:
    table = relation.table
    described: dict[str, Any] = {
        "name": name,
        "description": table.about,
        "columns": [_column(relation, one.name, one.about) for one in table.columns],
    }
    if relation.name != "absence":
        described["data_tests"] = [_unique(list(table.key))]
    return described


def _column(relation: Relation, name: str, about: str) -> dict[str, Any]:
    tests: list[Any] = []
    if name in relation.table.key and relation.name != "absence":
        tests.append("not_null")
    column, values = _STATES.get(relation.name, ("", []))
    if name == column:
        tests.append({"accepted_values": {"arguments": {"values": values}}})
    return {"name": name, "description": about, **({"data_tests": tests} if tests else {})}


def _unique(columns: list[str]) -> dict[str, Any]:
    return {"unique_together": {"arguments": {"columns": columns}}}


def _yaml(document: dict[str, Any]) -> str:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return f"# {NOTICE}\n{text}"


def stale() -> Iterator[tuple[Path, str]]:
    """The files that differ from what would be written."""
    for name, text in files().items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            yield path, text


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the dbt models from the SQL of the views.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    found = list(stale())
    for path, text in found:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.name} {'is stale: run `make docs`' if check else 'was written'}\n")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
