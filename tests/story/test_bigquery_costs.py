"""What a whole sync with history tables and views asks of BigQuery."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.warehouse.bigquery.client import EMULATOR
from tiktok_organic.warehouse.bigquery.dataset_memory import Place, memory
from tiktok_organic.warehouse.wanted_rows import Wanted
from warehouse.bigquery_double.server import BigQueryDouble


@pytest.fixture
def double(time: StoryTime, monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryDouble]:
    memory.forget_all()
    with BigQueryDouble("my-project", now=time.now) as running:
        monkeypatch.setenv(EMULATOR, running.url)
        yield running
    memory.forget_all()


class Asked:
    """What the double was asked since this was made."""

    def __init__(self, double: BigQueryDouble) -> None:
        self._double = double
        self._requests, self._jobs = len(double.journal), len(double.jobs.all)

    @property
    def requests(self) -> list[str]:
        return self._double.journal[self._requests :]

    @property
    def scripts(self) -> list[str]:
        jobs = list(self._double.jobs.all.values())[self._jobs :]
        return [job.resource["configuration"]["query"]["query"] for job in jobs]

    @property
    def billed(self) -> int:
        jobs = list(self._double.jobs.all.values())[self._jobs :]
        return sum(job.outcome.billed for job in jobs)


def written(script: str) -> set[str]:
    return set(re.findall(r"MERGE INTO `[^`]+`\.`[^`]+`\.`([^`]+)`", script))


def connect(alice: Alice) -> None:
    alice.connects("--name", "shop", "--destination", "bigquery://my-project", "--dataset", "shop")


def test_a_warm_sync_is_three_requests_and_one_job_and_bills_only_what_is_written(
    alice: Alice, double: BigQueryDouble, time: StoryTime
) -> None:
    connect(alice)
    cold = Asked(double)
    assert alice.syncs("shop")["status"] == "succeeded"
    assert len(cold.requests) <= 50
    assert len(cold.scripts) == 1
    double.jobs.polls = 1  # sent, waited for at the server, looked at
    time.sleep(86_400)
    warm = Asked(double)
    assert alice.syncs("shop")["status"] == "succeeded"
    assert len(warm.requests) == 3, warm.requests
    (script,) = warm.scripts
    tables = written(script)
    assert {"sync_run", "coverage_day", "account_username", "video"} <= tables
    assert "metric_definition" not in tables
    assert warm.billed == len(tables) * 10 * 1024 * 1024


def test_a_day_that_a_person_deletes_is_noticed_though_the_days_are_remembered(
    alice: Alice, double: BigQueryDouble, time: StoryTime
) -> None:
    connect(alice)
    alice.syncs("shop")
    where = "WHERE date = (SELECT max(date) FROM shop.profile_daily_metric)"
    double.engine.do(f"DELETE FROM shop.profile_daily_metric {where}")
    before = double.engine.do("SELECT count(*) FROM shop.profile_daily_metric")
    time.sleep(86_400)
    asked = Asked(double)
    assert alice.syncs("shop")["status"] == "succeeded"
    assert len(asked.scripts) == 2  # the first one failed, and wrote nothing
    assert double.engine.do("SELECT count(*) FROM shop.profile_daily_metric") > before
    runs = "SELECT count(*), count(DISTINCT sync_date) FROM shop.sync_run"
    assert double.engine.do(runs) == [(2, 2)]


def test_rows_of_a_table_that_is_not_written_are_checked_without_a_bill(
    alice: Alice, double: BigQueryDouble, time: StoryTime
) -> None:
    connect(alice)
    alice.syncs("shop")
    double.engine.do("DELETE FROM shop.account_username")
    time.sleep(86_400)
    assert alice.syncs("shop")["status"] == "succeeded"
    assert double.engine.do("SELECT count(*) FROM shop.account_username") == [(1,)]


def test_what_is_remembered_is_what_is_stored(
    alice: Alice, double: BigQueryDouble, time: StoryTime
) -> None:
    connect(alice)
    for _ in range(3):
        alice.syncs("shop")
        time.sleep(86_400)
    place = Place(double.url, "my-project", "shop")
    found = memory.rows.get(place)
    assert found is not None
    memory.forget_all()
    with alice.app() as app, app.warehouse("bigquery://my-project") as warehouse:
        for table, held in found.unpack().items():
            (stored,) = warehouse.rows_of("shop", [Wanted(table)])
            assert sorted(map(str, held.rows)) == sorted(map(str, stored.rows))
