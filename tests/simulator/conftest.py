"""The cast: a simulator whose clock stands still, and a caller who speaks to it over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DEMO_USERNAME, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)


class Caller:
    """One account's token and the calls that it opens."""

    def __init__(
        self,
        simulator: Simulator,
        http: httpx2.Client,
        username: str = DEMO_USERNAME,
        scopes: tuple[str, ...] = (),
    ) -> None:
        self.simulator = simulator
        self.http = http
        options = {"scopes": scopes} if scopes else {}
        self.grant: dict[str, Any] = simulator.world.token(username, **options)

    @property
    def open_id(self) -> str:
        return str(self.grant["open_id"])

    def raw(self, path: str, token: str | None = None, **query: Any) -> httpx2.Response:
        headers = {"Access-Token": self.grant["access_token"] if token is None else token}
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in query.items()
        }
        params = {"business_id": self.open_id} | texts
        return self.http.get(f"{self.simulator.api_url}{path}", params=params, headers=headers)

    def profile(self, *fields: str, **query: Any) -> dict[str, Any]:
        """The envelope of business/get/."""
        if fields:
            query["fields"] = list(fields)
        return dict(self.raw("/business/get/", **query).json())

    def videos(self, *fields: str, **query: Any) -> dict[str, Any]:
        """The envelope of business/video/list/."""
        query["fields"] = ["item_id", *fields]
        return dict(self.raw("/business/video/list/", **query).json())

    def walk(self, *fields: str, **query: Any) -> list[dict[str, Any]]:
        """Every video, following the server's cursor."""
        found: list[dict[str, Any]] = []
        cursor = 0
        for _ in range(5000):
            data = self.videos(*fields, cursor=cursor, **query)["data"]
            found += data["videos"]
            if not data["has_more"]:
                return found
            assert data["cursor"] != cursor
            cursor = data["cursor"]
        raise AssertionError("the walk does not end")

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """The envelope of a token call, with the app's own key and secret unless given."""
        app = {"client_id": DEMO_CLIENT_KEY, "client_secret": DEMO_CLIENT_SECRET}
        return dict(self.http.post(f"{self.simulator.api_url}{path}", json=app | body).json())

    def refresh(self, refresh_token: str | None = None) -> dict[str, Any]:
        token = refresh_token or self.grant["refresh_token"]
        return self.post(
            "/tt_user/oauth2/refresh_token/", grant_type="refresh_token", refresh_token=token
        )

    def control(self, path: str, /, **body: Any) -> httpx2.Response:
        return self.http.post(f"{self.simulator.url}/_simulator/{path}", json=body)


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the simulator would have slept."""
    return []


@pytest.fixture
def simulator(waits: list[float]) -> Iterator[Simulator]:
    with Simulator(clock=lambda: NOW, random=Random(7), sleep=waits.append) as running:
        # Tokens that outlive a test which moves the clock; those about tokens set their own lives.
        running.world.settings.update(limits=False, access_token_seconds=10**8)
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    """One client for all tests: making one loads certificates, which takes longer than a test."""
    with httpx2.Client(timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def caller(simulator: Simulator, http: httpx2.Client) -> Any:
    """Makes callers for other accounts and scopes: `caller(username, scopes)`."""
    return lambda username=DEMO_USERNAME, scopes=(): Caller(simulator, http, username, scopes)


@pytest.fixture
def alice(caller: Any) -> Caller:
    """Owner of the demo account."""
    return caller()  # type: ignore[no-any-return]


@pytest.fixture
def pass_time(simulator: Simulator) -> Any:
    """Moves the simulator's clock: `pass_time(days=1)`."""
    return lambda **span: simulator.world.clock.move(timedelta(**span))
