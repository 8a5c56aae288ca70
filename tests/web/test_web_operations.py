"""What monitoring may read, and that strangers may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Route

from new_store import new_home
from tiktok_organic.app import App
from tiktok_organic.cli.server.server_process import _application
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import Settings
from tiktok_organic.web import create

TOKEN = "0123456789abcdef0123456789"


class Engine:
    """An engine that turns."""

    def state(self) -> dict[str, Any]:
        return {"alive": True, "seconds_since_turn": 1.0, "retired": None, "running": 0}


@pytest.fixture(params=["", TOKEN], ids=["no token set", "a token set"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    made = App(Settings(home=new_home(tmp_path / "home"), metrics_token=request.param))
    yield made
    made.close()


def client(app: App, peer: str) -> TestClient:
    web = create(app, Engine())  # type: ignore[arg-type]  # the one method that is used
    return TestClient(web, base_url="http://localhost", client=(peer, 1))


def test_figures_are_for_the_token_or_without_one_for_this_machine(app: App) -> None:
    here, elsewhere = client(app, "127.0.0.1"), client(app, "192.0.2.7")
    assert here.get("/metrics").status_code == (401 if app.settings.metrics_token else 200)
    answer = elsewhere.get("/metrics")
    assert answer.status_code == 401
    assert "METRICS_TOKEN" in answer.text
    for wrong in ("Bearer wrong", f"Basic {TOKEN}", "Bearer ", TOKEN):
        assert elsewhere.get("/metrics", headers={"authorization": wrong}).status_code == 401
    right = {"authorization": f"Bearer {TOKEN}"}
    assert elsewhere.get("/metrics", headers=right).status_code == (
        200 if app.settings.metrics_token else 401
    )


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "via"])
def test_a_request_that_a_proxy_passed_on_is_not_of_this_machine(app: App, header: str) -> None:
    asked = client(app, "127.0.0.1")
    assert asked.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401


def test_each_operators_route_exists_once(app: App) -> None:
    engine = Engine()
    made = _application(app, engine, "127.0.0.1")  # type: ignore[arg-type]  # the one method that is used
    paths = [route.path for route in made.routes if isinstance(route, Route)]
    for path in ("/healthz", "/readyz", "/metrics"):
        assert paths.count(path) == 1


def test_a_probe_learns_whether_the_server_is_ready_and_nothing_else(app: App) -> None:
    probe = client(app, "192.0.2.7")
    assert probe.get("/readyz").json() == {"status": "ok"}
    headers = {"authorization": f"Bearer {TOKEN}"} if app.settings.metrics_token else {}
    full = client(app, "127.0.0.1").get("/readyz", headers=headers).json()
    assert full["waiting"] == 0
    assert probe.get("/healthz").status_code == 200


def test_a_short_token_is_refused() -> None:
    with pytest.raises(BadValue, match="20 characters") as refused:
        Settings.read({"TIKTOK_ORGANIC_METRICS_TOKEN": "short"})
    assert "short'" not in str(refused.value)
