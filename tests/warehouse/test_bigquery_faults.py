"""Errors of BigQuery: which are temporary, and the messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.auth.exceptions import RefreshError, TransportError

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.warehouse.bigquery.error_meanings import explain
from tiktok_organic.warehouse.bigquery.faults import Fault, fault_of
from tiktok_organic.warehouse.bigquery.repeat_requests import PAUSES
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


ROWS = {
    "profile": [profile()],
    "profile_daily_metric": [day(likes=1)],
    "video_snapshot_metric": [video(1), video(2)],
}
ABORTED = (
    "Transaction is aborted due to concurrent update against table my-project:d.profile. "
    "Transaction ID: 1"
)

REQUESTS = (
    "GET .*/datasets/d$",
    "POST .*/datasets$",
    "GET .*/tables/profile$",
    "POST .*/tables$",
    "POST /upload",
    "POST /big.*/jobs$",
)
PASSING = [
    (503, "backendError"),
    (500, "internalError"),
    (429, "rateLimitExceeded"),
    (403, "rateLimitExceeded"),
    (502, ""),
]


class TestPassingFaults:
    @pytest.mark.parametrize("request_", REQUESTS)
    @pytest.mark.parametrize(("status", "reason"), PASSING)
    def test_a_request_is_repeated_after_a_pause(
        self,
        warehouse: BigQueryWarehouse,
        double: BigQueryDouble,
        clock: PatientClock,
        request_: str,
        status: int,
        reason: str,
    ) -> None:
        double.faults.fail(request_, status, reason, times=2)
        load(warehouse, "d", ROWS)
        assert clock.slept in ([1.0, 2.0], [1.0, 1.0])  # of one upload, or of two side by side
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]

    @pytest.mark.parametrize("step", ["load_profile_daily", "load_video", "commit"])
    @pytest.mark.parametrize(
        ("reason", "message"),
        [("backendError", ""), ("jobRateLimitExceeded", ""), ("invalidQuery", ABORTED)],
    )
    def test_a_job_is_started_again_under_another_name(
        self,
        warehouse: BigQueryWarehouse,
        double: BigQueryDouble,
        clock: PatientClock,
        step: str,
        reason: str,
        message: str,
    ) -> None:
        double.faults.fail_job(f"_{step}", reason, message, times=2)
        load(warehouse, "d", ROWS)
        assert sum(clock.slept) == 3.0
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]

    @pytest.mark.parametrize("request_", REQUESTS)
    def test_in_the_end_the_warehouse_is_busy_and_nothing_was_written(
        self,
        warehouse: BigQueryWarehouse,
        double: BigQueryDouble,
        clock: PatientClock,
        request_: str,
    ) -> None:
        double.faults.fail(request_, 503, "backendError", "Try again.", times=99)
        with pytest.raises(DestinationBusy, match="Try again"):
            load(warehouse, "d", ROWS)
        assert set(clock.slept) == set(PAUSES)
        double.faults.forgive()
        assert not any(warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS))

    def test_a_transaction_that_is_always_aborted_is_given_up(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        double.faults.fail_job("_commit", "invalidQuery", ABORTED, times=99)
        with pytest.raises(DestinationBusy, match="concurrent update"):
            load(warehouse, "d", ROWS)
        assert [warehouse.count("d", table) for table in (PROFILE, DAYS, VIDEOS)] == [0, 0, 0]

    def test_a_server_that_is_gone_is_busy(
        self, warehouse: BigQueryWarehouse, clock: PatientClock, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.stop()
        with pytest.raises(DestinationBusy, match="cannot be reached"):
            load(warehouse, "d", ROWS, run="run-2")
        assert set(clock.slept) == set(PAUSES)


class TestPermissions:
    @pytest.mark.parametrize(
        ("permission", "role"),
        [
            ("bigquery.jobs.create", "roles/bigquery.jobUser"),
            ("bigquery.datasets.get", "roles/bigquery.dataEditor"),
            ("bigquery.datasets.create", "roles/bigquery.dataEditor"),
        ],
    )
    def test_check_names_the_role_that_is_missing(
        self,
        warehouse: BigQueryWarehouse,
        double: BigQueryDouble,
        clock: PatientClock,
        permission: str,
        role: str,
    ) -> None:
        double.faults.denied.add(permission)
        with pytest.raises(DestinationRefused, match=permission) as refusal:
            warehouse.check("d")
        assert role in advice_of(refusal.value)
        assert PROJECT in advice_of(refusal.value)
        assert clock.slept == []

    def test_check_looks_whether_tables_may_be_made_in_an_existing_dataset(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        load(warehouse, "d", ROWS)
        double.faults.denied.add("bigquery.tables.create")
        with pytest.raises(DestinationRefused, match=r"bigquery\.tables\.create"):
            warehouse.check("d")

    @pytest.mark.parametrize(
        "permission", ["tables.get", "tables.create", "tables.updateData", "jobs.create"]
    )
    def test_a_load_that_lacks_one_is_refused(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, permission: str
    ) -> None:
        double.faults.denied.add(f"bigquery.{permission}")
        with pytest.raises(DestinationRefused, match=permission):
            load(warehouse, "d", ROWS)

    def test_check_makes_nothing(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble
    ) -> None:
        warehouse.check("d")
        assert (double.catalog.datasets, double.jobs.all) == ({}, {})

    def test_a_project_that_does_not_exist_is_refused(
        self, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        warehouse = BigQueryWarehouse("bigquery://nobodys-project", clock=clock)
        for act in (lambda: warehouse.check("d"), lambda: load(warehouse, "d", ROWS)):
            with pytest.raises(
                DestinationRefused, match="The project nobodys-project does not exist, or"
            ):
                act()
        warehouse.close()


class TestMeaning:
    @pytest.mark.parametrize(
        ("fault", "kind", "word"),
        [
            (
                Fault(
                    "quotaExceeded", "Quota exceeded: Your table exceeded quota for imports", 403
                ),
                DestinationBusy,
                "quota",
            ),
            (
                Fault(
                    "invalidQuery",
                    "UPDATE or DELETE statement over table p:d.t would affect rows in the "
                    "streaming buffer",
                    400,
                ),
                DestinationBusy,
                "90 minutes",
            ),
            (
                Fault("billingNotEnabled", "Billing has not been enabled for this project.", 403),
                DestinationRefused,
                "sandbox",
            ),
            (
                Fault("accessDenied", "DML queries are not allowed in the free tier.", 403),
                DestinationRefused,
                "billing",
            ),
            (
                Fault(
                    "accessNotConfigured", "BigQuery API has not been used in project 1 before", 403
                ),
                DestinationRefused,
                "not enabled",
            ),
            (
                Fault("credentials", "('invalid_grant: Token has been expired or revoked.', {})"),
                DestinationRefused,
                "expired",
            ),
            (
                Fault("authError", "Request had invalid authentication credentials.", 401),
                DestinationRefused,
                "credentials",
            ),
            (
                Fault(
                    "invalidQuery",
                    "Value of type STRING cannot be assigned to likes, which has type INT64",
                    400,
                ),
                DestinationRefused,
                "altered",
            ),
            (
                Fault("notFound", "Not found: Table p:d.t", 404),
                DestinationBusy,
                "was removed during the load",
            ),
            (
                Fault("stopped", "Job execution was cancelled: User requested cancellation"),
                DestinationBusy,
                "cancelled",
            ),
            (Fault("timeout", "Job timed out"), DestinationBusy, "timeout"),
            (Fault("resourceInUse", "Busy"), DestinationBusy, "resourceInUse"),
            (Fault("resourcesExceeded", "Too much"), DestinationBusy, "resourcesExceeded"),
            (Fault("blocked", "For a time"), DestinationBusy, "blocked"),
            (
                Fault("unreachable", "Connection reset by peer"),
                DestinationBusy,
                "cannot be reached",
            ),
            (
                Fault("conditionNotMet", "Precondition Failed", 412),
                DestinationBusy,
                "Another program changed",
            ),
        ],
        ids=lambda value: value.reason if isinstance(value, Fault) else "",
    )
    def test_each_is_said_in_words_of_the_person_who_acts(
        self, fault: Fault, kind: type[TikTokOrganicError], word: str
    ) -> None:
        error = explain(fault, "my-project")
        assert type(error) is kind
        assert word in error.message
        assert advice_of(error)

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (RefreshError(TransportError("metadata.google.internal unavailable")), "unreachable"),
            (RefreshError("internal_failure", retryable=True), "unreachable"),
            (TransportError("reset"), "unreachable"),
            (RefreshError("invalid_grant: Token has been expired or revoked."), "credentials"),
        ],
    )
    def test_credentials_that_cannot_be_asked_for_are_not_called_refused(
        self, error: Exception, reason: str
    ) -> None:
        """google-auth wraps each hiccup of a metadata server in a RefreshError."""
        fault = fault_of(error)
        assert (fault.reason, fault.passing) == (reason, reason == "unreachable")

    def test_a_quota_is_not_waited_for(
        self, warehouse: BigQueryWarehouse, double: BigQueryDouble, clock: PatientClock
    ) -> None:
        double.faults.fail("POST /upload", 403, "quotaExceeded", "Quota exceeded: too many imports")
        with pytest.raises(DestinationBusy, match="quota"):
            load(warehouse, "d", ROWS)
        assert clock.slept == []

    def test_rows_survive_a_full_spool(self, warehouse: BigQueryWarehouse, tmp_path: Path) -> None:
        (tmp_path / "spool").write_text("a file where the folder should be")
        with pytest.raises(DestinationBusy):
            load(warehouse, "d", ROWS)
