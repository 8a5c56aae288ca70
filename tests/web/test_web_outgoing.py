"""Where the server can be made to send something: notifications and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.notifications.typed_notification_address import check_typed_notification
from tiktok_organic.app import App
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import Settings
from tiktok_organic.web import create
from tiktok_organic.web.pictures.picture_fetcher import Fetcher, is_allowed

from .conftest import Place


@pytest.fixture
def place(tmp_path: Path, password_hash: str) -> Iterator[Place]:
    app = App(Settings(home=new_home(tmp_path / "home")))
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


@pytest.fixture
def alice(place: Place) -> TestClient:
    return place.browser(place.person("alice", "owner"))


@pytest.mark.parametrize(
    "address",
    [
        "json://169.254.169.254/latest/meta-data",
        "json://[fe80::1]/",
        "json://[::ffff:169.254.169.254]/",
        "jsons://metadata.google.internal./x",
        "json://[fd00:ec2::254]/",
        "json://168.63.129.16/",
        "json://0.0.0.0/",
        "json://224.0.0.1/",
        "fcm://project@token?mode=oauth2&keyfile=/etc/passwd",
        "fcm://project@token?keyfile=../store.db",
        "workflows://host/a/b?template=/etc/passwd",
        "json://[::1",
    ],
)
def test_a_notification_does_not_reach_the_clouds_secrets_or_files(
    place: Place, alice: TestClient, address: str
) -> None:
    form = {"kind": "other", "address": address}
    answer = alice.post("/settings/notifications", data=form)
    assert answer.status_code == 422
    assert place.app.chosen_settings.texts() == {}


def test_key_files_of_the_folder_for_them_may_be_named_by_a_notification(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "key.json").write_text("{}")
    check_typed_notification(Settings(home=tmp_path), "fcm://p@t?keyfile=key.json")
    check_typed_notification(Settings(home=tmp_path), "json://127.0.0.1:8080/own")


def test_allowed_notifications_say_what_may_be_entered(tmp_path: Path) -> None:
    narrow = Settings(home=tmp_path, allowed_notifications="mailtos, hooks.slack.com")
    check_typed_notification(narrow, "mailtos://u:p@mail.example.com")
    check_typed_notification(narrow, "https://hooks.slack.com/services/a/b/c")
    for address in ("json://hooks.example.com/", "jsons://evil.example/hooks.slack.com"):
        with pytest.raises(BadValue, match="not among those"):
            check_typed_notification(narrow, address)
    with pytest.raises(BadValue, match="not among those"):
        check_typed_notification(
            Settings(home=tmp_path, allowed_notifications="none"), "mailtos://"
        )


@pytest.mark.parametrize(
    ("host", "named"),
    [("p16.tiktokcdn.com", True), ("pic.example.com", True), ("tiktokcdn.com.evil.example", False),
     ("eviltiktokcdn.com", False), ("tiktokcdn.com", False), ("other.example", False)],
)  # fmt: skip
def test_a_list_of_hosts_names_them_and_those_below(host: str, named: bool) -> None:
    assert is_allowed(host, ["*.tiktokcdn.com", "pic.example.com"]) is named
    assert is_allowed(host, [])
    assert not is_allowed(host, ["none"])


def test_pictures_come_from_the_allowed_hosts() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["host"])
        return httpx2.Response(200, headers={"content-type": "image/png"}, content=b"png")

    transport = httpx2.MockTransport(answer)
    fetcher = Fetcher(transport, allowed=["8.8.8.8"])
    assert fetcher.picture("https://8.8.8.8/a.png") == (b"png", "image/png")
    assert fetcher.picture("https://1.1.1.1/a.png") is None
    assert asked == ["8.8.8.8"]
