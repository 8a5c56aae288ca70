"""In a real browser, against the simulator: what a person does, by click and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pytest

from tiktok_organic.actions.connectors import consent
from tiktok_organic.actions.connectors.drafts import begin_draft, save_draft, unfinished_drafts
from tiktok_organic.actions.notifications.notification_addresses import split
from tiktok_organic.actions.operation.choose_settings import choose_notifications
from tiktok_organic.actions.people import api_tokens
from tiktok_organic.reports import REPORTS
from tiktok_organic.simulator import DEMO_USERNAME
from tiktok_organic.store.people.people import Person
from tiktok_organic.web import set_up_address

from .house import PASSWORD, VISITOR, House, open_house

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)

from playwright.sync_api import Browser, BrowserContext, Page, expect  # noqa: E402 - only where it is installed

from .chromium import PROGRAM, launch  # noqa: E402 - the same

if PROGRAM is None:
    pytest.skip(
        "Chromium is not installed: apt-get install chromium-headless-shell, or chromium",
        allow_module_level=True,
    )

PATIENCE = (
    90_000.0  # milliseconds: a busy machine is slow, and a passing test never waits that long
)
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*imghdr:DeprecationWarning"
)  # a plug-in of apprise's own
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launch() as running:
        yield running


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def alice(house: House, browser: Browser) -> Iterator[Page]:
    yield from logged_in(house, browser)


def logged_in(house: House, browser: Browser, **options: object) -> Iterator[Page]:
    """Alice's browser; a page that writes to the console fails the test."""
    person = house.app.people.by_email("alice@example.com") or house.person("alice", "owner")
    context = browser.new_context(locale="en-GB", **options)  # type: ignore[arg-type]  # options of Playwright's
    context.set_default_timeout(PATIENCE)
    context.add_cookies([house.cookie(person)])  # type: ignore[list-item]  # a TypedDict of Playwright's
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: problems.append(said.text) if _is_trouble(said.type, said.text) else None,
    )
    page.on(
        "request",
        lambda request: None if _ours(request.url, house) else problems.append(request.url),
    )
    page.goto(house.url)
    yield page
    context.close()
    assert problems == []


def _is_trouble(kind: str, text: str) -> bool:
    return kind == "error" and "the server responded with a status of 4" not in text


def _ours(url: str, house: House) -> bool:
    return url.startswith((house.url, house.simulator.url, "data:"))


def allow(page: Page, username: str = DEMO_USERNAME) -> None:
    page.get_by_label(f"@{username}").check()
    page.get_by_role("button", name="Allow").click()


def to_the_end(page: Page) -> None:
    """From the account on, with everything as it is suggested."""
    page.get_by_role("button", name="Yes, connect").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Connect and sync now").click()


def test_the_whole_way_by_click(house: House, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(str(set_up_address(house.app, house.url)))
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("link", name="Connect an account")).to_be_visible()
    assert house.app.people.all()[0].timezone == "Europe/Berlin"
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_role("link", name="Continue with TikTok Business").click()
    allow(page)
    expect(page.get_by_role("heading", name="Is this the right account?")).to_be_visible()
    expect(page.get_by_text("@demo.bakery").first).to_be_visible()
    page.get_by_role("button", name="Yes, connect").click()
    page.get_by_text("22 columns").click()
    expect(page.get_by_text("Views of the profile page.")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/destination")  # its scripts are loaded: they look at what is typed
    page.get_by_label("Dataset").fill("Wrong Name")
    expect(page.locator("#answer-dataset .bad")).to_contain_text("must be lowercase")
    page.get_by_label("Dataset").fill("bakery")
    expect(page.locator("#answer-dataset .good")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/finish")
    page.get_by_label("Days to recover").fill("45")
    expect(page.locator("#days-shown")).to_have_text("45 days")
    page.get_by_role("button", name="Connect and sync now").click()
    expect(page.get_by_role("heading", name="Your data has arrived")).to_be_visible()
    expect(page.get_by_text("bakery.video_snapshot_metric")).to_be_visible()
    page.get_by_role("link", name="To the connector").click()
    expect(page.locator("svg.chart")).to_have_count(3)
    assert len(house.app.chart_data.days(house.app.connectors.all()[0].id)) > 40
    context.close()


def test_two_tabs_connect_two_accounts_and_back_asks_for_no_form_again(
    house: House, alice: Page
) -> None:
    tabs = {"demo.bakery": alice, "tiny.tearoom": alice.context.new_page()}
    for username, tab in tabs.items():
        tab.goto(f"{house.url}/connect")
        tab.get_by_role("link", name="Continue with TikTok Business").click()
        allow(tab, username)
    for tab in tabs.values():
        tab.get_by_role("button", name="Yes, connect").click()
        tab.get_by_role("button", name="Continue").click()
        tab.wait_for_url("**/destination")
    alice.get_by_label("Dataset").fill("Bad")
    alice.get_by_role("button", name="Continue").click()
    expect(alice.locator("#problem")).to_be_focused()
    expect(alice).to_have_title(re.compile("^Error: "))
    expect(alice.get_by_label("Dataset")).to_have_attribute("aria-invalid", "true")
    alice.get_by_label("Dataset").fill("mia")
    alice.get_by_role("button", name="Continue").click()
    alice.wait_for_url("**/finish")
    alice.go_back()
    expect(alice.get_by_label("Dataset")).to_have_value("mia")
    alice.go_forward()
    expect(alice.get_by_label("Dataset")).to_have_count(0)
    tabs["tiny.tearoom"].get_by_role("button", name="Continue").click()
    for tab in tabs.values():
        tab.get_by_role("button", name="Connect without syncing").click()
        expect(tab.get_by_text("Connected. The first sync")).to_be_visible()
    connected = {c.username: c.dataset for c in house.app.connectors.all()}
    assert connected == {"demo.bakery": "mia", "tiny.tearoom": "tiktokorganic_tiny_tearoom"}


def test_the_whole_way_by_keyboard(house: House, alice: Page) -> None:
    def press(name: str, role: str = "button") -> None:
        reach(alice, name, role)
        alice.keyboard.press("Enter")

    press("Connect an account", "link")
    alice.wait_for_url("**/connect")
    press("Continue with TikTok Business", "link")
    alice.wait_for_url("**/authorize/**")
    press("Allow")
    alice.wait_for_url("**/connect/*/account")
    press("Yes, connect @demo.bakery")
    alice.wait_for_url("**/connect/*/reports")
    reach(alice, "profile", "checkbox")
    alice.keyboard.press("Space")
    press("Continue")
    alice.wait_for_url("**/connect/*/destination")
    press("Continue")
    alice.wait_for_url("**/connect/*/finish")
    press("Connect and sync now")
    expect(alice.get_by_role("heading", name="Your data has arrived")).to_be_visible()
    assert "profile" not in house.app.connectors.all()[0].reports


def reach(page: Page, name: str, role: Any) -> None:
    """Press Tab until that control has the focus, and the focus can be seen.

    `name`: the whole name, or a part of a checkbox's, which has a description in it.
    """
    named = f'[^"]*{re.escape(name)}' if role == "checkbox" else f'{re.escape(name)}"'
    wanted = f"- '?{role} \"{named}"
    for _ in range(60):
        page.keyboard.press("Tab")
        control = page.locator(":focus")
        if control.count() and re.match(wanted, control.aria_snapshot(), re.IGNORECASE):
            return
    raise AssertionError(f"Tab never reached the {role} {name!r}")


def test_a_denial_and_a_personal_account_are_explained(house: House, alice: Page) -> None:
    alice.goto(f"{house.url}/connect")
    alice.get_by_role("link", name="Continue with TikTok Business").click()
    alice.get_by_role("button", name="Deny").click()
    expect(alice.get_by_role("alert")).to_contain_text("denied")
    alice.get_by_role("link", name="Try again").click()
    allow(alice, "camille.crée")
    expect(alice.get_by_role("alert")).to_contain_text("Switch to Professional account")
    alice.get_by_role("link", name="Try again").click()
    allow(alice)
    expect(alice.get_by_role("heading", name="Is this the right account?")).to_be_visible()


def test_the_paste_way(tmp_path: Path, browser: Browser) -> None:
    with open_house(tmp_path, lands_here=False) as house:
        for page in logged_in(house, browser):
            page.goto(f"{house.url}/connect")
            with page.context.expect_page() as opened:
                page.get_by_role("link", name="Continue with TikTok Business").click()
            with opened.value.expect_request("**/nothing-here/**") as landed:
                opened.value.get_by_role("button", name="Allow").click()
            opened.value.close()
            page.get_by_label("The address you landed on").fill(landed.value.url)
            page.get_by_role("button", name="Use this address").click()
            expect(page.get_by_role("heading", name="Is this the right account?")).to_be_visible()


def test_progress_is_shown_live(house: House, alice: Page) -> None:
    house.simulator.world.faults.add("slow", "/business/video/list/", page=2, seconds=55)
    alice.goto(f"{house.url}/connect/authorize")
    allow(alice)
    to_the_end(alice)
    expect(alice.get_by_text("Running", exact=True)).to_be_visible()
    expect(alice.get_by_text("Fetching videos").last).to_be_visible()
    house.hurry.set()
    expect(alice.get_by_role("heading", name="Your data has arrived")).to_be_visible()


def test_a_revoked_consent_is_reconnected(house: House, alice: Page) -> None:
    alice.goto(f"{house.url}/connect/authorize")
    allow(alice)
    to_the_end(alice)
    expect(alice.get_by_role("heading", name="Your data has arrived")).to_be_visible()
    house.simulator.world.revoke()
    alice.get_by_role("link", name="To the connector").click()
    alice.get_by_role("button", name="Sync now").click()
    expect(alice.get_by_text("Nothing was written")).to_be_visible()
    # The page reloads itself when the run has ended, and then no longer listens.
    expect(alice.locator("[data-stream]")).to_have_count(0)
    alice.goto(house.url)
    expect(alice.get_by_text("Reconnect needed")).to_be_visible()
    alice.locator("li .name a").click()
    alice.get_by_role("link", name="Reconnect").first.click()
    alice.get_by_role("link", name="Continue with TikTok Business").click()
    allow(alice)
    expect(alice.get_by_text("Connected again.")).to_be_visible()
    expect(alice.get_by_text("All reports are loaded")).to_be_visible()


def test_an_owner_changes_the_settings_and_a_wrong_one_is_told(house: House, alice: Page) -> None:
    alice.goto(f"{house.url}/settings")
    alice.get_by_label("Another warehouse").check()
    alice.get_by_label("Kind").select_option("duckdb")
    alice.get_by_label("File", exact=True).fill("/dev/null/x.duckdb")
    alice.keyboard.press("Enter")
    expect(alice.locator("#problem")).to_be_focused()
    expect(alice.get_by_label("File", exact=True)).to_have_value("/dev/null/x.duckdb")
    address = f"duckdb:///{house.app.settings.home}/warehouses/chosen.duckdb"
    alice.get_by_label("File", exact=True).fill("chosen.duckdb")
    alice.locator("#destination").get_by_role("button", name="Save").click()
    expect(alice.get_by_text("Saved.")).to_be_visible()
    expect(alice.get_by_label("DuckDB file, the default")).to_be_checked()
    expect(alice.locator("#destination")).to_contain_text("chosen.duckdb")
    alice.get_by_label("Time zone of new schedules").select_option("Asia/Tokyo")
    alice.locator("#timezone").get_by_role("button", name="Save").click()
    expect(alice.locator("#timezone")).to_contain_text("Changed")
    connector = house.connect(DEMO_USERNAME)
    assert (connector.destination, connector.schedule.timezone) == (address, "Asia/Tokyo")
    alice.get_by_role("button", name="Use the built-in default").click()
    expect(alice.get_by_text("The default applies again")).to_be_visible()


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with two connectors: one that has synced, one whose consent was revoked; a draft at
    its last step, two people, a token, and an address for notifications."""
    with open_house(tmp_path_factory.mktemp("house"), working=False) as opened:
        for username in (DEMO_USERNAME, "tiny.tearoom"):
            connector = opened.connect(username)
            opened.sync(connector, 60)
        opened.simulator.world.revoke("tiny.tearoom")
        opened.sync(connector)
        app, alice = opened.app, opened.person("alice", "owner")
        opened.person("bob", "viewer")
        api_tokens.api_token(app, alice, "dashboard", "read", VISITOR)
        choose_notifications(app, alice, "json://hooks.example.com/tiktok")
        draft = begin_draft(app.drafts, app.clock.now(), alice.id)
        address = consent.begin(app, alice.id, draft_id=draft.id)
        landed = httpx2.get(f"{address}&simulator_decision=allow&simulator_account=big.outdoors")
        given = consent.finish(app, landed.headers["location"], alice.id)
        save_draft(
            app.drafts,
            app.clock.now(),
            replace(
                draft,
                consent=given,
                confirmed=True,
                reports=tuple(REPORTS),
                name="Big",
                dataset="big",
                destination=app.settings.warehouse,
            ),
        )
        yield opened


def pages(house: House) -> list[str]:
    bakery = next(c for c in house.app.connectors.all() if c.username == DEMO_USERNAME)
    tearoom = next(c for c in house.app.connectors.all() if c.username != DEMO_USERNAME)
    runs = [run.id for run in house.app.runs.newest()]
    with duckdb.connect(bakery.destination.removeprefix("duckdb:///"), read_only=True) as file:
        (video,) = file.sql(f"SELECT min(item_id) FROM {bakery.dataset}.video").fetchall()[0]
    parts = (
        "", "/coverage", "/runs", "/settings", "/first", "/remove", "/reconnect", "/videos",
        f"/videos/{video}",
    )  # fmt: skip
    (draft,) = unfinished_drafts(house.app.drafts, alice_of(house).id)
    steps = ("", "/account", "/reports", "/destination", "/finish", "/cancel")
    bob = next(one for one in house.app.people.all() if one.role == "viewer")
    (token,) = house.app.api_tokens.all()
    (address,) = split(house.app.settings_for("NOTIFY").notify)
    return [
        "/", "/connect", "/runs", f"/runs/{runs[0]}", f"/runs/{runs[-1]}",
        "/settings", "/settings/notifications", f"/settings/notifications/{address.key}",
        f"/settings/notifications/{address.key}/remove", "/settings/people",
        f"/settings/people/{bob.id}/remove", "/settings/tokens",
        f"/settings/tokens/{token.id}/revoke", "/settings/activity", "/settings/account",
        "/api/v1/docs", "/nothing",
        *(f"/connectors/{tearoom.id}{part}" for part in ("", "/videos", "/coverage")),
        *(f"/connectors/{bakery.id}{part}" for part in parts),
        *(f"/connect/{draft.id}{step}" for step in steps),
    ]  # fmt: skip


def overview(house: House) -> str:
    """The page of the connector that has synced."""
    bakery = next(c for c in house.app.connectors.all() if c.username == DEMO_USERNAME)
    return f"/connectors/{bakery.id}"


def alice_of(house: House) -> Person:
    found = house.app.people.by_email("alice@example.com")
    assert found is not None
    return found


LOOKS = (("light", 1280), ("dark", 390))
PHONES = (320, 390, 768)
"""A small phone, a usual one, and a tablet that is held upright."""


@dataclass
class Findings:
    """`violations`: by look, what axe says. `wide`: what is wider than a phone."""

    violations: dict[tuple[str, int], list[str]] = field(
        default_factory=lambda: {look: [] for look in LOOKS}
    )
    wide: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def findings(furnished: House, browser: Browser) -> Findings:
    """Load every page once and look at it in each way."""
    found = Findings()
    for page in logged_in(furnished, browser, reduced_motion="reduce", is_mobile=True):
        page.add_init_script(axe.Axe().axe_script)
        for path in pages(furnished):
            page.goto(furnished.url + path)
            for scheme, width in LOOKS:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
                page.set_viewport_size({"width": width, "height": 800})
                found.violations[scheme, width] += [
                    f"{path}: {each['id']}: {each['nodes'][0]['html'][:150]}"
                    for each in page.evaluate(_AXE)
                ]
            for width in PHONES:
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found.wide.append(f"{path} at {width}: {page.evaluate(_WIDEST)}")
    return found


_AXE = "axe.run({ resultTypes: ['violations'] }).then((found) => found.violations)"


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing(findings: Findings, scheme: str, width: int) -> None:
    assert findings.violations[scheme, width] == []


_WIDEST = """() => {
  const width = document.documentElement.clientWidth;
  const free = (one) =>
    one.getBoundingClientRect().right > width && !one.closest(".scroll, .tabs, pre");
  return [...document.querySelectorAll("main *, header *")]
    .filter(free)
    .map((one) => one.outerHTML.slice(0, 90))[0];
}"""


def test_no_page_is_wider_than_a_phone(findings: Findings) -> None:
    assert findings.wide == []


def test_dark_is_dark(furnished: House, browser: Browser) -> None:
    for page in logged_in(furnished, browser, color_scheme="dark"):
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 18, 20)"


def test_pages_paint_and_work_without_javascript(furnished: House, browser: Browser) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    person = furnished.app.people.by_email("alice@example.com") or furnished.person(
        "alice", "owner"
    )
    context.add_cookies([furnished.cookie(person)])  # type: ignore[list-item]  # a TypedDict of Playwright's
    page = context.new_page()
    page.goto(furnished.url)
    page.locator("li .name a").first.click()
    page.get_by_role("link", name="Coverage").first.click()
    page.goto(furnished.url + overview(furnished))
    expect(page.locator("svg.chart")).to_have_count(3)
    page.get_by_role("link", name="Likes", exact=True).click()
    expect(page.get_by_role("heading", name="Likes by day")).to_be_visible()
    context.close()


def test_the_chart_changes_its_metric_in_place(furnished: House, browser: Browser) -> None:
    for page in logged_in(furnished, browser):
        page.goto(furnished.url + overview(furnished))
        page.get_by_role("link", name="Comments", exact=True).click()
        expect(page.get_by_role("heading", name="Comments by day")).to_be_visible()
        expect(page).to_have_url(re.compile("metric=comments"))
        page.locator("#daily .column").nth(3).hover()
        expect(page.locator("#tip")).to_be_visible()


def test_no_page_weighs_more_than_200_kilobytes(furnished: House, browser: Browser) -> None:
    weights: list[int] = []
    for page in logged_in(furnished, browser):
        page.on(
            "response",
            lambda answer: weights.append(len(answer.body())) if answer.status == 200 else None,
        )
        page.goto(furnished.url + overview(furnished), wait_until="networkidle")
        assert sum(weights) < 200_000


def test_a_metric_chosen_by_keyboard_keeps_the_focus_and_the_tip_goes_with_escape(
    house: House, alice: Page
) -> None:
    connector = house.connect(DEMO_USERNAME)
    house.sync(connector, 60)
    alice.goto(f"{house.url}/connectors/{connector.id}")
    alice.locator("#pick-likes").press("Enter")
    expect(alice.get_by_role("heading", name="Likes by day")).to_be_visible()
    expect(alice.locator("#pick-likes")).to_be_focused()
    alice.locator("#daily .column").nth(3).hover()
    expect(alice.locator("#tip")).to_be_visible()
    alice.keyboard.press("Escape")
    expect(alice.locator("#tip")).to_be_hidden()
    alice.go_back()
    expect(alice.get_by_role("heading", name="Video views by day")).to_be_visible()
    alice.emulate_media(forced_colors="active")
    chosen = alice.locator("#pick-video_views")
    assert chosen.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_a_refused_form_has_the_focus_on_its_error_and_names_the_field(
    house: House, alice: Page
) -> None:
    alice.goto(f"{house.url}/settings/notifications")
    alice.get_by_role("button", name="Add").click()
    expect(alice.locator("#problem")).to_be_focused()
    expect(alice).to_have_title(re.compile("^Error: "))
    expect(alice.get_by_label("Mail server")).to_have_attribute("aria-invalid", "true")
    alice.locator("#problem a").click()
    expect(alice.get_by_label("Mail server")).to_be_focused()
    alice.get_by_label("Kind").select_option("slack")
    expect(alice.get_by_label("Mail server")).to_be_hidden()


def test_the_ring_of_the_focus_is_seen_on_everything_that_tab_reaches(
    furnished: House, browser: Browser
) -> None:
    """Videos with their filters, one video, and the forms of the settings."""
    unseen: list[str] = []
    wanted = ("/videos", "/settings", "/settings/notifications", "/destination")
    for page in logged_in(furnished, browser, reduced_motion="reduce"):
        for path in (p for p in pages(furnished) if p.endswith(wanted) or "/videos/" in p):
            page.goto(furnished.url + path)
            for _ in range(250):
                page.keyboard.press("Tab")
                found = page.evaluate(_FOCUS)
                if found is None:
                    break
                if not found["seen"]:
                    unseen.append(f"{path}: {found['html']}")
            else:
                unseen.append(f"{path}: Tab does not leave the page")
    assert unseen == []


_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const ring = getComputedStyle(one);
  const drawn = ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2;
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return { seen: drawn && inside, html: one.outerHTML.slice(0, 120) };
}"""


def test_videos_are_filtered_and_sorted_by_keyboard(furnished: House, browser: Browser) -> None:
    for page in logged_in(furnished, browser):
        page.goto(f"{furnished.url}{overview(furnished)}/videos")
        page.get_by_label("Caption contains").fill("zzz-no-caption")
        page.keyboard.press("Enter")
        expect(page.get_by_text("None of the 57 videos matches")).to_be_visible()
        reach(page, "Show all", "link")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="57 videos")).to_be_visible()
        reach(page, "Likes", "link")
        page.keyboard.press("Enter")
        expect(page.locator("th[aria-sort=descending]")).to_contain_text("Likes")


def test_axis_labels_are_beside_the_bars_and_a_tap_shows_a_value(
    furnished: House, browser: Browser
) -> None:
    """B19, B20: labels lay under the bars, and touch showed nothing."""
    options = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    for page in logged_in(furnished, browser, **options):
        page.goto(furnished.url + overview(furnished))
        page.locator("#daily .column").nth(3).tap()
        expect(page.locator("#tip")).to_be_visible()
        assert page.evaluate(_COVERED) == []


_COVERED = """() => {
  const covered = [];
  for (const chart of document.querySelectorAll("svg.chart")) {
    const drawn = [...chart.querySelectorAll("g.column rect:not(.hit)")];
    const bars = drawn.map((one) => one.getBoundingClientRect());
    for (const label of chart.querySelectorAll("text")) {
      const box = label.getBoundingClientRect();
      const over = bars.some((bar) => bar.width > 0 && bar.height > 0 && bar.left < box.right - 1
        && bar.right > box.left + 1 && bar.top < box.bottom - 1 && bar.bottom > box.top + 1);
      const halo = getComputedStyle(label).paintOrder.startsWith("stroke");
      if (over && !halo) covered.push(label.textContent);
    }
  }
  return covered;
}"""


def test_print_hides_what_cannot_be_pressed_on_paper(furnished: House, browser: Browser) -> None:
    for page in logged_in(furnished, browser):
        page.goto(furnished.url + overview(furnished))
        page.emulate_media(media="print")
        for hidden in (".top", "nav.tabs", ".actions", "#daily form, .pick"):
            for one in page.locator(hidden).all():
                expect(one).to_be_hidden()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
