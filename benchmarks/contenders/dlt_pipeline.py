"""A `dlt` pipeline as in its documentation: the REST source with a cursor, and DuckDB."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import order
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source

import dlt

TYPES = {
    "STRING": "text",
    "INTEGER": "bigint",
    "FLOAT": "double",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}


def hints(table: str) -> dict[str, Any]:
    return {c["name"]: {"data_type": TYPES[c["type"]]} for c in order.TABLES[table]["columns"]}


def flat(table: str, record: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return the table's columns only, JSON columns as text."""
    made: dict[str, Any] = {}
    for column in order.TABLES[table]["columns"]:
        name = column["name"]
        value = known[name] if name in known else record.get(name)
        if column["json"] and value is not None:
            value = json.dumps(value)
        elif name == "create_time" and value is not None:
            value = datetime.fromtimestamp(int(value), UTC)
        made[name] = value
    return made


def video(record: dict[str, Any]) -> dict[str, Any]:
    known = {"_quanti_loaded_at": order.MOMENT, "_quanti_sync_date": order.MOMENT}
    return flat("video_snapshot_metric", record, known)


def videos() -> Any:
    return rest_api_source(
        {
            "client": {
                "base_url": order.API,
                "headers": {"Access-Token": order.TOKEN},
                "paginator": JSONResponseCursorPaginator(
                    "data.cursor", "cursor", has_more_path="data.has_more"
                ),
            },
            "resources": [
                {
                    "name": "video_snapshot_metric",
                    "write_disposition": "append",
                    "columns": hints("video_snapshot_metric"),
                    "processing_steps": [{"map": video}],
                    "endpoint": {
                        "path": "business/video/list/",
                        "params": order.video_parameters(),
                        "data_selector": "data.videos",
                    },
                }
            ],
        }
    )


@dlt.resource
def account() -> Iterator[Any]:
    """Return one request's data for three tables."""
    answer = requests.get(
        f"{order.API}/business/get/",
        params=order.account_parameters(),
        headers={"Access-Token": order.TOKEN},
    ).json()
    data = answer["data"]
    username = data["username"]
    known = {
        "_quanti_loaded_at": order.MOMENT,
        "_quanti_sync_date": order.MOMENT,
        "_quanti_ad_account": order.ACCOUNT,
        "username": username,
    }
    yield marked("profile", flat("profile", data, known), "merge")
    yield marked("profile_snapshot_metric", flat("profile_snapshot_metric", data, known), "append")
    for day in data["metrics"]:
        more = {"_quanti_date": day["date"], "_quanti_id": f"{username}|{day['date']}"}
        yield marked(
            "profile_daily_metric", flat("profile_daily_metric", day, known | more), "merge"
        )


def marked(table: str, row: dict[str, Any], disposition: str) -> Any:
    made = dlt.mark.make_hints(
        table_name=table,
        write_disposition=disposition,
        columns=hints(table),
        primary_key=order.TABLES[table]["key"] if disposition == "merge" else None,
    )
    return dlt.mark.with_hints(row, made, create_table_variant=True)


def main() -> None:
    folder = Path(order.FILE).parent
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        pipeline_name="tiktok_bench",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(order.FILE),
        dataset_name=order.SCHEMA,
    )
    pipeline.run([account(), videos()])


main()
