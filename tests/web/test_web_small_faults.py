"""Small things that stood wrong on a page once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.runs.order_run import order_run

from .conftest import Place
from .test_web_connect_pages import walk_to_the_destination


def heading(text: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]*>", "", found.group(1)).strip()


@pytest.mark.parametrize("name", ["pg_catalog", "information_schema", "temp", "main"])
def test_a_dataset_name_that_the_warehouse_keeps_is_told_as_it_is_typed(
    place: Place, emil: TestClient, name: str
) -> None:
    draft = walk_to_the_destination(emil)
    form = {"place": place.warehouse(), "dataset": name, "name": "Bakery"}
    answer = emil.post(f"{draft}/check", data=form, headers={"hx-trigger-name": "dataset"})
    typed = "✓" in answer.text
    sent = emil.post(f"{draft}/destination", data=form)
    assert typed == sent.headers["location"].endswith("/finish")
    assert not typed or name == "main"


def test_an_address_that_leads_nowhere_is_told_once(alice: TestClient) -> None:
    answer = alice.get("/nothing")
    assert answer.status_code == 404
    assert heading(answer.text) == "Not found"
    assert "This page does not exist." in answer.text
    assert len(re.findall("not found", answer.text, re.IGNORECASE)) == 2, "title and heading"


def test_a_connector_of_videos_alone_shows_its_videos_and_promises_nothing(
    place: Place, bob: TestClient
) -> None:
    connector = place.connector()
    place.app.connectors.change(connector.id, {"reports": ["video_snapshot_metric"]})
    path = f"/connectors/{connector.id}"
    assert "No figures yet" in bob.get(path).text
    connector = place.app.connectors.get(connector.id)
    assert place.synced(connector, None).succeeded
    text = bob.get(path).text
    assert "No figures yet" not in text
    assert "never asked for" not in text
    assert "does not copy account days" in bob.get(f"{path}/coverage").text
    assert "57 videos" in bob.get(f"{path}/videos").text


def test_the_list_looks_again_as_long_as_a_sync_is_under_way_and_no_longer(
    place: Place, bob: TestClient
) -> None:
    connector = place.connector()
    assert 'hx-trigger="every' not in bob.get("/").text
    run = order_run(place.app, connector, window=None)
    assert 'hx-trigger="every' in bob.get("/").text
    place.app.runs.change(run.id, {"status": "failed"})
    assert 'hx-trigger="every' not in bob.get("/").text


def test_a_screen_reader_is_told_phases_and_not_every_change_of_a_count(
    place: Place, bob: TestClient
) -> None:
    run = order_run(place.app, place.connector(), window=None)
    place.app.runs.change(run.id, {"status": "running"})
    page = bob.get(f"/runs/{run.id}").text
    changing = page.partition("data-stream")[2].partition('<dl class="facts">')[0]
    assert changing
    assert not re.findall(r'aria-live|role="(?:status|alert|log)"', changing)
    assert re.search(r'<p class="unseen" role="status" aria-live="polite" data-said></p>', page)
    place.app.runs.change(run.id, {"status": "failed"})
    with bob.stream("GET", f"/runs/{run.id}/events") as answer:
        assert "event: said\ndata: The run failed\n\n" in "".join(answer.iter_text())


def test_of_older_syncs_the_store_has_only_what_charts_show(place: Place) -> None:
    """W13: the audience of every sync was half of the store."""
    connector, simulator = place.connector(), place.demo.simulator
    assert simulator is not None
    assert place.synced(connector, None).succeeded
    # A clock that is further off is not believed.
    simulator.world.clock.move(timedelta(hours=11))
    assert place.synced(place.app.connectors.get(connector.id), None).succeeded
    older, newest = (figures for _, figures in place.app.chart_data.moments(connector.id))
    assert set(older) == {"followers_count"}
    assert "audience_countries" in newest
