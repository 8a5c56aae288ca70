"""What every contender is told: which account to read, with which token, into which file, which
columns.

It comes in environment variables, so that no token stands in a list of processes. Standard library
only: each contender runs in an environment of its own.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

API = os.environ.get("BENCH_API", "")
TOKEN = os.environ.get("BENCH_TOKEN", "")
ACCOUNT = os.environ.get("BENCH_ACCOUNT", "")
FILE = os.environ.get("BENCH_FILE", "")
SCHEMA = "tiktok"
MOMENT = datetime.now(UTC)

_tables = os.environ.get("BENCH_TABLES")
TABLES = json.loads(Path(_tables).read_text("utf-8")) if _tables else {}
"""By name: `columns` (each with `name`, `type`, `origin`, `json`) and `key`.

Made from the product's own tables.
"""

SQL_TYPES = {
    "STRING": "VARCHAR",
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
}


def fields(origin: str) -> list[str]:
    """What to ask TikTok for: the columns that come from `origin`, each once.

    `date` comes by itself.
    """
    names = [
        c["name"]
        for t in TABLES.values()
        for c in t["columns"]
        if c["origin"] == origin and c["name"] != "date"
    ]
    return list(dict.fromkeys(names))


def account_parameters() -> dict[str, str]:
    """The account, and its last five complete days."""
    today = MOMENT.date()
    asked = ["username", *fields("account"), *fields("day")]
    return {
        "business_id": ACCOUNT,
        "fields": json.dumps(list(dict.fromkeys(asked))),
        "start_date": (today - timedelta(days=5)).isoformat(),
        "end_date": (today - timedelta(days=1)).isoformat(),
    }


def video_parameters() -> dict[str, str]:
    """One page of videos, the largest that TikTok gives."""
    return {"business_id": ACCOUNT, "fields": json.dumps(fields("video")), "max_count": "20"}
