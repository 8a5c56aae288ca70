"""Every statement that is sent to BigQuery, judged by Google's own analyzer of SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse

from .bigquery_double.fixtures import PROJECT, client, double, shell, staging_warehouse, warehouse
from .bigquery_double.judge import Judge
from .bigquery_double.server import BigQueryDouble
from .contract import SMALL_DAY, SMALL_SNAPSHOT
from .samples import (
    DAYS,
    EVERYTHING,
    MOMENT,
    PROFILE,
    SNAPSHOTS,
    VIDEOS,
    day,
    load,
    profile,
    stage,
    video,
)

__all__ = ["client", "double", "shell", "staging_warehouse", "warehouse"]

TABLES = (PROFILE, SNAPSHOTS, DAYS, VIDEOS, EVERYTHING)
KEYS_ALONE = Table("keys_alone", "Nothing but keys.", ("id",), EVERYTHING.columns[:1])
PARAMETERS = (
    *(f"rows_{number}" for number in range(8)),
    "forgotten_0",
    "forgotten_1",
    "owner_0",
)


def use_everything(warehouse: BigQueryWarehouse, double: BigQueryDouble) -> None:
    """Whatever can be asked of a warehouse, so that each of its statements is sent once."""
    warehouse.check("d")
    snapshot = {"_quanti_loaded_at": MOMENT, "username": "alice", "_quanti_sync_date": MOMENT}
    rows = {
        "profile": [profile()],
        "profile_snapshot_metric": [
            snapshot,
            {**snapshot, "_quanti_sync_date": MOMENT - timedelta(days=400)},
        ],
        "profile_daily_metric": [day(), day("1969-12-31"), day("9999-12-31")],
        "video_snapshot_metric": [
            video(1),
            video(2, moment=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ],
        "everything": [{"id": 1}],
        "keys_alone": [{"id": 1}],
        "small_day": [],
        "small_snapshot": [],
    }
    forget = [(PROFILE, "username", ["it's \\ `me`", "b\n"]), (SMALL_SNAPSHOT, "name", [""])]
    load(
        warehouse, "d", rows, tables=[*TABLES, KEYS_ALONE, SMALL_DAY, SMALL_SNAPSHOT], forget=forget
    )
    with warehouse.load("d", run="run-2", attempt=1) as into:
        stage(into, DAYS, [day()])
        into.claim(DAYS, "_quanti_ad_account", "open-id-alice")
        into.commit()
    for resource in double.catalog.tables.values():
        resource["requirePartitionFilter"] = "timePartitioning" in resource
    warehouse.check("d")
    for table in TABLES:
        warehouse.count("d", table)
        warehouse.rows("d", table, order=(f"-{table.names[1]}", table.names[0]), limit=3)
        warehouse.rows("d", table)
    load(
        warehouse,
        "e",
        {"profile": []},
        tables=[Table("profile", PROFILE.about, PROFILE.key, PROFILE.columns[:2])],
    )
    warehouse.rows("e", PROFILE, order=["display_name"])
    double.catalog.datasets["e"].update(
        defaultTableExpirationMs="1000000", defaultPartitionExpirationMs="1000000"
    )
    load(warehouse, "e", {"profile_daily_metric": [], "everything": []}, run="run-2")


def statements(text: str) -> list[str]:
    return [line.removesuffix(";") for line in text.split(";\n")]


@pytest.mark.parametrize("way", ["warehouse", "staging_warehouse"])
def test_google_accepts_every_statement(
    double: BigQueryDouble, request: pytest.FixtureRequest, way: str
) -> None:
    use_everything(request.getfixturevalue(way), double)
    judge = Judge(PROJECT, double.catalog.made, PARAMETERS)
    seen = {
        judge.accept(statement) for text in double.jobs.statements for statement in statements(text)
    }
    assert seen == {
        "ResolvedAlterTableSetOptionsStmt",
        "ResolvedBeginStmt",
        "ResolvedCommitStmt",
        "ResolvedCreateSchemaStmt",
        "ResolvedCreateTableStmt",
        "ResolvedDeleteStmt",
        "ResolvedMergeStmt",
        "ResolvedQueryStmt",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "SELECT nothing FROM `my-project`.`d`.`profile`",
        "SELECT username FROM `my-project`.`d`.`profiles`",
        "DELETE FROM `my-project`.`d`.`profile`",
        "DELETE FROM `my-project`.`d`.`profile` WHERE username IN UNNEST(@unknown)",
        "UPDATE `my-project`.`d`.`profile` SET is_verified = 'yes' WHERE TRUE",
        "SELECT NULLIFF(username, '') FROM `my-project`.`d`.`profile`",
        "BEGIN TRANSACTION PLEASE",
    ],
)
def test_the_judge_does_not_accept_everything(wrong: str) -> None:
    fields = [{"name": "username", "type": "STRING"}, {"name": "is_verified", "type": "BOOLEAN"}]
    judge = Judge(PROJECT, {("d", "profile"): {"schema": {"fields": fields}}}, PARAMETERS)
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        judge.accept(wrong)
