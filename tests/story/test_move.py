"""A connector moves house: its tables go along with their whole history, or nothing changes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest
from cast import DATASET, Alice
from story_time import StoryTime

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS


@pytest.fixture
def connector(alice: Alice, time: StoryTime) -> str:
    """Synced twice, on two days."""
    made = str(alice.connects()["id"])
    alice.recovers(made)
    time.passes(days=1)
    alice.syncs(made)
    return made


def contents(alice: Alice, address: str, dataset: str) -> dict[str, list[str]]:
    """Every row of every table at a destination, in one order."""
    with alice.app() as app, app.warehouse(address) as warehouse:
        return {
            name: sorted(map(repr, warehouse.rows(dataset, report.table)))
            for name, report in REPORTS.items()
        }


def test_it_moves_with_its_history_and_goes_on_there(
    alice: Alice, connector: str, time: StoryTime, tmp_path: Path
) -> None:
    old = alice.types("show", connector, "--json").document
    address = f"duckdb:///{tmp_path}/second.duckdb"
    moved = alice.types(
        "move", connector, "--to", address, "--dataset", "second_home", "--json"
    ).document
    assert (moved["destination"], moved["dataset"]) == (address, "second_home")
    assert contents(alice, address, "second_home") == contents(alice, old["destination"], DATASET)
    time.passes(days=1)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert len(contents(alice, address, "second_home")["profile_snapshot_metric"]) == 3
    assert len(contents(alice, old["destination"], DATASET)["profile_snapshot_metric"]) == 2


def test_it_can_be_told_again_after_it_was_interrupted_before_the_connector_changed(
    alice: Alice, connector: str, tmp_path: Path
) -> None:
    address = f"duckdb:///{tmp_path}/second.duckdb"
    first = alice.types("move", connector, "--to", address, "--json").document
    back = alice.types(
        "move", connector, "--to", first["moved_from"], "--json"
    ).document  # they are there already
    assert back["destination"] == first["moved_from"]
    assert back["moved_rows"] == first["moved_rows"]


def test_a_dataset_with_other_rows_is_refused_and_the_connector_stays(
    alice: Alice, connector: str, tmp_path: Path
) -> None:
    address = f"duckdb:///{tmp_path}/second.duckdb"
    before = alice.types("show", connector, "--json").document
    alice.types("move", connector, "--to", address, "--json")
    alice.types("move", connector, "--to", before["destination"], "--json")
    alice.syncs(connector)  # the two places differ now
    said = alice.types("move", connector, "--to", address, "--json")
    assert (said.exit, said.error["code"]) == (1, "dataset_taken")
    assert alice.types("show", connector, "--json").document["destination"] == before["destination"]


def test_the_place_where_it_is_already_is_refused(alice: Alice, connector: str) -> None:
    here = alice.types("show", connector, "--json").document["destination"]
    assert alice.types("move", connector, "--to", here, "--json").exit == 1


@pytest.mark.skipif(
    not os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES"),
    reason="TIKTOK_ORGANIC_TEST_POSTGRES names no PostgreSQL to move to",
)
def test_a_laptop_s_file_grows_into_postgresql_and_back(
    alice: Alice, connector: str, tmp_path: Path
) -> None:
    dataset, server = f"moved_{secrets.token_hex(4)}", os.environ["TIKTOK_ORGANIC_TEST_POSTGRES"]
    old = alice.types("show", connector, "--json").document
    moved = alice.types("move", connector, "--to", server, "--dataset", dataset, "--json").document
    try:
        assert moved["dataset"] == dataset
        assert contents(alice, server, dataset) == contents(alice, old["destination"], DATASET)
        assert alice.syncs(connector)["status"] == "succeeded"
        back = f"duckdb:///{tmp_path}/back.duckdb"
        alice.types("move", connector, "--to", back, "--json")
        assert contents(alice, back, dataset) == contents(alice, server, dataset)
    finally:
        with alice.app() as app, app.warehouse(server) as warehouse:
            warehouse.drop(
                dataset,
                [*(report.table for report in REPORTS.values()), *HISTORY.values()],
                views("UTC"),
            )
