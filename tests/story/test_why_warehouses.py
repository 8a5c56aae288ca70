"""`why` and `reconcile` say the same on PostgreSQL and BigQuery as on DuckDB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator
from tiktok_organic.warehouse.bigquery.client import EMULATOR
from tiktok_organic.warehouse.bigquery.dataset_memory import memory
from warehouse.bigquery_double.server import BigQueryDouble

DATASET = "why_elsewhere"
SYNCS = 4
OWN = {"connector", "run_id", "request_id", "answer"}
"""Members that differ from one home to another."""


@pytest.fixture(params=["postgres", "bigquery"])
def destination(
    request: pytest.FixtureRequest, time: StoryTime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "postgres":
        url = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
        if not url:
            pytest.skip("TIKTOK_ORGANIC_TEST_POSTGRES names no scratch database")
        yield url
        return
    memory.forget_all()
    with BigQueryDouble("my-project", now=time.now) as running:
        monkeypatch.setenv(EMULATOR, running.url)
        yield "bigquery://my-project"
    memory.forget_all()


@pytest.fixture
def both(
    alice: Alice,
    destination: str,
    tmp_path: Path,
    simulator: Simulator,
    time: StoryTime,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Alice, Alice]]:
    """Two homes that synced the same account at the same moments: into DuckDB, and elsewhere."""
    other = Alice(tmp_path / "other", simulator, time, browser, monkeypatch)
    elsewhere = ("--destination", destination)
    for who, options in ((alice, ()), (other, elsewhere)):
        words = ("--name", "shop", "--dataset", DATASET, "--recover", "20", *options)
        who.connects(*words, withhold=["user.info.profile"])
    for number in range(SYNCS):
        if number == 2:
            simulator.world.faults.add(
                "missing_fields", "/video/list/", fields=["likes"], index=0, count=2
            )
        for who in (alice, other):
            assert who.syncs("shop")["status"] == "succeeded"
        time.passes(days=1)
    yield alice, other
    other.types("remove", "shop", "--delete-data", "--yes", "--json")


def asked(alice: Alice) -> list[tuple[str, str, str]]:
    """A key of every table and view, with a value that is there and one that is empty."""

    def one(query: str) -> Any:
        return alice.asks(query.format(d=DATASET))[0][0]

    item = one("SELECT item_id FROM {d}.video ORDER BY create_time LIMIT 1")
    day = one("SELECT max(date)::VARCHAR FROM {d}.video_daily")
    country = one("SELECT country FROM {d}.audience_country ORDER BY 1 LIMIT 1")
    changed = one("SELECT max(date)::VARCHAR FROM {d}.profile_daily_metric_change")
    empty = alice.asks(
        f"SELECT DISTINCT ON (table_name, reason) table_name, coalesce(item_id, date::VARCHAR, '')"
        f", column_name FROM {DATASET}.absence ORDER BY ALL"
    )
    return [
        ("profile", "", "display_name"),
        ("profile_snapshot_metric", "", "followers_count"),
        ("profile_daily_metric", changed, "video_views"),
        ("video_snapshot_metric", item, "video_views"),
        ("video", item, "state"),
        ("coverage_day", changed, "state"),
        ("sync_run", "", "status"),
        ("metric_definition", "video_daily|video_views", "definition"),
        ("account_daily", changed, "net_followers"),
        ("account_daily", changed, "followers"),
        ("video_latest", item, "create_time_local"),
        ("video_daily", f"{item}|{day}", "video_views"),
        ("audience_country", country, "share"),
        *empty,
    ]


def test_why_and_reconcile_say_the_same_in_every_warehouse(both: tuple[Alice, Alice]) -> None:
    alice, other = both
    questions = asked(alice)
    assert len(questions) > 14
    for table, key, column in questions:
        said = [who.types("why", "shop", table, key, column, "--json") for who in both]
        assert [one.exit for one in said] == [0, 0], (table, key, column, said[1])
        here, there = (
            {name: value for name, value in one.document.items() if name not in OWN} for one in said
        )
        assert here == there, (table, key, column)
        sent = [one.document["answer"] and one.document["answer"]["sent"] for one in said]
        assert sent[0] == sent[1], (table, key, column)
    reconciled = [who.types("reconcile", "shop", "--json") for who in (alice, other)]
    assert [one.exit for one in reconciled] == [0, 0], reconciled[1]
    for part in ("videos", "followers", "views"):
        here, there = (one.document[part] for one in reconciled)
        assert here == there, part
    assert reconciled[0].document["views"]["account"]
