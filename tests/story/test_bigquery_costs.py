"""What a whole sync with history tables and views asks of BigQuery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.history.tables import HISTORY
from tiktok_organic.warehouse.bigquery_client import EMULATOR
from tiktok_organic.warehouse.bigquery_memory import memory
from warehouse.bigquery_double.server import BigQueryDouble

READ = (
    "sync_run",
    "coverage_day",
    "account_username",
    "video",
    "profile_daily_metric",
    "metric_definition",
)


@pytest.fixture
def double(time: StoryTime, monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryDouble]:
    memory.forget_all()
    with BigQueryDouble("my-project", now=time.now) as running:
        monkeypatch.setenv(EMULATOR, running.url)
        yield running
    memory.forget_all()


def test_a_warm_sync_is_one_job_and_leaves_unchanged_history_tables_alone(
    alice: Alice, double: BigQueryDouble, time: StoryTime
) -> None:
    alice.connects("--name", "shop", "--destination", "bigquery://my-project", "--dataset", "shop")
    assert alice.syncs("shop")["status"] == "succeeded"
    time.sleep(86_400)
    assert alice.syncs("shop")["status"] == "succeeded"
    requests, jobs = len(double.journal), len(double.jobs.all)
    time.sleep(86_400)
    run = alice.syncs("shop")
    assert run["status"] == "succeeded"
    asked = double.journal[requests:]
    (job,) = list(double.jobs.all.values())[jobs:]
    script = job.resource["configuration"]["query"]["query"]
    written = {name for name in HISTORY if f"{name}`" in script}
    assert {"sync_run", "coverage_day", "account_username", "video"} <= written
    assert "metric_definition" not in written
    listed = [line for line in asked if line.endswith("/data")]
    assert len(listed) == len(READ) + 2  # whose rows, the names, and what the history tables hold
    assert [line for line in asked if "/jobs" in line] == [asked[len(listed)]]
    assert not [line for line in asked if line.startswith("GET") and line.endswith("/video")]
