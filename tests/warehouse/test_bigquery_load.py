"""A load into BigQuery, seen from BigQuery's side: jobs, staging tables, transactions."""

from __future__ import annotations

from typing import Any

import pytest

from tiktok_organic.errors import DestinationBusy, DestinationRefused
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse

from .bigquery_double.fixtures import PROJECT, client, double, shell, staging_warehouse
from .bigquery_double.server import BigQueryDouble
from .conftest import PatientClock
from .samples import DAYS, PROFILE, VIDEOS, day, load, profile, video

__all__ = ["client", "double", "shell", "staging_warehouse"]


@pytest.fixture
def warehouse(staging_warehouse: BigQueryWarehouse) -> BigQueryWarehouse:
    """A warehouse with staging tables: more requests and jobs than with parameters."""
    return staging_warehouse


ROWS: dict[str, list[dict[str, Any]]] = {
    "profile": [profile()],
    "profile_daily_metric": [day(likes=1)],
    "video_snapshot_metric": [video(1), video(2)],
}


class Killed(BaseException):
    """The process ends here."""


def jobs(double: BigQueryDouble, step: str) -> list[str]:
    return [name for name in double.jobs.all if f"_{step}" in name]


def staging(double: BigQueryDouble) -> list[str]:
    return [
        item["tableReference"]["tableId"]
        for dataset in list(double.catalog.datasets)
        for item in double.catalog.listed(dataset)
        if item["id"].rpartition(".")[2][:8] == "staging_"
    ]


class TestAllOrNothing:
    def test_a_merge_that_fails_takes_back_the_ones_before(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, client: Any
    ) -> None:
        load(warehouse, "d", {"profile": [profile(display_name="before")]})
        fields = [{"name": c.name, "type": c.type} for c in VIDEOS.columns] + [
            {"name": "team", "type": "STRING", "mode": "REQUIRED"}
        ]
        reference = {"projectId": PROJECT, "datasetId": "d", "tableId": VIDEOS.name}
        double.catalog.create_table(
            "d", {"tableReference": reference, "schema": {"fields": fields}}
        )
        with pytest.raises(DestinationRefused):
            load(
                warehouse,
                "d",
                {**ROWS, "profile": [profile(display_name="after")]},
                forget=[(PROFILE, "username", ["alice"])],
            )
        assert [row["display_name"] for row in warehouse.rows("d", PROFILE)] == ["before"]
        assert (warehouse.count("d", DAYS), warehouse.count("d", VIDEOS)) == (0, 0)

    def test_a_kill_between_staging_and_commit_leaves_staging_tables_that_expire(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", {"profile": [profile(display_name="before")]})
        double.jobs.polls = 1

        def kill() -> None:
            raise Killed

        clock.while_asleep = kill
        with pytest.raises(Killed):
            load(warehouse, "d", {**ROWS, "profile": [profile(display_name="after")]}, run="run-2")
        double.jobs.polls, clock.while_asleep = 0, lambda: None
        assert [row["display_name"] for row in warehouse.rows("d", PROFILE)] == ["before"]
        assert not warehouse.count("d", VIDEOS)
        assert len(staging(double)) == 3
        clock.sleep(6 * 3600)
        assert staging(double) == []

    def test_the_attempt_after_a_kill_lands(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        self.test_a_kill_between_staging_and_commit_leaves_staging_tables_that_expire(
            warehouse, double, clock
        )
        load(warehouse, "d", ROWS, run="run-2", attempt=2)
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]

    def test_staging_tables_are_gone_after_the_commit(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        assert staging(double) == []

    def test_a_commit_is_one_even_if_the_staging_tables_cannot_be_removed(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail("DELETE .*staging", 503, "backendError", times=99)
        assert load(warehouse, "d", ROWS).rows["video_snapshot_metric"] == 2

    def test_staged_rows_are_in_a_dataset_of_their_own_whose_tables_expire(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail("DELETE .*staging", 503, "backendError", times=99)
        load(warehouse, "d", ROWS)
        place = double.catalog.datasets["tiktok_organic_staging_eu"]
        assert place["defaultTableExpirationMs"] == str(6 * 3600 * 1000)
        assert {name for dataset, name in double.catalog.tables if dataset == "d"} == set(ROWS)
        assert len(staging(double)) == 3

    def test_a_dataset_with_nothing_but_staging_tables_can_be_dropped(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail("GET .*/tiktok_organic_staging_eu$", 403, "accessDenied", times=99)
        double.faults.fail("DELETE .*staging", 403, "accessDenied")
        load(warehouse, "d", ROWS)
        assert staging(double) != []
        warehouse.drop("d", [PROFILE, DAYS, VIDEOS])
        assert double.catalog.datasets == {}

    def test_a_table_that_another_program_drops_before_the_commit_is_made_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", ROWS)
        double.jobs.polls = 1

        def drop() -> None:
            if ("d", "profile") in double.catalog.tables:
                double.catalog.delete_table("d", "profile")

        clock.while_asleep = drop
        load(warehouse, "d", ROWS, run="run-2")
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]


class TestJobs:
    def test_loads_run_side_by_side_and_the_commit_is_one_job(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.jobs.polls = 1
        load(warehouse, "d", ROWS)
        uploads = [number for number, line in enumerate(double.journal) if "/upload/" in line]
        waits = [
            number
            for number, line in enumerate(double.journal)
            if line.startswith("GET") and "/jobs/" in line
        ]
        assert len(uploads) == 3
        assert max(uploads) < min(waits)
        assert len(jobs(double, "commit")) == 1

    def test_names_tell_run_attempt_and_step(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS, run="r-7", attempt=3)
        names = list(double.jobs.all)
        assert all(name.startswith("tiktok-organic_r-7_3_") for name in names)

    @pytest.mark.parametrize(
        "request_",
        ["POST /upload/", "POST /bigquery/.*/jobs", "POST .*/tables", "POST .*/datasets$"],
    )
    def test_a_request_whose_answer_was_lost_is_found_again(
        self,
        warehouse: BigQueryWarehouse,
        double: BigQueryDouble,
        clock: PatientClock,
        request_: str,
    ) -> None:
        double.faults.lose_answer(request_)
        load(warehouse, "d", ROWS)
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]
        assert [
            len(jobs(double, step)) for step in ("load_profile_daily", "load_video", "commit")
        ] == [1, 1, 1]
        assert clock.slept == [1.0]

    def test_a_repeat_of_the_same_attempt_finds_its_own_commit(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        first = load(warehouse, "d", ROWS)
        assert load(warehouse, "d", ROWS) == first
        assert len(jobs(double, "commit")) == 1

    def test_a_commit_of_tables_that_were_dropped_since_is_done_again(
        self, warehouse: BigQueryWarehouse
    ) -> None:
        load(warehouse, "d", ROWS)
        warehouse.drop("d", [PROFILE, DAYS, VIDEOS])
        load(warehouse, "d", ROWS)
        assert warehouse.count("d", VIDEOS) == 2

    def test_a_load_job_whose_staging_table_has_expired_is_done_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        double.faults.fail_job("commit", "accessDenied")
        with pytest.raises(DestinationRefused):
            load(warehouse, "d", ROWS)
        clock.sleep(6 * 3600)
        load(warehouse, "d", ROWS)
        assert warehouse.count("d", VIDEOS) == 2

    def test_a_failed_job_is_not_found_but_followed_by_another(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail_job("commit", "accessDenied")
        with pytest.raises(DestinationRefused):
            load(warehouse, "d", ROWS)
        load(warehouse, "d", ROWS)
        first, second = jobs(double, "commit")
        assert second == f"{first}_2"
        assert len(jobs(double, "load_")) == 3  # these had succeeded
        assert warehouse.count("d", PROFILE) == 1

    def test_a_job_that_does_not_end_is_left_to_the_next_attempt(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.jobs.polls = 10_000
        with pytest.raises(DestinationBusy, match="30 minutes"):
            load(warehouse, "d", ROWS)
