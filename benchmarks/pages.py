"""How quickly pages answer with 100 connectors, and what they weigh: `python benchmarks/pages.py`.

Prints one JSON document: per page the median and the 95th percentile in milliseconds (over real
HTTP to a server in this process), the bytes of the page itself as sent, and all bytes of a first
visit with its files.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.connector import Connector
from tiktok_organic.sync.loading.extract_chart_data import ChartExtract
from web.house import House, open_house

CONNECTORS, TIMES = 100, 40
SENT = {"accept-encoding": "gzip", "accept-language": "en"}


def copies(house: House, first: Connector) -> None:
    """More connectors with the same figures, each with a run like the first one's newest."""
    app = house.app
    days, moments = app.chart_data.days(first.id), app.chart_data.moments(first.id)
    extract = ChartExtract(account=moments[-1][1], days=dict(days))
    run = app.runs.newest(first.id)[0]
    for number in range(2, CONNECTORS + 1):
        made = replace(
            first,
            id=f"c-{number:08x}",
            name=f"Account {number}",
            account_id=f"a{number}",
            dataset=f"d{number}",
        )
        moment = moments[-1][0] + timedelta(seconds=1)
        with app.database.begin() as connection:
            app.connectors.add(made, connection)
            app.chart_data.save(made.id, moment, extract, connection)
        ordered = order_run(app, made, window=None)
        copy = replace(
            run, id=ordered.id, connector_id=made.id, sync_date=ordered.sync_date, fetched=()
        )
        with app.database.begin() as connection:
            app.runs.save(copy, connection)


def weight(client: httpx2.Client, page: httpx2.Response) -> int:
    """Return the bytes of the page and every file that it loads."""
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    total = (
        len(page.content)
        if "content-encoding" not in page.headers
        else int(page.headers["content-length"])
    )
    for name in files:
        answer = client.get(name, headers=SENT)
        total += int(answer.headers["content-length"])
    return total


def measure(client: httpx2.Client, path: str) -> dict[str, float]:
    client.get(path, headers=SENT)
    spent = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = client.get(path, headers=SENT)
        spent.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return {
        "median_ms": round(statistics.median(spent), 1),
        "p95_ms": round(sorted(spent)[int(TIMES * 0.95) - 1], 1),
        "page_bytes": int(answer.headers.get("content-length", len(answer.content))),
        "first_visit_bytes": weight(client, answer),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as home, open_house(Path(home), working=False) as house:
        first = house.connect("demo.bakery")
        for _ in range(3):
            house.sync(first, 60)
        copies(house, house.app.connectors.get(first.id))
        run = next(run for run in house.app.runs.newest() if run.connector_id == first.id)
        cookie = house.cookie(house.person("alice", "owner"))
        with httpx2.Client(base_url=house.url, cookies={cookie["name"]: cookie["value"]}) as client:
            pages = {
                "connectors": "/",
                "connector": f"/connectors/{first.id}",
                "coverage": f"/connectors/{first.id}/coverage",
                "run": f"/runs/{run.id}",
                "runs": "/runs",
                "settings": "/settings",
                "connect": "/connect",
            }
            found = {name: measure(client, path) for name, path in pages.items()}
    print(json.dumps({"connectors": CONNECTORS, "pages": found}, indent=2))


if __name__ == "__main__":
    main()
