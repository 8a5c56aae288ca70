"""Videos: page, CSV and API show what the SQL of the warehouse's views says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DemoClock
from tiktok_organic.actions.demo.run_demo import live
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.web import create

from .conftest import Place

DAYS = 9


class Noon(SystemClock):
    """A fixed clock, so that the figures do not depend on the day of the test."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Account:
    """An account that was synced on nine days in a row, an owner's browser and a reader's API."""

    place: Place
    connector: Connector
    browser: TestClient
    api: TestClient

    @property
    def path(self) -> str:
        return f"/connectors/{self.connector.id}/videos"

    @property
    def overview(self) -> str:
        return f"/connectors/{self.connector.id}"

    @property
    def file(self) -> Path:
        return Path(self.connector.destination.removeprefix("duckdb:///"))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as warehouse:
            warehouse.execute(f"SET TimeZone = 'UTC'; USE {self.connector.dataset}")
            return warehouse.execute(query).fetchall()

    def listed(self, **query: Any) -> dict[str, Any]:
        answer = self.api.get(self.path, params={"limit": 1000, **query})
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Account]:
    clock = DemoClock(Noon())
    app = App(Settings(home=tmp_path_factory.mktemp("videos") / "home"), clock=clock)
    demo = DemoTikTok(app)

    connector, _ = live(app, demo, clock, DAYS, lambda _: None)
    place = Place(app, create(app, demo=demo), demo, password_hash)
    owner = place.person("alice", "owner")
    yield Account(place, connector, place.browser(owner), place.api(owner, "read"))
    demo.close()
    app.close()


def captions(page: str) -> list[str]:
    return re.findall(r'class="caption"><a href="[^"]*/videos/(\w+)', page)


def test_page_csv_and_api_show_the_gains_that_the_sql_of_the_views_gives(account: Account) -> None:
    document = account.listed(days=7)
    start, end = document["period"]["start"], document["period"]["end"]
    assert (date.fromisoformat(end) - date.fromisoformat(start)).days == 6
    told = account.sql(
        "SELECT l.item_id, any_value(l.video_views), any_value(l.likes), any_value(l.reach), "
        f"sum(d.video_views)::BIGINT FROM video_latest l LEFT JOIN (FROM video_daily WHERE date "
        f"BETWEEN '{start}' AND '{end}') d USING (item_id) GROUP BY item_id"
    )
    keys = ("item_id", "video_views", "likes", "reach", "video_views_gained")
    assert {tuple(video[key] for key in keys) for video in document["videos"]} == set(told)
    assert document["total"] == len(told) > 50
    assert sum(row[4] or 0 for row in told) > 0

    text = account.browser.get(f"{account.path}/list.csv", params={"days": 7}).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["item_id"] for row in rows] == [v["item_id"] for v in document["videos"]]
    written = [(row["video_views_gained"], row["video_views"]) for row in rows]
    assert written == [
        (
            "" if v["video_views_gained"] is None else str(v["video_views_gained"]),
            str(v["video_views"]),
        )
        for v in document["videos"]
    ]
    page = account.browser.get(account.path, params={"days": 7}).text
    assert captions(page) == [video["item_id"] for video in document["videos"][:50]]
    top = document["videos"][0]
    assert f"+{top['video_views_gained']:,}" in page


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("views", "video_views"),
        ("likes", "likes"),
        ("engagement", "engagement_rate"),
        ("reach", "reach"),
        ("watch", "average_time_watched"),
        ("completion", "full_video_watched_rate"),
        ("age", "age_days"),
        ("gained", "video_views_gained"),
    ],
)
def test_every_column_sorts_both_ways_and_limits(account: Account, key: str, column: str) -> None:
    def values(**query: object) -> list[Any]:
        return [video[column] for video in account.listed(**query)["videos"]]

    down, up = values(sort=f"-{key}"), values(sort=key)
    known = [value for value in up if value is not None]
    assert up[: len(known)] == sorted(known)
    assert down[: len(known)] == sorted(known, reverse=True)
    scale = 100 if key in ("engagement", "completion") else 1
    middle = known[len(known) // 2]
    for end, meets in (("min", middle.__le__), ("max", middle.__ge__)):
        found = values(sort=key, **{f"{key}_{end}": middle * scale})
        assert found == [value for value in known if meets(value)]


def test_text_hashtag_and_state_narrow_the_list(account: Account) -> None:
    ((hashtag, count),) = account.sql(
        "SELECT hashtag, count(*) FROM video_hashtag GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    assert account.listed(hashtag=f"#{hashtag.upper()}")["total"] == count
    states = dict(account.sql("SELECT state, count(*) FROM video_latest GROUP BY 1"))
    for state in ("active", "idle", "frozen", "vanished"):
        assert account.listed(state=state)["total"] == states.get(state, 0)
    everything = account.listed()["videos"]
    word = everything[0]["caption"].split()[0]
    expected = [v for v in everything if word.casefold() in v["caption"].casefold()]
    assert account.listed(q=word)["total"] == len(expected)
    page = account.browser.get(account.path, params={"views_min": "", "q": "no such caption 🦔"})
    assert page.status_code == 200
    assert "None of the" in page.text


def test_pages_together_hold_every_video_once(account: Account) -> None:
    total = account.listed()["total"]
    found: list[str] = []
    for page in range(1, -(-total // 50) + 1):
        found += captions(account.browser.get(account.path, params={"page": page}).text)
    assert len(found) == len(set(found)) == total
    parts = [account.listed(limit=17, offset=offset)["videos"] for offset in range(0, total, 17)]
    assert [video["item_id"] for part in parts for video in part] == found


def test_the_period_is_compared_with_the_days_before_or_a_year_before(account: Account) -> None:
    document = account.listed(days=3)
    start, end = (date.fromisoformat(document["period"][name]) for name in ("start", "end"))
    before = document["compared_with"]
    assert (start - date.fromisoformat(before["end"])).days == 1
    told = account.sql(
        f"SELECT sum(video_views)::BIGINT FROM video_daily WHERE date BETWEEN '{before['start']}' "
        f"AND '{before['end']}'"
    )
    assert sum(v["video_views_gained_before"] or 0 for v in document["videos"]) == told[0][0]
    year = account.listed(**{"from": start, "to": end, "compare": "year"})
    assert (start - date.fromisoformat(year["compared_with"]["start"])).days == 364
    assert year["period"] == document["period"]


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "caption"},
        {"days": 0},
        {"from": "2026-11-20", "to": "2026-11-01"},
        {"to": "0001-01-01"},  # 28 days before there were any
        {"state": "gone"},
        {"views_min": "nan"},
        {"compare": "never"},
    ],
)
def test_a_wish_that_means_nothing_is_refused_everywhere(
    account: Account, query: dict[str, Any]
) -> None:
    for answer in (
        account.api.get(account.path, params=query),
        account.browser.get(account.path, params=query),
        account.browser.get(f"{account.path}/list.csv", params=query),
    ):
        assert answer.status_code == 422, answer.text


def test_another_order_of_the_same_sync_asks_the_warehouse_nothing(account: Account) -> None:
    account.browser.get(account.path)
    away = account.file.with_suffix(".away")
    account.file.rename(away)
    try:
        answer = account.browser.get(account.path, params={"sort": "views", "page": 2})
        assert answer.status_code == 200
        assert captions(answer.text)
    finally:
        away.rename(account.file)


def test_the_overview_shows_the_winners_and_the_totals_of_the_views(account: Account) -> None:
    document = account.listed(days=7)
    start, end = document["period"]["start"], document["period"]["end"]
    page = account.browser.get(account.overview, params={"days": 7}).text
    within = f"date BETWEEN '{start}' AND '{end}'"
    told = account.sql(
        f"SELECT item_id, sum(video_views)::BIGINT FROM video_daily WHERE {within} "
        "GROUP BY 1 HAVING sum(video_views) > 0 ORDER BY 2 DESC, 1 LIMIT 8"
    )
    winners = page.partition("Top videos of the period</h2>")[2].partition("</table>")[0]
    gains = [int(text.replace(",", "")) for text in re.findall(r"<strong>\+([0-9,]+)", winners)]
    assert captions(winners) == [item_id for item_id, _ in told]
    assert gains == [gain for _, gain in told]
    ((views, known),) = account.sql(
        f"SELECT sum(video_views)::BIGINT, count(video_views) FROM account_daily WHERE {within}"
    )
    tile = page.partition("Views</p>")[2][:700]
    shown = f"{views / 1000:.1f}".removesuffix(".0") + "k" if views >= 10_000 else f"{views:,}"
    assert f'<div class="value">{shown}</div>' in tile
    assert (f"{known} of 7 days known" in tile) == (known < 7)
    assert "not counted yet" in page
    assert "Best posting hours" in page


def cells(page: str, label: str) -> list[list[str]]:
    """The cells of the table under a label, as text."""
    table = page.partition(f'aria-label="{label}"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in rows
    ]


def downloaded(account: Account, path: str, **query: str | int) -> list[dict[str, str]]:
    answer = account.browser.get(f"{account.overview}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def asked(account: Account, path: str, **query: str | int) -> dict[str, Any]:
    answer = account.api.get(f"{account.overview}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def as_written(documents: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Documents as the cells of a CSV file."""

    def cell(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else str(value)

    return [{name: cell(value) for name, value in one.items()} for one in documents]


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-").replace("+", "") or "nan")


def test_winners_are_the_same_in_page_sql_csv_and_api(account: Account) -> None:
    document = asked(account, "winners", days=7)
    start, end = document["period"]["start"], document["period"]["end"]
    told = account.sql(
        f"SELECT item_id, sum(video_views)::BIGINT FROM video_daily WHERE date BETWEEN '{start}' "
        f"AND '{end}' GROUP BY 1 HAVING sum(video_views) <> 0 ORDER BY 2 DESC, 1"
    )
    assert [(v["item_id"], v["video_views_gained"]) for v in document["videos"]] == told
    rows = downloaded(account, "winners.csv", days=7)
    assert [(row["item_id"], int(row["video_views_gained"])) for row in rows] == told
    page = account.browser.get(account.overview, params={"days": 7}).text
    shown = cells(page, "Top videos of the period")
    assert [number(row[2]) for row in shown] == [gain for _, gain in told[:8]]


def test_hashtags_are_the_same_in_page_sql_csv_and_api(account: Account) -> None:
    document = asked(account, "hashtags", days=7)
    start, end = document["period"]["start"], document["period"]["end"]
    told = account.sql(
        "SELECT hashtag, count(DISTINCT h.item_id), coalesce(sum(d.gained), 0)::BIGINT, "
        "median(a.video_views) FROM video_hashtag h LEFT JOIN (SELECT item_id, "
        f"sum(video_views) gained FROM video_daily WHERE date BETWEEN '{start}' AND '{end}' "
        "GROUP BY 1) d USING (item_id) LEFT JOIN (FROM video_by_age WHERE age_days = 7) a "
        "USING (item_id) GROUP BY 1 ORDER BY 3 DESC, 1"
    )
    assert [tuple(one.values()) for one in document["hashtags"]] == told
    assert downloaded(account, "hashtags.csv", days=7) == as_written(document["hashtags"])
    page = account.browser.get(account.overview, params={"days": 7}).text
    shown = [(row[0], number(row[1]), number(row[2])) for row in cells(page, "Hashtags")]
    assert shown == [(f"#{tag}", videos, gained) for tag, videos, gained, _ in told[:10]]


def test_posting_hours_are_the_same_in_page_sql_csv_and_api(account: Account) -> None:
    document = asked(account, "posting-hours")
    told = account.sql(
        "SELECT lower(dayname(create_time_local)), hour(create_time_local), count(*), "
        "median(a.video_views) FROM video_latest JOIN (FROM video_by_age WHERE age_days = 7 AND "
        "video_views IS NOT NULL) a USING (item_id) "
        "GROUP BY isodow(create_time_local), 1, 2 ORDER BY isodow(create_time_local), 2"
    )
    assert [tuple(one.values()) for one in document["hours"]] == told
    assert downloaded(account, "posting-hours.csv") == as_written(document["hours"])
    page = account.browser.get(account.overview).text
    shown = re.findall(r'class="h\d" data-tip="(\w+) (\d\d):00: ([\d,]+) views, (\d+) video', page)
    assert [(day, int(hour), int(videos)) for day, hour, _, videos in shown] == [
        (weekday.capitalize()[:3], hour, videos) for weekday, hour, videos, _ in told
    ]


def test_videos_taking_off_are_the_same_in_page_sql_csv_and_api(account: Account) -> None:
    document = asked(account, "taking-off")
    told = account.sql(
        "WITH newest AS (SELECT item_id, max(age_days) AS age_days FROM video_by_age JOIN "
        "video_latest USING (item_id) WHERE create_time > (SELECT max(sync_date) FROM sync_run) - "
        "INTERVAL 15 DAY GROUP BY 1), beside AS (SELECT item_id, age_days, a.video_views, "
        "(SELECT median(o.video_views) FROM video_by_age o WHERE o.age_days = a.age_days AND "
        "o.item_id <> a.item_id) AS usual, (SELECT count(o.video_views) FROM video_by_age o WHERE "
        "o.age_days = a.age_days AND o.item_id <> a.item_id) AS others FROM newest JOIN "
        "video_by_age a USING (item_id, age_days)) SELECT item_id, age_days, video_views, usual "
        "FROM beside WHERE others >= 5 AND usual > 0 AND video_views >= 2 * usual "
        "ORDER BY video_views / usual DESC"
    )
    names = ("item_id", "age_days", "video_views", "usual_video_views")
    assert [tuple(one[name] for name in names) for one in document["videos"]] == told
    assert downloaded(account, "taking-off.csv") == as_written(document["videos"])
    page = account.browser.get(account.overview).text
    shown = [number(row[3]) for row in cells(page, "Taking off now")]
    assert shown == [round(usual) for *_, usual in told[:5]]


def test_the_days_of_a_video_are_the_same_in_page_sql_csv_and_api(account: Account) -> None:
    top = asked(account, "winners", days=7)["videos"][0]["item_id"]
    document = asked(account, f"videos/{top}/days")
    told = account.sql(
        "SELECT date::VARCHAR, video_views, likes, comments, shares, is_estimated, gap_days "
        f"FROM video_daily WHERE item_id = '{top}' ORDER BY date"
    )
    assert [tuple(day.values()) for day in document["days"]] == told
    assert len(told) > 3
    assert downloaded(account, f"videos/{top}/days.csv") == as_written(document["days"])
    page = account.browser.get(f"{account.path}/{top}").text
    shown = [(row[0], *map(number, row[1:5])) for row in cells(page, "Gains by day")]
    assert shown[::-1] == [row[:5] for row in told]


@pytest.mark.parametrize(
    "path", ["winners", "hashtags", "posting-hours", "taking-off", "videos/1/days"]
)
def test_answers_need_a_token_or_a_person_and_a_period_that_exists(
    account: Account, path: str
) -> None:
    stranger = account.place.browser()
    assert stranger.get(f"/api/v1{account.overview}/{path}").status_code == 401
    assert stranger.get(f"{account.overview}/{path}.csv").status_code in (303, 401)
    assert account.api.get(f"{account.overview}/{path}", params={"days": 0}).status_code == 422
    answer = account.browser.get(f"{account.overview}/{path}.csv", params={"days": 0})
    assert answer.status_code == 422
    described = account.api.get("/openapi.json").json()["paths"]
    route = described[f"/connectors/{{connector}}/{path.replace('/1/', '/{item_id}/')}"]["get"]
    schema = route["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["$ref"].startswith("#/components/schemas/")


def test_a_video_that_does_not_exist_has_no_days(account: Account) -> None:
    assert account.api.get(f"{account.path}/1/days").status_code == 404
    assert account.browser.get(f"{account.path}/1/days.csv").status_code == 404


def test_each_part_of_the_audience_has_one_panel(account: Account) -> None:
    page = account.browser.get(account.overview).text
    for title in ("Countries", "Cities", "Age", "Gender"):
        assert page.count(f"<h2>{title}</h2>") == 1, title


def test_a_video_has_a_page_with_its_days_and_the_usual_video_of_the_same_age(
    account: Account,
) -> None:
    top = account.listed(days=7)["videos"][0]["item_id"]
    page = account.browser.get(f"{account.path}/{top}").text
    days = account.sql(
        f"SELECT date, video_views FROM video_daily WHERE item_id = '{top}' ORDER BY date DESC"
    )
    table = page.partition('aria-label="Gains by day"')[2].partition("</table>")[0]
    found = re.findall(r"<td>(\d{4}-\d\d-\d\d)</td><td class=\"num\">([^<]+)</td>", table)
    assert [(day, int(views.replace(",", "").replace("\u2212", "-"))) for day, views in found] == [
        (day.isoformat(), views) for day, views in days
    ]
    usual = dict(
        account.sql(
            f"SELECT age_days, median(video_views) FROM video_by_age WHERE item_id <> '{top}' "
            "GROUP BY 1 HAVING count(video_views) >= 5"
        )
    )
    ages = page.partition('<th scope="col">Age</th>')[2].partition("</table>")[0]
    for age, value in usual.items():
        row = ages.partition(f"<td>{age} day")[2].partition("</tr>")[0]
        assert row.endswith(f'<td class="num">{value:,.0f}</td>')
    ((link,),) = account.sql(f"SELECT share_url FROM video_latest WHERE item_id = '{top}'")
    assert f'href="{link}"'.replace("&", "&amp;") in page
    assert account.browser.get(f"{account.path}/no-such-video").status_code == 404


def test_the_overview_without_its_warehouse_says_so_and_shows_the_rest(
    place: Place, alice: TestClient
) -> None:
    connector = place.connector()
    place.synced(connector)
    file = Path(connector.destination.removeprefix("duckdb:///"))
    file.unlink()
    file.mkdir()
    answer = alice.get(f"/connectors/{connector.id}")
    assert answer.status_code == 200
    assert "is a folder" in answer.text
    assert "by day</h2>" in answer.text


def test_a_warehouse_that_is_away_and_missing_views_are_said_on_the_page(
    place: Place, alice: TestClient
) -> None:
    connector = place.connector()
    path = f"/connectors/{connector.id}/videos"
    answer = alice.get(path)
    assert "no view" in answer.text
    assert 'aria-current="page">Videos' in answer.text
    file = Path(connector.destination.removeprefix("duckdb:///"))
    file.mkdir(parents=True)
    answer = alice.get(path)
    assert "is a folder" in answer.text
    assert 'aria-current="page">Videos' in answer.text
    assert alice.get(f"{path}/list.csv").status_code >= 400


def test_strangers_see_no_videos(account: Account) -> None:
    stranger = account.place.browser()
    assert stranger.get(account.path).status_code == 303
    assert stranger.get(f"/api/v1{account.path}").status_code == 401
