"""What the pages show of connectors and runs, and what their buttons do."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from fastapi.testclient import TestClient

from tiktok_organic.actions.data.chart_series import (
    account_figures,
    day_figures,
    followers,
    series,
    total,
)
from tiktok_organic.store.database import Database
from tiktok_organic.store.people.sessions import Sessions
from tiktok_organic.web.charts.charts import columns, line
from tiktok_organic.web.texts.formatting import Words

from .conftest import Place


def test_charts_show_what_the_warehouse_holds(place: Place, bob: TestClient) -> None:
    connector = place.connector()
    place.synced(connector)
    kept = dict(place.app.chart_data.days(connector.id))
    with place.app.warehouse(connector.destination) as warehouse:
        from tiktok_organic.reports import REPORTS

        rows = warehouse.rows(connector.dataset, REPORTS["profile_daily_metric"].table)
    assert {day: figures["video_views"] for day, figures in kept.items()} == {
        r["date"]: r["video_views"] for r in rows
    }
    text = bob.get(f"/connectors/{connector.id}").text
    assert text.count('class="chart"') == 3
    assert "Top videos of the period" in text
    assert "Germany" in text
    assert "Last sync" in text


def test_the_settings_say_which_duckdb_can_open_the_file(place: Place, bob: TestClient) -> None:
    connector = place.connector()
    place.synced(connector)
    text = bob.get(f"/connectors/{connector.id}/settings").text
    assert "can be opened by DuckDB 1.0 and later" in text


def test_a_person_whose_time_zone_is_unknown_sees_active_hours_in_utc(
    place: Place, bob: TestClient
) -> None:
    connector = place.connector()
    place.synced(connector)
    place.app.people.change("p-bob", {"timezone": "Mars/Olympus"})
    answer = bob.get(f"/connectors/{connector.id}")
    assert answer.status_code == 200
    assert "When followers are active" in answer.text
    assert "Mars/Olympus" not in answer.text


def test_the_list_puts_first_who_needs_somebody(place: Place, bob: TestClient) -> None:
    place.connector()
    second = place.connector("big.outdoors")
    place.app.connectors.change(second.id, {"state": "reconnect_needed", "state_reason": "revoked"})
    text = bob.get("/").text
    assert text.index("@big.outdoors") < text.index("@demo.bakery")
    assert "@demo.bakery" not in bob.get("/?q=outdoors").text
    assert "Nothing found" in bob.get("/?q=nobody").text


def test_the_calendar_names_every_days_state_in_words(place: Place, bob: TestClient) -> None:
    connector = place.connector()
    place.synced(connector, 10)
    text = bob.get(f"/connectors/{connector.id}/coverage").text
    assert text.count('<div class="day ') == 60
    assert "never asked for, 0 days left" in text
    assert "provisional</span>" in text


def test_a_run_shows_tiktoks_request_ids_and_its_phases(place: Place, bob: TestClient) -> None:
    run = place.synced(place.connector())
    heads = place.app.archive.heads(run.fetched[0].archive)
    text = bob.get(f"/runs/{run.id}").text
    assert all(str(head["request_id"]) in text for head in heads)
    assert "Fetching" in text
    assert "Loading" in text


def test_a_failed_run_says_why_and_what_to_do(place: Place, bob: TestClient) -> None:
    connector, simulator = place.connector(), place.demo.simulator
    assert simulator is not None
    simulator.world.revoke()
    run = place.synced(connector, None)
    text = bob.get(f"/runs/{run.id}").text
    assert "Nothing was written" in text
    assert "Use Reconnect" in text
    assert "tiktok-organic reconnect" not in text
    phases = re.findall(r'<rect class="(Waiting|Fetching|Loading)"', text)
    assert phases == ["Waiting", "Fetching"], "nothing was fetched, so nothing was loaded"


def test_the_progress_of_a_running_sync_is_streamed(place: Place, bob: TestClient) -> None:
    run = place.synced(place.connector())
    with bob.stream("GET", f"/runs/{run.id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join(answer.iter_text())
    assert text.startswith("event: progress\ndata: ")
    assert "All reports are loaded" in text
    assert text.endswith("event: done\ndata: succeeded\n\n")


def test_syncing_twice_leads_to_the_run_that_is_under_way(place: Place, emil: TestClient) -> None:
    connector = place.connector()
    first = emil.post(f"/connectors/{connector.id}/sync").headers["location"]
    assert (
        emil.post(f"/connectors/{connector.id}/sync").headers["location"] == f"{first}?said=running"
    )
    assert len(place.app.runs.newest(connector.id)) == 1


def test_settings_are_changed_together_or_not_at_all(place: Place, emil: TestClient) -> None:
    connector = place.connector()
    form = {
        "name": "Other", "report": ["profile"], "schedule": "weekly", "hour": "6",
        "weekday": "friday",
        "timezone": "Europe/Paris", "lookback": "9",
    }  # fmt: skip
    assert (
        emil.post(
            f"/connectors/{connector.id}/settings", data={**form, "timezone": "Mars"}
        ).status_code
        == 422
    )
    assert place.app.connectors.get(connector.id) == connector
    assert emil.post(f"/connectors/{connector.id}/settings", data=form).status_code == 303
    changed = place.app.connectors.get(connector.id)
    assert (changed.name, changed.schedule.hour, changed.lookback) == ("Other", 6, 9)


def test_removing_keeps_the_data_unless_it_is_asked_for_twice(
    place: Place, emil: TestClient
) -> None:
    connector = place.connector()
    place.synced(connector)
    path = f"/connectors/{connector.id}/remove"
    asked = emil.post(path, data={"data": "delete"})
    assert "Delete the data?" in asked.text
    assert emil.post(path, data={"data": "delete", "typed": "something"}).status_code == 422
    assert place.app.connectors.get(connector.id).id == connector.id
    assert (
        emil.post(path, data={"data": "delete", "typed": connector.name}).headers["location"]
        == "/?said=erased"
    )
    with place.app.warehouse(connector.destination) as warehouse:
        from tiktok_organic.reports import REPORTS

        assert warehouse.count(connector.dataset, REPORTS["profile"].table) is None
    assert place.app.chart_data.days(connector.id) == []


def test_a_test_message_says_what_is_missing(place: Place, alice: TestClient) -> None:
    answer = alice.post("/settings/notify")
    assert answer.status_code == 400
    assert "No address for messages is set" in answer.text


def test_times_are_in_the_persons_zone_with_utc_on_hover_and_numbers_in_their_language(
    place: Place,
) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
    words = Words("Europe/Berlin", "de-DE,de;q=0.9", now)
    assert words.number(1234567) == "1.234.567"
    assert Words("UTC", "fr", now).number(1234567) == "1\u202f234\u202f567"
    assert Words("UTC", "en-GB", now).number(-1234) == "\u22121,234"
    shown = words.time(now - timedelta(hours=2))
    assert "today, 14:00" in shown
    assert "13:00:00 UTC" in shown
    assert "2 hours ago" in words.ago(now - timedelta(hours=2))


def test_a_chart_survives_odd_figures() -> None:
    from datetime import UTC, datetime

    words = Words("UTC", "en", datetime(2026, 3, 11, tzinfo=UTC))
    day = date(2026, 3, 1)
    for values in ([], [None], [0], [5], [0, 0], [None, 7, None], [2**62, -3], [1, None, 10**9]):
        points = [(day + timedelta(days=i), value) for i, value in enumerate(values)]
        assert "nan" not in columns(points, words, "x") + line(points, words, "x")
    assert series([], "likes", 28, day) == []
    assert followers([], [], 28, day) == []
    assert total([], "likes", 28) is None


def test_the_followers_line_goes_through_what_was_counted(place: Place) -> None:
    connector = place.connector()
    place.synced(connector)
    today = place.app.clock.now().date()
    days = day_figures(place.app.chart_data.days(connector.id))
    accounts = account_figures(place.app.chart_data.moments(connector.id))
    points = followers(days, accounts, 60, today)
    assert points[-1][1] == accounts[-1].followers
    assert len(points) == 60
    assert json.dumps([value for _, value in points]).count("null") == 0


def test_a_store_that_is_away_is_told_to_somebody_who_is_logged_in(
    place: Place, bob: TestClient
) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    place.app.sessions = Sessions(away)
    answer = bob.get("/")
    assert answer.status_code == 503
    assert "Not available just now" in answer.text
    assert "PostgreSQL server cannot be reached" in answer.text
