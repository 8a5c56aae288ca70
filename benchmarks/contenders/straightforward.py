"""A straightforward script: `requests`, `.json()`, and rows inserted one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import order
import requests


def ask(session: requests.Session, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    response = session.get(f"{order.API}/{path}", params=parameters, timeout=60)
    response.raise_for_status()
    answer = response.json()
    if answer["code"] != 0:
        raise SystemExit(f"TikTok answered {answer['code']}: {answer['message']}")
    return dict(answer["data"])


def videos(session: requests.Session) -> Iterator[dict[str, Any]]:
    parameters = order.video_parameters()
    while True:
        page = ask(session, "business/video/list/", parameters)
        yield from page["videos"]
        if not page["has_more"]:
            return
        parameters["cursor"] = str(page["cursor"])


def row(table: dict[str, Any], record: dict[str, Any], known: dict[str, Any]) -> list[Any]:
    values = []
    for column in table["columns"]:
        name = column["name"]
        value = known[name] if name in known else record.get(name)
        if column["json"] and value is not None:
            value = json.dumps(value)
        elif name == "create_time" and value is not None:
            value = datetime.fromtimestamp(int(value), UTC)
        values.append(value)
    return values


def insert(connection: duckdb.DuckDBPyConnection, name: str, rows: list[list[Any]]) -> None:
    table = order.TABLES[name]
    columns = ", ".join(f'"{c["name"]}" {order.SQL_TYPES[c["type"]]}' for c in table["columns"])
    connection.execute(f'CREATE TABLE IF NOT EXISTS {order.SCHEMA}."{name}" ({columns})')
    if name in ("profile", "profile_daily_metric"):
        key = table["key"]
        at = [[c["name"] for c in table["columns"]].index(column) for column in key]
        where = " AND ".join(f'"{column}" = ?' for column in key)
        keys = [[values[place] for place in at] for values in rows]
        connection.executemany(f'DELETE FROM {order.SCHEMA}."{name}" WHERE {where}', keys)
    marks = ", ".join("?" * len(table["columns"]))
    connection.executemany(f'INSERT INTO {order.SCHEMA}."{name}" VALUES ({marks})', rows)


def main() -> None:
    session = requests.Session()
    session.headers["Access-Token"] = order.TOKEN
    account = ask(session, "business/get/", order.account_parameters())
    username = account["username"]
    known = {
        "_quanti_loaded_at": datetime.now(UTC),
        "_quanti_sync_date": order.MOMENT,
        "_quanti_ad_account": order.ACCOUNT,
        "username": username,
    }
    tables = order.TABLES
    days = [
        row(
            tables["profile_daily_metric"],
            day,
            {**known, "_quanti_date": day["date"], "_quanti_id": f"{username}|{day['date']}"},
        )
        for day in account["metrics"]
    ]
    rows = {
        "profile": [row(tables["profile"], account, known)],
        "profile_snapshot_metric": [row(tables["profile_snapshot_metric"], account, known)],
        "profile_daily_metric": days,
        "video_snapshot_metric": [
            row(tables["video_snapshot_metric"], video, known) for video in videos(session)
        ],
    }
    with duckdb.connect(order.FILE) as connection:
        connection.execute("BEGIN")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {order.SCHEMA}")
        for name, found in rows.items():
            if found:
                insert(connection, name, found)
        connection.execute("COMMIT")


main()
