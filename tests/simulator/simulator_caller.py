"""Calls of an account's owner to the simulator, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DEMO_USERNAME, Simulator


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
