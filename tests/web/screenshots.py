"""The pictures of the README: `make screenshots`.

Every number in them is invented.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.clock import SystemClock
from tiktok_organic.simulator import DEMO_USERNAME

from .chromium import launch
from .house import House, open_house


class Watch(SystemClock):
    """A manual clock that advances at every read, so that pictures do not depend on the day."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 5, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=19)
        return self.moment


def take(folder: Path) -> None:
    watch, home = Watch(), Path(tempfile.gettempdir()) / "tiktok-organic"
    home.mkdir()  # its name is in the pictures; an existing folder is not changed
    with _gone_afterwards(home), open_house(home, working=False, clock=watch) as house:
        furnish(house, watch)
        with launch() as browser:
            for scheme in ("light", "dark"):
                with window(browser, house, scheme, 1280) as page:
                    wide(page, house, folder, scheme)
                with window(browser, house, scheme, 390) as page:
                    narrow(page, house, folder, scheme)
            with window(browser, house, "light", 1280) as page:
                wizard(page, house, folder)


@contextmanager
def _gone_afterwards(home: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(home)


def furnish(house: House, watch: Watch) -> None:
    """Three accounts: a week of syncs, a large one that is syncing, a revoked one."""
    house.person("alice", "owner")
    house.person("bob", "viewer")
    world = house.simulator.world
    world.settings.update(refresh_token_seconds=365 * 86_400, access_token_seconds=10**7)
    world.add_account(
        "nordwind.coffee", display_name="Nordwind Coffee", followers=28_400, videos=140
    )
    bakery, coffee = house.connect(DEMO_USERNAME), house.connect("nordwind.coffee")
    tearoom = house.connect("tiny.tearoom")
    for connector in (bakery, coffee, tearoom):
        house.sync(connector, 60)
    for day in range(6):
        watch.moment += timedelta(days=1)
        if day == 4:
            world.revoke("tiny.tearoom")
        for connector in (bakery, coffee, tearoom):
            if house.app.connectors.get(connector.id).state == "active":
                house.sync(connector)
                watch.moment += timedelta(seconds=7)
    watch.moment += timedelta(hours=5)
    for connector in (bakery, coffee):
        due = watch.moment.replace(hour=3, minute=0) + timedelta(days=1)
        house.app.connectors.change(connector.id, {"next_due": due})
    run = order_run(house.app, house.app.connectors.get(coffee.id), window=None)
    progress = {"phase": "fetching", "what": "videos", "pages": 4, "rows": 80, "tables": {}}
    values = {"status": "running", "attempt": 1, "started_at": watch.moment, "progress": progress}
    house.app.runs.change(run.id, values)
    watch.moment += timedelta(seconds=3)


@contextmanager
def window(browser: Browser, house: House, scheme: str, width: int) -> Iterator[Page]:
    person = house.app.people.by_email("alice@example.com")
    assert person is not None
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
        locale="en-GB",
        device_scale_factor=1.25 if width > 500 else 2,
        reduced_motion="reduce",
    )
    context.add_cookies([house.cookie(person)])  # type: ignore[list-item]  # a TypedDict of Playwright's
    yield context.new_page()
    context.close()


def wide(page: Page, house: House, folder: Path, scheme: str) -> None:
    bakery = house.app.connectors.get("TikTok Organic - Demo Bäckerei 🥨")
    coffee = house.app.connectors.get("TikTok Organic - Nordwind Coffee")
    last = next(run for run in house.app.runs.newest(bakery.id) if run.loaded)
    for name, path in (
        ("connectors", "/"),
        ("connector", f"/connectors/{bakery.id}"),
        ("coverage", f"/connectors/{bakery.id}/coverage"),
        ("run", f"/runs/{last.id}"),
        ("progress", f"/connectors/{coffee.id}/first"),
        ("runs", f"/connectors/{bakery.id}/runs"),
        ("settings", f"/connectors/{bakery.id}/settings"),
        ("people", "/settings/people"),
    )[: 3 if scheme == "dark" else None]:
        shot(page, house.url + path, folder / f"{name}-{scheme}.png")


def narrow(page: Page, house: House, folder: Path, scheme: str) -> None:
    bakery = house.app.connectors.get("TikTok Organic - Demo Bäckerei 🥨")
    for name, path in (
        ("connectors", "/"),
        ("connector", f"/connectors/{bakery.id}"),
        ("coverage", f"/connectors/{bakery.id}/coverage"),
    ):
        shot(page, house.url + path, folder / f"phone-{name}-{scheme}.png")


def wizard(page: Page, house: House, folder: Path) -> None:
    shot(page, f"{house.url}/connect", folder / "connect-1-authorize.png")
    page.goto(f"{house.url}/connect/authorize")
    page.get_by_label("@big.outdoors").check()
    page.get_by_role("button", name="Allow").click()
    for number, name in ((2, "account"), (3, "reports"), (4, "destination"), (5, "finish")):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"connect-{number}-{name}.png", full_page=True)
        if number < 5:
            page.locator("form .button.main").click()
            page.wait_for_url(f"**/connect/*/{('reports', 'destination', 'finish')[number - 2]}")


def shot(page: Page, address: str, path: Path) -> None:
    page.goto(address, wait_until="load")
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.evaluate("Promise.all([...document.images].map((one) => one.decode().catch(() => 0)))")
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    take(target)
