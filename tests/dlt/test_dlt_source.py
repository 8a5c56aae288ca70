"""The same records through dlt: into DuckDB, and into files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dlt", reason="dlt is not installed: pip install 'tiktok-organic[dlt]'")
pytestmark = pytest.mark.filterwarnings("ignore")

import duckdb  # noqa: E402 - skipped above where dlt is missing
import httpx2  # noqa: E402 - as above
from dlt.pipeline.exceptions import PipelineStepFailed  # noqa: E402 - as above

import dlt  # noqa: E402 - as above
from tiktok_organic import dlt_source  # noqa: E402 - as above
from tiktok_organic.actions.connectors import connect, connector_choices, consent  # noqa: E402 - as above
from tiktok_organic.app import App  # noqa: E402 - as above
from tiktok_organic.clock import SystemClock  # noqa: E402 - as above
from tiktok_organic.errors import BadValue, ReconnectNeeded, TikTokOrganicError  # noqa: E402 - as above
from tiktok_organic.reports import REPORTS  # noqa: E402 - as above
from tiktok_organic.settings import Settings  # noqa: E402 - as above
from tiktok_organic.simulator import (  # noqa: E402 - as above
    DEMO_CLIENT_KEY,
    DEMO_CLIENT_SECRET,
    DEMO_USERNAME,
    Simulator,
)


class Morning(SystemClock):
    """A day that always begins at nine: TikTok publishes another day at noon."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(
            seconds=time.monotonic() - self._started
        )


@pytest.fixture
def clock() -> Morning:
    return Morning()


@pytest.fixture
def simulator(clock: Morning) -> Iterator[Simulator]:
    with Simulator(port=0, clock=clock.now) as running:
        running.world.settings.update(limits=False)
        yield running


def settings_for(simulator: Simulator, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        client_key=DEMO_CLIENT_KEY,
        client_secret=DEMO_CLIENT_SECRET,
        api_url=simulator.api_url,
        authorize_url=simulator.authorize_url,
        redirect_url="https://alice.example/tiktok/",
    )


def consent_of(app: App) -> consent.Consent:
    """The owner of the demo account agrees."""
    address = consent.begin(app, "the test")
    choice = "simulator_decision=allow&simulator_account=demo.bakery"
    landed = httpx2.get(f"{address}&{choice}").headers["location"]
    return consent.finish(app, landed, "the test")


@pytest.fixture
def source(simulator: Simulator, clock: Morning, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """A source for the demo account, by its token."""
    app = App(settings_for(simulator, tmp_path), clock=clock)
    scopes = sorted(simulator.world.app.scopes)
    tokens = simulator.world.token(DEMO_USERNAME, scopes)
    made = lambda: dlt_source(  # noqa: E731 - a source is used up by one run
        access_token=tokens["access_token"], account_id=tokens["open_id"], lookback=30, app=app
    )
    yield made
    app.close()


def pipeline(tmp_path: Path, destination: Any) -> dlt.Pipeline:
    made: dlt.Pipeline = dlt.pipeline(
        "tiktok",
        destination=destination,
        dataset_name="organic",
        pipelines_dir=str(tmp_path / "pipelines"),
    )
    return made


def test_it_loads_the_four_tables_into_duckdb_and_a_second_run_doubles_no_day(
    source: Callable[[], Any], tmp_path: Path
) -> None:
    file = tmp_path / "dlt.duckdb"
    made = pipeline(tmp_path, dlt.destinations.duckdb(str(file)))
    made.run(source())
    made.run(source())
    with duckdb.connect(str(file), read_only=True) as connection:
        count = {
            name: connection.sql(f"SELECT count(*) FROM organic.{name}").fetchall()[0][0]
            for name in REPORTS
        }
        columns = connection.sql("DESCRIBE organic.video_snapshot_metric").fetchall()
    assert count["profile"] == 1
    assert count["profile_snapshot_metric"] == 2
    assert count["profile_daily_metric"] == 28
    assert count["video_snapshot_metric"] == 2 * 57
    assert [name for name, *_ in columns] == list(REPORTS["video_snapshot_metric"].table.names)


def test_its_resources_carry_keys_types_and_descriptions(source: Callable[[], Any]) -> None:
    made = source()
    for name, report in REPORTS.items():
        schema = made.resources[name].compute_table_schema()
        assert {c for c, hints in schema["columns"].items() if hints.get("primary_key")} == set(
            report.table.matched_on
        )
        assert schema["columns"]["username" if "username" in report.table.names else "item_id"][
            "description"
        ]
        assert schema["write_disposition"] == "merge"


def test_it_writes_files(source: Callable[[], Any], tmp_path: Path) -> None:
    made = pipeline(tmp_path, dlt.destinations.filesystem(f"file://{tmp_path}/files"))
    made.run(source(), loader_file_format="parquet")
    for name in REPORTS:
        assert list((tmp_path / "files" / "organic" / name).glob("*.parquet"))


def raised_by(pipeline_of: dlt.Pipeline, extracted: object) -> list[BaseException]:
    """What a run of the pipeline raises, and what that came from."""
    with pytest.raises(PipelineStepFailed) as caught:
        pipeline_of.run(extracted)
    chain: list[BaseException] = [caught.value]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    return chain


def test_a_revoked_consent_fails_the_pipeline_and_loads_nothing(
    source: Callable[[], Any], simulator: Simulator, tmp_path: Path
) -> None:
    file = tmp_path / "dlt.duckdb"
    simulator.world.revoke()
    chain = raised_by(pipeline(tmp_path, dlt.destinations.duckdb(str(file))), source())
    assert [type(each) for each in chain].count(ReconnectNeeded) == 1
    with duckdb.connect(str(file)) as connection:
        tables = connection.sql("SELECT table_name FROM information_schema.tables").fetchall()
    assert not {name for (name,) in tables} & set(REPORTS)


def test_a_revoked_consent_of_a_connector_is_recorded_as_a_sync_would(
    simulator: Simulator, clock: Morning, tmp_path: Path
) -> None:
    app = App(settings_for(simulator, tmp_path), clock=clock)
    connector = connect.create(app, consent_of(app), connector_choices.Choices())
    simulator.world.revoke()
    made = pipeline(tmp_path, dlt.destinations.duckdb(str(tmp_path / "dlt.duckdb")))
    chain = raised_by(made, dlt_source(connector.name, app=app))
    assert ReconnectNeeded in {type(each) for each in chain}
    assert app.connectors.get(connector.id).state == "reconnect_needed"
    app.close()


def test_a_pipeline_whose_reports_all_failed_fails_and_one_that_failed_in_part_says_which(
    source: Callable[[], Any],
    simulator: Simulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = pipeline(tmp_path, dlt.destinations.duckdb(str(tmp_path / "dlt.duckdb")))
    simulator.world.faults.add("not_json", "/business/get/", count=None)
    simulator.world.faults.add("not_json", "/business/video/list/", count=None)
    codes = {
        each.code for each in raised_by(made, source()) if isinstance(each, TikTokOrganicError)
    }
    assert codes == {"unreadable"}
    simulator.world.faults.clear()
    simulator.world.faults.add("not_json", "/business/video/list/", count=None)
    made.drop_pending_packages()
    made.run(source())
    with duckdb.connect(str(tmp_path / "dlt.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM organic.profile").fetchall() == [(1,)]
    left_out = [text for text in caplog.messages if "is left out" in text]
    assert len(left_out) == 1
    assert left_out[0].startswith("video_snapshot_metric is left out: ")


def test_it_asks_for_a_connector_or_a_token(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path))
    with pytest.raises(BadValue):
        dlt_source(app=app)
    app.close()
