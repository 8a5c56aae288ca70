"""The CSV files: everything that the warehouse holds, in cells that a spreadsheet only shows."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.data import csv_export
from tiktok_organic.actions.data.csv_export import safe_cell
from tiktok_organic.errors import DestinationBusy
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Warehouse

from .conftest import Place

BEGINNINGS = ("=1+1", "+1", "-1", "@SUM(1)", "＝1+1", "＋1", "－1", "＠x")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_files_hold_every_column_of_every_day_and_of_every_newest_video(
    place: Place, alice: TestClient
) -> None:
    connector = place.connector()
    place.synced(connector)
    place.synced(place.app.connectors.get(connector.id), None)
    with place.app.warehouse(connector.destination) as warehouse:
        table = REPORTS["video_snapshot_metric"].table
        stored = warehouse.rows(connector.dataset, table)
        days = warehouse.count(connector.dataset, REPORTS["profile_daily_metric"].table)
    newest = max(row["_quanti_sync_date"] for row in stored)
    answer = alice.get(f"/connectors/{connector.id}/videos.csv")
    found = rows(answer.text)
    assert list(found[0]) == list(table.names)
    assert {row["item_id"] for row in found} == {
        row["item_id"] for row in stored if row["_quanti_sync_date"] == newest
    }
    assert len(found) == len(stored) // 2
    name = answer.headers["content-disposition"]
    assert f"{connector.dataset}_videos_as_of_{newest:%Y-%m-%dT%H%M%SZ}.csv" in name
    answer = alice.get(f"/connectors/{connector.id}/days.csv")
    found = rows(answer.text)
    assert list(found[0]) == list(REPORTS["profile_daily_metric"].table.names)
    assert len(found) == days
    first, last = min(r["date"] for r in found), max(r["date"] for r in found)
    assert f"_days_{first}_to_{last}.csv" in answer.headers["content-disposition"]


def test_a_file_without_rows_says_so(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    for name in ("days", "videos"):
        answer = alice.get(f"/connectors/{connector.id}/{name}.csv")
        assert answer.status_code == 200
        assert f"{connector.dataset}_{name}_empty.csv" in answer.headers["content-disposition"]
        assert rows(answer.text) == []


def test_a_warehouse_that_is_away_is_an_error_and_no_short_file(
    place: Place, alice: TestClient
) -> None:
    connector = place.connector()
    place.synced(connector)
    file = Path(connector.destination.removeprefix("duckdb:///"))
    file.unlink()
    file.mkdir()
    for name in ("days", "videos"):
        answer = alice.get(f"/connectors/{connector.id}/{name}.csv")
        assert answer.status_code == 400
        assert "text/html" in answer.headers["content-type"]


class SmallPages:
    """A warehouse that gives out few rows at a time, and breaks at the request of a number."""

    def __init__(self, inner: Warehouse, breaks_at: int | None = None) -> None:
        self._inner = inner
        self._left = breaks_at

    def rows(self, dataset: str, table: Table, **options: Any) -> list[dict[str, Any]]:
        if self._left == 0:
            raise DestinationBusy("the warehouse has gone away")
        self._left = None if self._left is None else self._left - 1
        return self._inner.rows(dataset, table, **{**options, "limit": min(7, options["limit"])})


def test_a_warehouse_that_breaks_off_gives_no_short_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_export, "_AT_ONCE", 7)
    connector = place.connector()
    place.synced(connector)
    with place.app.warehouse(connector.destination) as warehouse:
        whole = csv_export.export_videos(SmallPages(warehouse), connector)  # type: ignore[arg-type]  # the two methods that are used
        stored = warehouse.count(connector.dataset, REPORTS["video_snapshot_metric"].table)
        assert whole.rows == stored
        assert b"".join(whole.chunks()).count(b"\r\n") == stored + 1
        assert stored is not None
        assert stored > 14
        with pytest.raises(DestinationBusy):
            csv_export.export_videos(SmallPages(warehouse, 3), connector)  # type: ignore[arg-type]  # the two methods that are used


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("before", ["", " ", "a;", "a\t", "a|", "a\r\n;", "\u202e", "\x1b", "a; "])
def test_no_cell_begins_like_a_formula_wherever_a_spreadsheet_splits_it(
    before: str, beginning: str
) -> None:
    text = str(safe_cell(before + beginning))
    assert not set(text) & set("\u202e\x1b\r\n\t")
    for separator in (";", "|", "\t"):
        for part in text.split(separator):
            assert not part.strip().startswith(tuple("=+-@＝＋－＠")), text


def test_cells_keep_what_is_harmless() -> None:
    assert safe_cell("Kaffee – 5 € = gut, a-b") == "Kaffee – 5 € = gut, a-b"
    assert safe_cell(-5) == -5
    assert safe_cell(None) == ""
    assert safe_cell(True) == "true"
    assert safe_cell(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "2026-03-01T12:00:00.000000Z"
