"""The floor: the product's HTTP library, msgspec, one Arrow insert for each table, and nothing
else.

No archive, no retry, no limits, no tokens, no tolerance for what TikTok may send, no schema that
grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any

import duckdb
import httpx2
import msgspec
import order
import pyarrow as pa

KINDS: dict[str, Any] = {
    "STRING": str,
    "INTEGER": int,
    "FLOAT": float,
    "BOOLEAN": bool,
    "DATE": date,
    "TIMESTAMP": int,
}
ARROW: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


def record(name: str, origins: tuple[str, ...], **more: Any) -> Any:
    """A struct for the columns that come from TikTok."""
    columns = {
        c["name"]: c for t in order.TABLES.values() for c in t["columns"] if c["origin"] in origins
    }
    fields: list[Any] = [
        (key, msgspec.Raw, msgspec.Raw())
        if column["json"]
        else (key, KINDS[column["type"]] | None, None)
        for key, column in columns.items()
    ]
    return msgspec.defstruct(name, fields + [(key, kind, None) for key, kind in more.items()])


Day = record("Day", ("day",))
Account = record("Account", ("account",), metrics=list[Day] | None, username=str | None)  # type: ignore[valid-type]  # a struct that is made at run time
Video = record("Video", ("video",))
Page = msgspec.defstruct("Page", [("videos", list[Video]), ("has_more", bool), ("cursor", int)])  # type: ignore[valid-type]  # a struct that is made at run time


def decoder(data: Any) -> Any:
    answer = msgspec.defstruct("Answer", [("code", int), ("data", data)])
    return msgspec.json.Decoder(answer, strict=False)


def ask(client: httpx2.Client, path: str, parameters: dict[str, str], read: Any) -> Any:
    answer = read.decode(client.get(f"{order.API}/{path}", params=parameters).content)
    if answer.code != 0:
        raise SystemExit(f"TikTok answered {answer.code}")
    return answer.data


def videos(client: httpx2.Client) -> Iterator[Any]:
    read, parameters = decoder(Page), order.video_parameters()
    while True:
        page = ask(client, "business/video/list/", parameters, read)
        yield from page.videos
        if not page.has_more:
            return
        parameters["cursor"] = str(page.cursor)


def arrow(table: dict[str, Any], records: list[Any], known: dict[str, Any]) -> pa.Table:
    """The records as one Arrow table; `known` are the values that TikTok does not send."""
    names = [c["name"] for c in table["columns"] if c["name"] not in known]
    taken = (
        list(zip(*map(attrgetter(*names), records), strict=True)) if records else [()] * len(names)
    )
    values = dict(zip(names, taken, strict=True))
    arrays, fields = [], []
    for column in table["columns"]:
        name, kind = column["name"], ARROW[column["type"]]
        found = [known[name]] * len(records) if name in known else values[name]
        if column["json"]:
            found = [bytes(value).decode() or None for value in found]
        elif name == "create_time":
            found = [None if value is None else value * 1_000_000 for value in found]
        arrays.append(pa.array(found, kind))
        fields.append(pa.field(name, kind))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def main() -> None:
    with httpx2.Client(headers={"Access-Token": order.TOKEN}, timeout=60) as client:
        account = ask(client, "business/get/", order.account_parameters(), decoder(Account))
        posts = list(videos(client))
    known = {
        "_quanti_loaded_at": datetime.now(UTC),
        "_quanti_sync_date": order.MOMENT,
        "_quanti_ad_account": order.ACCOUNT,
        "username": account.username,
    }
    days = account.metrics or []
    tables = order.TABLES
    found = {
        "profile": arrow(tables["profile"], [account], known),
        "profile_snapshot_metric": arrow(tables["profile_snapshot_metric"], [account], known),
        "profile_daily_metric": daily(tables["profile_daily_metric"], days, known),
        "video_snapshot_metric": arrow(tables["video_snapshot_metric"], posts, known),
    }
    with duckdb.connect(order.FILE) as connection:
        connection.execute(f"BEGIN; CREATE SCHEMA IF NOT EXISTS {order.SCHEMA}")
        for name, rows in found.items():
            connection.register("rows", rows)
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {order.SCHEMA}.{name} AS FROM rows LIMIT 0"
            )
            connection.execute(f"INSERT INTO {order.SCHEMA}.{name} FROM rows")
        connection.execute("COMMIT")


def daily(table: dict[str, Any], days: list[Any], known: dict[str, Any]) -> pa.Table:
    made = arrow(table, days, {**known, "_quanti_date": None, "_quanti_id": None})
    dates = [day.date for day in days]
    keys = [f"{known['username']}|{day}" for day in dates]
    for name, values in (("_quanti_date", dates), ("_quanti_id", keys)):
        place = made.schema.get_field_index(name)
        made = made.set_column(
            place, made.schema.field(place), pa.array(values, made.schema.field(place).type)
        )
    return made


main()
