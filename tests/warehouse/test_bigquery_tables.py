"""What a load leaves in BigQuery: layout, descriptions, expirations, places; and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import DestinationRefused
from tiktok_organic.warehouse.bigquery.dataset_memory import memory
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse

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


class TestLayout:
    def test_the_dataset_is_made_where_the_address_says_and_described(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        dataset = double.catalog.datasets["d"]
        assert (dataset["location"], dataset["labels"]) == ("EU", {"written_by": "tiktok-organic"})
        assert "TikTok" in dataset["description"]

    @pytest.mark.parametrize(
        "table", [PROFILE, SNAPSHOTS, DAYS, VIDEOS], ids=lambda table: table.name
    )
    def test_tables_are_partitioned_clustered_and_described(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, table: Any
    ) -> None:
        load(warehouse, "d", {table.name: []})
        made = double.catalog.tables["d", table.name]
        assert made.get("timePartitioning") == (
            {"type": "DAY", "field": table.partition} if table.partition else None
        )
        assert made.get("clustering", {}).get("fields", []) == list(table.cluster)
        assert made["description"] == table.about
        fields = made["schema"]["fields"]
        assert [
            (f["name"], f["type"], f["mode"] == "REQUIRED", f["description"]) for f in fields
        ] == [(c.name, c.type, c.required, c.about) for c in table.columns]

    def test_missing_descriptions_are_added_and_those_of_the_user_stay(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        fields = double.catalog.tables["d", "profile"]["schema"]["fields"]
        fields[1]["description"] = "Something else."
        del fields[2]["description"]
        for attempt in (2, 3):
            memory.forget_all()
            load(warehouse, "d", ROWS, attempt=attempt)
        fields = double.catalog.tables["d", "profile"]["schema"]["fields"]
        assert fields[1]["description"] == "Something else."
        assert fields[2]["description"] == PROFILE.columns[2].about
        assert len([line for line in double.journal if line.startswith("PATCH")]) == 1

    def test_a_dataset_elsewhere_is_refused_by_check_and_by_load(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        load(warehouse, "d", ROWS)
        other = BigQueryWarehouse(f"bigquery://{PROJECT}?location=europe-west3", clock=clock)
        for act in (lambda: other.check("d"), lambda: load(other, "d", ROWS)):
            with pytest.raises(
                DestinationRefused, match="is in EU, the destination says europe-west3"
            ) as refusal:
                act()
            assert "location=EU" in advice_of(refusal.value)
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

    def test_a_prefix_stands_before_the_dataset(
        self, double: BigQueryDouble, clock: PatientClock
    ) -> None:
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
        assert (
            "expirationMs"
            not in double.catalog.tables["d", "profile_daily_metric"]["timePartitioning"]
        )
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

    def test_what_somebody_gave_a_column_stays(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        field = double.catalog.tables["d", "profile"]["schema"]["fields"][1]
        field.update(
            description="",
            policyTags={"names": ["projects/p/locations/eu/taxonomies/1/policyTags/2"]},
        )
        memory.forget_all()
        load(warehouse, "d", ROWS, attempt=2)
        stored = double.catalog.tables["d", "profile"]["schema"]["fields"][1]
        assert (stored["description"], len(stored["policyTags"]["names"])) == (
            PROFILE.columns[1].about,
            1,
        )

    def test_a_dataset_that_may_not_be_deleted_stays_empty(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.faults.fail(
            "DELETE .*/datasets/d$", 403, "accessDenied", "bigquery.datasets.delete denied"
        )
        warehouse.drop("d", [PROFILE, DAYS, VIDEOS])
        assert (list(double.catalog.datasets), double.catalog.tables) == (["d"], {})


class TestPartitionFilter:
    """An owner may have set `require_partition_filter`, against queries that read everything."""

    def test_every_statement_filters_where_the_table_requires_it(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        for resource in double.catalog.tables.values():
            resource["requirePartitionFilter"] = "timePartitioning" in resource
        for known in (True, False):
            if not known:
                memory.forget_all()
            assert len(warehouse.distinct("d", DAYS, ["_quanti_ad_account", "date"])) == 1
            with warehouse.load("d", run=f"run-{known}", attempt=1) as into:
                stage(into, DAYS, [day(likes=2)])
                stage(into, VIDEOS, [video(1), video(3)])
                into.claim(DAYS, "_quanti_ad_account", "open-id-alice")
                into.commit()
        assert (warehouse.count("d", DAYS), warehouse.count("d", VIDEOS)) == (1, 3)
        assert [row["likes"] for row in warehouse.rows("d", DAYS, limit=5)] == [2]
        assert sum(batch.num_rows for batch in warehouse.batches("d", VIDEOS)) == 3

    def test_the_double_has_googles_rule(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, shell: Shell
    ) -> None:
        load(warehouse, "d", ROWS)
        double.catalog.tables["d", DAYS.name]["requirePartitionFilter"] = True
        with pytest.raises(Exception, match="without a filter"):
            shell(f"SELECT count(*) FROM d.{DAYS.name}")
        assert shell(f"SELECT count(*) FROM d.{DAYS.name} WHERE _quanti_date > '2000-01-01'")


class TestCosts:
    def test_only_the_partitions_concerned_are_read(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(
            warehouse, "d", {"profile_daily_metric": [day(f"2026-10-{n:02}") for n in range(1, 31)]}
        )
        load(
            warehouse,
            "d",
            {"profile_daily_metric": [day("2026-10-29", likes=1), day("2026-10-31")]},
            run="run-2",
        )
        (commit,) = [
            job for name, job in double.jobs.all.items() if "run-2" in name and "_commit" in name
        ]
        assert commit.outcome.scanned == {"profile_daily_metric": (2, 30)}
        assert warehouse.count("d", DAYS) == 31

    def test_the_bytes_billed_for_the_script_are_told(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        loaded = load(warehouse, "d", ROWS)
        assert loaded.bytes_billed == 3 * 10 * 1024 * 1024  # three tables, each 10 MiB at least
        assert load(warehouse, "d", {"profile": []}, run="run-2").bytes_billed == 0

    def test_looking_and_moving_cost_nothing(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        sent = len(double.jobs.statements)
        assert warehouse.count("d", VIDEOS) == 2
        assert sum(batch.num_rows for batch in warehouse.batches("d", VIDEOS)) == 2
        assert double.jobs.statements[sent:] == [
            "SELECT count(*) FROM `my-project`.`d`.`video_snapshot_metric`"
        ]

    def test_a_table_of_many_pages_is_listed_whole(self, warehouse: BigQueryWarehouse) -> None:
        load(warehouse, "d", {"video_snapshot_metric": [video(n) for n in range(2_500)]})
        found = [
            item
            for batch in warehouse.batches("d", VIDEOS)
            for item in batch.column("item_id").to_pylist()
        ]
        assert sorted(map(int, found)) == list(range(2_500))

    def test_nothing_staged_is_nothing_sent(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        with warehouse.load("d", run="run-1", attempt=1) as into:
            stage(into, PROFILE, [profile()])
        assert double.journal == []
