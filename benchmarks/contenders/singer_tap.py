"""A Singer tap written with the Singer SDK: one stream for each table.

Its output is piped into target-duckdb.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import order
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator, SinglePagePaginator

TYPES: dict[str, Any] = {
    "STRING": th.StringType,
    "INTEGER": th.CustomType({"type": ["null", "integer"], "maximum": 2**63 - 1}),
    "FLOAT": th.NumberType,
    "BOOLEAN": th.BooleanType,
    "DATE": th.DateType,
    "TIMESTAMP": th.DateTimeType,
}


class CursorPaginator(BaseAPIPaginator[Any]):
    """Follows `has_more`."""

    def __init__(self) -> None:
        super().__init__(None)

    def has_more(self, response: Any) -> bool:
        self._page = response.json()["data"]
        return bool(self._page["has_more"])

    def get_next(self, response: Any) -> Any:  # noqa: ARG002 - the signature of the base class
        return str(self._page["cursor"])


class TikTokStream(RESTStream[Any]):
    """Common parts of all four streams: the columns as schema, JSON columns as text."""

    url_base = order.API
    table: str

    def __init__(self, tap: Tap) -> None:
        self._columns = order.TABLES[self.table]["columns"]
        properties = [th.Property(c["name"], TYPES[c["type"]]) for c in self._columns]
        super().__init__(tap, name=self.table, schema=th.PropertiesList(*properties).to_dict())
        self.primary_keys = order.TABLES[self.table]["key"]

    @property
    def http_headers(self) -> dict[str, str]:
        return {"Access-Token": order.TOKEN}

    def flat(self, record: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for column in self._columns:
            name = column["name"]
            value = known[name] if name in known else record.get(name)
            if column["json"] and value is not None:
                value = json.dumps(value)
            elif name == "create_time" and value is not None:
                value = datetime.fromtimestamp(int(value), UTC).isoformat()
            made[name] = value
        return made


class AccountStream(TikTokStream):
    """A table from `business/get/`."""

    path = "/business/get/"

    def get_new_paginator(self) -> Any:
        return SinglePagePaginator()

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002 - of the base class
        return order.account_parameters()

    def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
        data = response.json()["data"]
        moment = order.MOMENT.isoformat()
        known = {
            "_quanti_loaded_at": moment,
            "_quanti_sync_date": moment,
            "_quanti_ad_account": order.ACCOUNT,
            "username": data["username"],
        }
        if self.table != "profile_daily_metric":
            yield self.flat(data, known)
            return
        for day in data["metrics"]:
            more = {"_quanti_date": day["date"], "_quanti_id": f"{data['username']}|{day['date']}"}
            yield self.flat(day, known | more)


class ProfileStream(AccountStream):
    table = "profile"


class SnapshotStream(AccountStream):
    table = "profile_snapshot_metric"


class DailyStream(AccountStream):
    table = "profile_daily_metric"


class VideoStream(TikTokStream):
    table = "video_snapshot_metric"
    path = "/business/video/list/"

    def get_new_paginator(self) -> Any:
        return CursorPaginator()

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002 - of the base class
        cursor = {"cursor": next_page_token} if next_page_token else {}
        return order.video_parameters() | cursor

    def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
        moment = order.MOMENT.isoformat()
        known = {"_quanti_loaded_at": moment, "_quanti_sync_date": moment}
        return [self.flat(video, known) for video in response.json()["data"]["videos"]]


class TapTikTok(Tap):
    name = "tap-tiktok-bench"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Any]:
        return [ProfileStream(self), SnapshotStream(self), DailyStream(self), VideoStream(self)]


if __name__ == "__main__":
    TapTikTok.cli()
