"""A load into BigQuery, seen from BigQuery's side: jobs, staging tables, transactions, layout, costs."""

from __future__ import annotations

from typing import Any

import pytest

from tiktok_organic.errors import DestinationBusy, DestinationRefused
from tiktok_organic.warehouse.bigquery import BigQueryWarehouse

from .bigquery_double.fixtures import PROJECT, client, double, shell, warehouse
from .bigquery_double.server import BigQueryDouble
from .conftest import PatientClock
from .contract import Shell
from .samples import DAYS, PROFILE, SNAPSHOTS, VIDEOS, day, load, profile, stage, video

__all__ = ["client", "double", "shell", "warehouse"]

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
        for item in double.catalog.listed("d")
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
        double.catalog.create_table("d", {"tableReference": reference, "schema": {"fields": fields}})
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
        assert warehouse.count("d", VIDEOS) is None
        assert len(staging(double)) == 3
        clock.sleep(6 * 3600)
        assert staging(double) == []

    def test_the_attempt_after_a_kill_lands(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        self.test_a_kill_between_staging_and_commit_leaves_staging_tables_that_expire(warehouse, double, clock)
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

    def test_a_dataset_with_nothing_but_staging_tables_can_be_dropped(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail("DELETE .*staging", 403, "accessDenied")
        load(warehouse, "d", ROWS)
        assert staging(double) != []
        warehouse.drop("d", [PROFILE, DAYS, VIDEOS])
        assert double.catalog.datasets == {}


class TestJobs:
    def test_loads_run_side_by_side_and_the_commit_is_one_job(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.jobs.polls = 1
        load(warehouse, "d", ROWS)
        uploads = [number for number, line in enumerate(double.journal) if "/upload/" in line]
        waits = [number for number, line in enumerate(double.journal) if line.startswith("GET") and "/jobs/" in line]
        assert len(uploads) == 3
        assert max(uploads) < min(waits)
        assert len(jobs(double, "commit")) == 1

    def test_names_tell_run_attempt_and_step(self, warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
        load(warehouse, "d", ROWS, run="r-7", attempt=3)
        names = list(double.jobs.all)
        assert all(name.startswith("tiktok-organic_r-7_3_") for name in names)

    @pytest.mark.parametrize(
        "request_", ["POST /upload/", "POST /bigquery/.*/jobs", "POST .*/tables", "POST .*/datasets$"]
    )
    def test_a_request_whose_answer_was_lost_is_found_again(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock, request_: str
    ) -> None:
        double.faults.lose_answer(request_)
        load(warehouse, "d", ROWS)
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]
        assert [len(jobs(double, step)) for step in ("load_profile_daily", "load_video", "commit")] == [1, 1, 1]
        assert clock.slept == [1.0]

    def test_a_repeat_of_the_same_attempt_finds_its_own_commit(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        first = load(warehouse, "d", ROWS)
        assert load(warehouse, "d", ROWS) == first
        assert len(jobs(double, "commit")) == 1

    def test_a_commit_of_tables_that_were_dropped_since_is_done_again(self, warehouse: BigQueryWarehouse) -> None:
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


class TestLayout:
    def test_the_dataset_is_made_where_the_address_says_and_described(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        dataset = double.catalog.datasets["d"]
        assert (dataset["location"], dataset["labels"]) == ("EU", {"written_by": "tiktok-organic"})
        assert "TikTok" in dataset["description"]

    @pytest.mark.parametrize("table", [PROFILE, SNAPSHOTS, DAYS, VIDEOS], ids=lambda table: table.name)
    def test_tables_are_partitioned_clustered_and_described(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, table: Any
    ) -> None:
        load(warehouse, "d", {table.name: []})
        made = double.catalog.tables["d", table.name]
        assert made.get("timePartitioning") == ({"type": "DAY", "field": table.partition} if table.partition else None)
        assert made.get("clustering", {}).get("fields", []) == list(table.cluster)
        assert made["description"] == table.about
        fields = made["schema"]["fields"]
        assert [(f["name"], f["type"], f["mode"] == "REQUIRED", f["description"]) for f in fields] == [
            (c.name, c.type, c.required, c.about) for c in table.columns
        ]

    def test_descriptions_are_restored_and_an_unchanged_table_is_not_touched(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.catalog.tables["d", "profile"]["schema"]["fields"][1]["description"] = "Something else."
        load(warehouse, "d", ROWS, attempt=2)
        load(warehouse, "d", ROWS, attempt=3)
        assert double.catalog.tables["d", "profile"]["schema"]["fields"][1]["description"] == PROFILE.columns[1].about
        assert len([line for line in double.journal if line.startswith("PATCH")]) == 1

    def test_a_dataset_elsewhere_is_refused_by_check_and_by_load(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", ROWS)
        other = BigQueryWarehouse(f"bigquery://{PROJECT}?location=europe-west3", clock=clock)
        for act in (lambda: other.check("d"), lambda: load(other, "d", ROWS)):
            with pytest.raises(DestinationRefused, match="is in EU, the destination says europe-west3") as refusal:
                act()
            assert "location=EU" in refusal.value.advice
        other.close()

    def test_without_a_location_the_one_of_the_dataset_is_used(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", ROWS)
        other = BigQueryWarehouse(f"bigquery://{PROJECT}", clock=clock)
        other.check("d")
        load(other, "d", ROWS, run="run-2")
        assert other.count("d", PROFILE) == 1
        load(other, "new", ROWS)
        assert double.catalog.datasets["new"]["location"] == "US"
        other.close()

    def test_a_prefix_stands_before_the_dataset(self, double: BigQueryDouble, clock: PatientClock) -> None:
        warehouse = BigQueryWarehouse(f"bigquery://{PROJECT}?prefix=acme_", clock=clock)
        load(warehouse, "d", ROWS)
        assert list(double.catalog.datasets) == ["acme_d"]
        assert warehouse.count("d", PROFILE) == 1
        warehouse.close()

    def test_a_new_table_does_not_inherit_the_expiration_of_the_dataset(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", {"profile": []})
        sixty_days = str(60 * 24 * 3600 * 1000)
        double.catalog.datasets["d"].update(
            defaultTableExpirationMs=sixty_days, defaultPartitionExpirationMs=sixty_days
        )
        load(warehouse, "d", ROWS, run="run-2")
        assert "expirationMs" not in double.catalog.tables["d", "profile_daily_metric"]["timePartitioning"]
        clock.sleep(90 * 24 * 3600)
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]

    def test_an_expiration_that_somebody_put_on_a_table_stays(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.catalog.tables["d", "profile"]["expirationTime"] = "99999999999999"
        load(warehouse, "d", ROWS, run="run-2")
        assert double.catalog.tables["d", "profile"]["expirationTime"] == "99999999999999"

    def test_rows_of_somebody_who_dropped_required_stay_readable(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, shell: Shell
    ) -> None:
        load(warehouse, "d", ROWS)
        shell("ALTER TABLE `d`.`profile` ALTER COLUMN `username` DROP NOT NULL")
        load(warehouse, "d", ROWS, run="run-2")
        assert warehouse.count("d", PROFILE) == 1

    def test_what_somebody_gave_a_column_stays(self, warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
        load(warehouse, "d", ROWS)
        field = double.catalog.tables["d", "profile"]["schema"]["fields"][1]
        field.update(description="Else.", policyTags={"names": ["projects/p/locations/eu/taxonomies/1/policyTags/2"]})
        load(warehouse, "d", ROWS, attempt=2)
        stored = double.catalog.tables["d", "profile"]["schema"]["fields"][1]
        assert (stored["description"], len(stored["policyTags"]["names"])) == (PROFILE.columns[1].about, 1)

    def test_a_dataset_that_may_not_be_deleted_stays_empty(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.faults.fail("DELETE .*/datasets/d$", 403, "accessDenied", "bigquery.datasets.delete denied")
        warehouse.drop("d", [PROFILE, DAYS, VIDEOS])
        assert (list(double.catalog.datasets), double.catalog.tables) == (["d"], {})


class TestCosts:
    def test_only_the_partitions_concerned_are_read(self, warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
        load(warehouse, "d", {"profile_daily_metric": [day(f"2026-10-{n:02}") for n in range(1, 31)]})
        load(warehouse, "d", {"profile_daily_metric": [day("2026-10-29", likes=1), day("2026-10-31")]}, run="run-2")
        (commit,) = [job for name, job in double.jobs.all.items() if "run-2" in name and "_commit" in name]
        assert commit.outcome.scanned == {"profile_daily_metric": (2, 30)}
        assert warehouse.count("d", DAYS) == 31

    def test_the_bytes_billed_for_the_script_are_told(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        loaded = load(warehouse, "d", ROWS)
        assert loaded.bytes_billed == 3 * 2 * 10 * 1024 * 1024  # three merges of two tables, each 10 MB at least
        assert load(warehouse, "d", {"profile": []}, run="run-2").bytes_billed == 0

    def test_looking_and_moving_cost_nothing(self, warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
        load(warehouse, "d", ROWS)
        sent = len(double.jobs.statements)
        assert warehouse.count("d", VIDEOS) == 2
        assert sum(batch.num_rows for batch in warehouse.batches("d", VIDEOS)) == 2
        assert double.jobs.statements[sent:] == ["SELECT count(*) FROM `my-project`.`d`.`video_snapshot_metric`"]

    def test_a_table_of_many_pages_is_listed_whole(self, warehouse: BigQueryWarehouse) -> None:
        load(warehouse, "d", {"video_snapshot_metric": [video(n) for n in range(2_500)]})
        found = [item for batch in warehouse.batches("d", VIDEOS) for item in batch.column("item_id").to_pylist()]
        assert sorted(map(int, found)) == list(range(2_500))

    def test_nothing_staged_is_nothing_sent(self, warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
        with warehouse.load("d", run="run-1", attempt=1) as into:
            stage(into, PROFILE, [profile()])
        assert double.journal == []
