"""A sync as one job: requests and bytes counted, races with other accounts and former attempts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tiktok_organic.errors import Conflict, DestinationBusy
from tiktok_organic.warehouse.bigquery.rows_as_parameter import parameters
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse
from tiktok_organic.warehouse.contract import Loaded
from tiktok_organic.warehouse.spool import Spool

from .bigquery_double.fixtures import PROJECT, client, double, shell, warehouse
from .bigquery_double.server import BigQueryDouble
from .conftest import PatientClock
from .samples import DAYS, PROFILE, SNAPSHOTS, VIDEOS, day, load, profile, stage, video
from .views_contract import NAMES

__all__ = ["client", "double", "shell", "warehouse"]

TABLES = (PROFILE, SNAPSHOTS, DAYS, VIDEOS)
MIB = 1024 * 1024


class Journal:
    """What a run remembers between its attempts.

    `seen`: each id with the number of jobs at that time.
    """

    def __init__(self, double: BigQueryDouble, job: str | None = None) -> None:
        self.job = job
        self.seen: list[tuple[str, int]] = []
        self._double = double

    def read(self) -> str | None:
        return self.job

    def write(self, job: str) -> None:
        self.job = job
        self.seen.append((job, len(self._double.jobs.all)))

    def clear(self) -> None:
        self.job = None


def sync(
    warehouse: BigQueryWarehouse,
    *,
    run: str = "run-1",
    attempt: int = 1,
    account: str = "open-id-alice",
    journal: Journal | None = None,
    videos: int = 57,
    loaded_at: datetime | None = None,
) -> Loaded:
    """What a sync asks of a warehouse."""
    told = {} if loaded_at is None else {"_quanti_loaded_at": loaded_at}
    warehouse.distinct("d", DAYS, ["_quanti_ad_account", "date"])
    with warehouse.load("d", run=run, attempt=attempt, journal=journal) as into:
        for table in TABLES:
            into.declare(table)
        stage(into, PROFILE, [profile(**told)])
        stage(into, DAYS, [day(f"2026-11-{n}", account=account, likes=n) for n in range(16, 21)])
        stage(into, VIDEOS, [video(n, caption='it\'s "é" \\ \n') for n in range(videos)])
        into.claim(DAYS, "_quanti_ad_account", account)
        into.forget(PROFILE, "username", ["alice_before"])
        return into.commit()


class TestCosts:
    def test_a_warm_sync_is_four_requests_and_one_job(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse)
        double.jobs.polls = 1
        requests, jobs = len(double.journal), len(double.jobs.all)
        loaded = sync(warehouse, run="run-2")
        assert len(double.journal) - requests == 4
        assert len(double.jobs.all) - jobs == 1
        assert loaded.bytes_billed == 3 * 10 * MIB  # a table without staged rows is not read

    def test_another_process_that_opens_the_warehouse_later_needs_no_more(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        sync(warehouse)
        requests = len(double.journal)
        again = BigQueryWarehouse(f"bigquery://{PROJECT}", clock=clock)  # the same process
        sync(again, run="run-2")
        again.close()
        assert len(double.journal) - requests <= 4

    def test_views_that_are_there_are_not_asked_for_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        def commit(run: str) -> None:
            with warehouse.load("d", run=run, attempt=1) as into:
                stage(into, PROFILE, [profile()])
                into.define(NAMES)
                assert into.commit().refused_views == {}

        commit("run-1")
        requests = len(double.journal)
        commit("run-2")
        assert not [line for line in double.journal[requests:] if "/tables" in line]

    def test_the_bill_tells_connector_and_run(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse, run="Run 7")
        (job,) = double.jobs.all.values()
        labels = job.resource["configuration"]["labels"]
        assert labels["connector"] == "d"
        assert labels["run"].startswith("run_7_")

    def test_the_limit_of_the_address_goes_with_every_job(
        self, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        there = BigQueryWarehouse(
            f"bigquery://{PROJECT}?maximum_bytes_billed=100000000", clock=clock
        )
        sync(there)
        there.close()
        (job,) = double.jobs.all.values()
        assert job.resource["configuration"]["query"]["maximumBytesBilled"] == "100000000"

    def test_what_does_not_fit_into_a_request_goes_by_way_of_staging_tables(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        with Spool() as spool:
            stage_into = [video(n, caption="é" * 2_000) for n in range(1_000)]
            for batch in VIDEOS.batches(
                [[row.get(name) for name in VIDEOS.names] for row in stage_into]
            ):
                spool.add(VIDEOS, batch)
            spool.finish()
            assert parameters(spool) is None  # 2 MB of text, 12 MB as the client writes it
        load(warehouse, "d", {"video_snapshot_metric": [video(1, caption="a\0b")]})
        assert [row["caption"] for row in warehouse.rows("d", VIDEOS)] == ["a\0b"]
        assert any("load_video" in name for name in double.jobs.all)


class TestWhoseRows:
    def test_another_account_is_refused_in_the_transaction_that_writes(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse)
        with pytest.raises(Conflict, match="another account"):
            sync(warehouse, run="run-2", account="open-id-bob", videos=99)
        assert warehouse.count("d", VIDEOS) == 57
        assert warehouse.distinct("d", DAYS, ["_quanti_ad_account"]) == {("open-id-alice",)}


class TestMemory:
    @pytest.mark.parametrize("lost", ["table", "column", "dataset"])
    def test_what_another_program_removed_is_made_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, client: Any, lost: str
    ) -> None:
        sync(warehouse)
        if lost == "table":
            client.delete_table("my-project.d.video_snapshot_metric")
        elif lost == "column":
            client.query("ALTER TABLE d.profile DROP COLUMN bio_description").result()
        else:
            client.delete_dataset("my-project.d", delete_contents=True)
        sync(warehouse, run="run-2")
        assert [warehouse.count("d", table) for table in TABLES] == [1, 0, 5, 57]

    def test_a_table_whose_columns_were_reordered_is_looked_at_again(
        self, warehouse: BigQueryWarehouse, client: Any
    ) -> None:
        sync(warehouse)
        names = ", ".join(f"`{name}`" for name in reversed(DAYS.names))
        client.query(f"CREATE TABLE d.other AS SELECT {names} FROM d.{DAYS.name}").result()
        client.query(f"DROP TABLE d.{DAYS.name}").result()
        client.query(f"CREATE TABLE d.{DAYS.name} AS SELECT * FROM d.other").result()
        found = warehouse.distinct("d", DAYS, ["_quanti_ad_account", "date"])
        assert ("open-id-alice", date(2026, 11, 20)) in found
        assert len(found) == 5

    def test_a_job_that_was_cancelled_is_left_to_the_next_attempt(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse)
        double.faults.fail_job("run-2", "stopped", "Job execution was cancelled")
        with pytest.raises(DestinationBusy, match="stopped"):
            sync(warehouse, run="run-2")
        assert len(double.jobs.all) == 2


class TestFormerAttempt:
    def test_the_id_is_stored_before_the_job_is_sent(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        journal = Journal(double)
        sync(warehouse, journal=journal)
        (job,) = double.jobs.all
        assert journal.seen == [(job, 0)]
        assert journal.job is None

    def test_the_id_of_a_job_that_failed_is_looked_up_by_the_next_attempt(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        journal = Journal(double)
        double.faults.fail_job("commit", "stopped")
        with pytest.raises(DestinationBusy):
            sync(warehouse, journal=journal)
        (failed,) = double.jobs.all
        assert journal.job == failed
        sync(warehouse, journal=journal, attempt=2)
        assert any(line.endswith(f"/jobs/{failed}") for line in double.journal)

    def test_a_job_that_has_committed_the_same_rows_counts_as_loaded(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        billed = sync(warehouse).bytes_billed
        (ended,) = double.jobs.all
        journal = Journal(double, ended)
        again = sync(warehouse, journal=journal, attempt=2, loaded_at=clock.now())
        assert list(double.jobs.all) == [ended]
        assert again.bytes_billed == billed
        assert journal.job is None

    @pytest.mark.parametrize("other", [{"videos": 58}, {"run": "run-2"}, {"run": "run-1_1"}])
    def test_a_job_that_has_committed_other_rows_or_another_run_does_not_count(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, other: dict[str, Any]
    ) -> None:
        sync(warehouse)
        (ended,) = double.jobs.all
        sync(warehouse, journal=Journal(double, ended), **{"attempt": 2, **other})
        assert len(double.jobs.all) == 2
        assert warehouse.count("d", VIDEOS) == other.get("videos", 57)

    def test_a_job_does_not_count_when_its_table_was_made_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, client: Any
    ) -> None:
        sync(warehouse)
        (ended,) = double.jobs.all
        client.delete_table("my-project.d.video_snapshot_metric")
        sync(warehouse, journal=Journal(double, ended), attempt=2)
        assert warehouse.count("d", VIDEOS) == 57

    def test_a_job_that_was_never_sent_or_has_ended_is_no_hindrance(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse, journal=Journal(double, "never_sent"))
        (ended,) = double.jobs.all
        sync(warehouse, journal=Journal(double, ended), attempt=2)
        assert warehouse.count("d", VIDEOS) == 57
        assert double.jobs.cancelled == []

    def test_a_job_that_still_runs_is_waited_for_and_then_cancelled(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse)
        (running,) = double.jobs.all
        for polls, cancelled in ((3, []), (1_000, [running])):
            double.jobs.all[running].polls = polls
            sync(warehouse, journal=Journal(double, running), attempt=2)
            assert double.jobs.cancelled == cancelled

    def test_a_job_that_cannot_be_ended_keeps_the_next_attempt_from_writing(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        sync(warehouse)
        (running,) = double.jobs.all
        double.jobs.all[running].polls = 1_000
        double.faults.fail("POST .*/cancel", 404, "notFound", times=99)
        double.faults.fail("POST .*/cancel", 403, "accessDenied", times=99)
        jobs = len(double.jobs.all)
        with pytest.raises(DestinationBusy):
            sync(warehouse, journal=Journal(double, running), attempt=2)
        assert len(double.jobs.all) == jobs
