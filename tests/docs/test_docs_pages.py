"""Every page: links lead somewhere, figures are those of the code, files keep their shape."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from pathlib import Path

import pytest
from docs_following import PAGES, ROOT
from fastapi.routing import APIRoute
from generator.markdown import link

from tiktok_organic import connector_rules, retry_pauses
from tiktok_organic.actions.connectors import renew_tokens
from tiktok_organic.errors import Unavailable
from tiktok_organic.store.connectors import consent_states
from tiktok_organic.store.people import sessions
from tiktok_organic.sync import day_states, next_step_of_run, window
from tiktok_organic.tiktok import read_video_pages
from tiktok_organic.tiktok.consent_address import redirect_problems
from tiktok_organic.tiktok.scopes import NEEDED, SCOPES
from tiktok_organic.warehouse.bigquery import staging
from tiktok_organic.warehouse.bigquery.address import OPTIONS
from tiktok_organic.warehouse.destinations import BACK_ENDS
from tiktok_organic.warehouse.duckdb.warehouse import DuckDBWarehouse
from tiktok_organic.warehouse.postgres import schema_names
from tiktok_organic.web.api import connector_routes, figure_routes, run_routes, video_routes
from tiktok_organic.web.pictures import picture_fetcher

_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    """A page on one line, so that a wrapped sentence can be looked for."""
    return " ".join((ROOT / name).read_text("utf-8").split())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    body = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", body, re.MULTILINE)
    return {link(re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(
        re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    ):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name}: {target}"
        if anchor:
            assert f"#{anchor}" in anchors(found), f"{page.name}: {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        ahead += [
            (page.parent / target.partition("#")[0]).resolve()
            for target in _LINK.findall(page.read_text("utf-8"))
            if not target.startswith(("http", "#"))
        ]
    assert set(PAGES) <= reached


def test_architecture_has_at_most_150_lines() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()) <= 150


def test_the_changelog_is_kept() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_first_screen_of_the_readme_has_a_command_a_picture_and_the_four_tables() -> None:
    screen = (ROOT / "README.md").read_text("utf-8").partition("\n## ")[0]
    assert screen.index("```sh") < screen.index("![") < screen.index("| [`profile`]")
    assert screen.count("docs/tables.md#") == 4


def test_the_permissions_of_the_readme_are_those_that_are_asked_for() -> None:
    paragraph = (
        (ROOT / "README.md")
        .read_text("utf-8")
        .partition("Enable these permissions:")[2]
        .partition("None of")[0]
    )
    assert tuple(re.findall(r"`([a-z.]+)`", paragraph)) == SCOPES
    assert all(f"`{scope}`" in text_of("docs/tokens.md") for scope in NEEDED)


def test_the_redirect_address_of_the_readme_is_one_that_tiktok_takes() -> None:
    found = re.search(
        r"^TIKTOK_ORGANIC_REDIRECT_URL=(.*)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert found is not None
    assert redirect_problems(found[1]) == []


@pytest.mark.parametrize("scheme", BACK_ENDS)
def test_every_warehouse_has_a_section(scheme: str) -> None:
    assert f"{scheme}://" in text_of("docs/warehouses.md")
    assert f"{scheme}://" in text_of("README.md")


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_a_bigquery_address_is_documented(option: str) -> None:
    assert f"| `{option}` |" in text_of("docs/warehouses.md")


def test_the_figures_of_the_sync_rules_are_those_of_the_code() -> None:
    text = text_of("docs/sync.md")
    assert window.REACH == 60
    assert "Never further than 60 days" in text
    assert timedelta(hours=48) == day_states.MATURE_AFTER
    assert "more than 48 hours after its end" in text
    assert timedelta(hours=1) == next_step_of_run.ADOPTED
    assert "Begun less than an hour ago" in text
    assert read_video_pages.EMPTY_PAGES == 200
    assert "200 empty pages" in text
    assert connector_rules.check_lookback(60) == 60
    assert "1 to 60" in text


def test_the_figures_of_tokens_are_those_of_the_code() -> None:
    text = text_of("docs/tokens.md")
    assert timedelta(minutes=10) == consent_states.LIFE
    assert "good once, for 10 minutes" in text
    assert timedelta(minutes=10) == renew_tokens.AHEAD
    assert "10 minutes before its end" in text


def test_the_figures_of_the_warehouses_are_those_of_the_code() -> None:
    text = text_of("docs/warehouses.md")
    assert staging.STAGING_HOURS == 6
    assert "expire after 6 hours" in text
    assert inspect.signature(DuckDBWarehouse).parameters["patience"].default == 15.0
    assert "wait up to 15 seconds" in text
    assert schema_names.LONGEST_NAME == 63
    assert "63 bytes" in text


def test_the_figures_of_the_web_page_are_those_of_the_code() -> None:
    text = text_of("docs/security.md")
    assert timedelta(days=30) == sessions.LONGEST
    assert "ends after 30 days" in text
    assert picture_fetcher.LARGEST == 2 * 1024 * 1024
    assert "up to 2 MB" in text


def test_pauses_end_where_the_page_says() -> None:
    page = (ROOT / "docs/errors.md").read_text("utf-8").partition("\n## Pauses\n")[2]
    attempts = len(re.findall(r"^\| \d+ \|", page, re.MULTILINE))
    assert retry_pauses.next_attempt(Unavailable("-"), attempts) is not None
    assert retry_pauses.next_attempt(Unavailable("-"), attempts + 1) is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_wrapped_apart_from_tables_and_examples(page: Path) -> None:
    body = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    generated = "<!-- Made by `make docs`" in body
    long = [
        line
        for line in body.splitlines()
        if len(line) > 120 and not line.startswith("|") and not generated
    ]
    assert long == []


def test_the_page_of_the_json_api_lists_every_path_with_its_scope() -> None:
    scopes = {"_reader": "read", "_orderer": "sync", "_manager": "manage"}
    served = {
        (method, route.path, scopes[asked.call.__name__], str(route.summary))
        for route in [
            *connector_routes.router.routes,
            *video_routes.router.routes,
            *figure_routes.router.routes,
            *run_routes.router.routes,
        ]
        if isinstance(route, APIRoute)
        for method in route.methods or ()
        for asked in route.dependant.dependencies
        if asked.call is not None and asked.call.__name__ in scopes
    }
    page = (ROOT / "docs/page.md").read_text("utf-8")
    assert (
        set(re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (\w+) \| (.+) \|$", page, re.MULTILINE))
        == served
    )
