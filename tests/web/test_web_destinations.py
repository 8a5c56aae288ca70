"""An address that a person types on the page is untrusted, also from an owner."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.connectors.typed_destination import typed_destination
from tiktok_organic.errors import Refused, TryAgain
from tiktok_organic.settings import Settings
from tiktok_organic.web.request_safety.limits_per_person import PATIENCE, Checks

from .conftest import Place, typed


def check(browser: TestClient, address: str) -> httpx2.Response:
    form = {"place": "other", "address": address, "dataset": "some"}
    path = f"{draft_of(browser)}/check"
    return browser.post(path, data=form, headers={"hx-trigger-name": "address"})


def draft_of(browser: TestClient) -> str:
    """The address of a new connection of that person."""
    return str(browser.post("/connect/paste", data={"address": "none"}).headers["location"])


def everything_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


class FakePostgreSQL(threading.Thread):
    """Refuses TLS, asks for the password in clear text, and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""

    def run(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while data := peer.recv(4096):
            self.heard += data
            if data[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # TLS, GSS
                peer.sendall(b"N")
            elif data[:1] == b"p":
                return
            else:
                peer.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x03")

    def close(self) -> None:
        self._listener.close()


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """A port behind which something that is not PostgreSQL answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        peer.recv(100)
                        peer.sendall(answer)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_an_editor_chooses_among_the_warehouses_and_enters_none(
    place: Place, emil: TestClient
) -> None:
    assert check(emil, "duckdb:///mine.duckdb").status_code == 403
    with place.app.database.read():
        pass
    assert not (place.app.settings.home / "warehouses").exists()


@pytest.mark.parametrize(
    "address",
    [
        "duckdb:////etc/passwd",
        "duckdb:////tmp/x.duckdb",
        "duckdb:///../x.duckdb",
        "duckdb:///a/../../store.db",
        "duckdb:///../store.db",
        "duckdb:///.env",
        "duckdb:///.hidden.duckdb",
        "duckdb:///.hidden/x.duckdb",
        "duckdb:///bashrc",
        "duckdb:///~/x.duckdb",
        "duckdb:///~root/x.duckdb",
        "duckdb:////dev/fd/3.duckdb",
        "duckdb:///link.duckdb",
        "duckdb:///folder/x.duckdb",
        "duckdb:///x%0Ay.duckdb",
        "postgresql://db.internal/warehouse",
        "postgresql://u@/warehouse?host=/var/run/postgresql",
        "postgresql://u@%2Fvar%2Frun%2Fpostgresql/warehouse",
        "postgresql://u@one,two/warehouse",
        "postgresql://u@db/warehouse?hostaddr=127.0.0.1",
        "postgresql://u@db/warehouse?passfile=/etc/passwd",
        "postgresql://u@db/warehouse?service=other",
        "postgresql://u@db/warehouse?sslkey=/etc/ssl/private/key",
        "postgresql://u@db/warehouse?sslrootcert=/etc/passwd",
        "postgresql://u@db/warehouse?options=-c%20search_path=x",
        "postgresql://u@db/warehouse?connect_timeout=86400",
        "postgresql://u@db/warehouse?isolated=no",
        "postgresql://u@db/warehouse?sslmode=prefer&sslmode=disable",
        "postgresql://u@db/a/b",
        "postgresql://u@db:port/a",
        "bigquery://some-project?credentials=/etc/passwd",
        "bigquery://some-project?credentials=../secret.key",
        "bigquery://some-project?credentials=missing.json",
        "bigquery://some-project?api_endpoint=http://127.0.0.1",
        "sqlite:////etc/passwd",
        "",
    ],
)
def test_an_owner_cannot_reach_what_is_not_a_warehouse(tmp_path: Path, address: str) -> None:
    home = tmp_path / "home"
    (home / "warehouses").mkdir(parents=True)
    (home / "secret.key").touch()
    (home / "warehouses" / "link.duckdb").symlink_to(tmp_path / "elsewhere.duckdb")
    (home / "warehouses" / "folder").symlink_to(tmp_path, target_is_directory=True)
    before = everything_in(tmp_path)
    with pytest.raises(Refused):
        typed_destination(Settings(home=home), address)
    assert everything_in(tmp_path) == before


def test_the_answer_for_a_key_file_does_not_say_whether_it_exists(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    told = set()
    for name in ("/etc/passwd", "/etc/none", "/root", "missing.json", "../secret.key"):
        with pytest.raises(Refused) as refused:
            typed_destination(
                Settings(home=tmp_path), f"bigquery://some-project?credentials={name}"
            )
        told.add(refused.value.message)
    assert len(told) == 1


def test_key_files_of_the_folder_for_them_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "key.json").touch()
    settings = Settings(home=tmp_path)
    made = typed_destination(settings, "bigquery://some-project?credentials=key.json&location=EU")
    assert f"{tmp_path}/credentials/key.json" in made.replace("%2F", "/")
    made = typed_destination(
        settings, "postgresql://u@db/w?sslmode=verify-full&sslrootcert=key.json"
    )
    assert f"sslrootcert={tmp_path}/credentials/key.json" in made.replace("%2F", "/")


def test_a_duckdb_file_of_the_page_lies_in_the_folder_for_them(
    place: Place, alice: TestClient
) -> None:
    answer = alice.post("/settings/destination", data=typed("duckdb:///chosen.duckdb"))
    assert answer.headers["location"].endswith("said=saved")
    folder = place.app.settings.home / "warehouses"
    assert place.app.effective.warehouse == f"duckdb:///{folder}/chosen.duckdb"
    again = f"duckdb:///{folder}/chosen.duckdb?storage_version=v1.4.0"
    assert typed_destination(place.app.settings, again) == again


ALLOWED = (
    "duckdb:////srv/warehouses",
    "postgresql://db.internal",
    "postgresql://other:5433/sales",
    "bigquery://my-project",
)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("duckdb:////srv/warehouses/x.duckdb", True),
        ("duckdb:///x.duckdb", True),
        ("duckdb:////srv/other/x.duckdb", False),
        ("postgresql://u:p@db.internal/any", True),
        ("postgresql://u:p@DB.internal:5432/any", True),
        ("postgresql://u:p@db.internal.evil.example/any", False),
        ("postgresql://u:p@other:5433/sales", True),
        ("postgresql://u:p@other:5432/sales", False),
        ("postgresql://u:p@other:5433/other", False),
        ("bigquery://my-project?location=EU", True),
        ("bigquery://my-project-2", False),
    ],
)
def test_allowed_destinations_say_what_may_be_entered(
    tmp_path: Path, address: str, allowed: bool
) -> None:
    settings = replace(Settings(home=tmp_path), allowed_destinations=",".join(ALLOWED))
    if allowed:
        typed_destination(settings, address)
    else:
        with pytest.raises(Refused):
            typed_destination(settings, address)
    with pytest.raises(Refused):
        typed_destination(replace(settings, allowed_destinations="none"), address)


def test_no_password_or_user_of_the_service_goes_to_a_server_of_an_address_on_the_page(
    place: Place, alice: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passfile = tmp_path / "pgpass"
    passfile.write_text("*:*:*:*:OfThePassfile\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    monkeypatch.setenv("PGOPTIONS", "-c search_path=of_the_operator")
    monkeypatch.setenv("PGAPPNAME", "of_the_operator")
    server = FakePostgreSQL()
    server.start()
    for password in ("", "OfTheEnvironment"):
        monkeypatch.setenv("PGPASSWORD", password)
        check(alice, f"postgresql://eve@127.0.0.1:{server.port}/warehouse")
    server.close()
    assert b"eve" in server.heard
    assert b"OfThe" not in server.heard
    assert b"of_the_operator" not in server.heard


def test_a_service_of_the_environment_refuses_addresses_of_the_page(
    alice: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICE", "production")
    assert "PGSERVICE" in check(alice, "postgresql://eve@127.0.0.1:1/warehouse").text


def test_every_place_that_is_not_a_postgresql_server_gets_the_same_answer(
    alice: TestClient,
) -> None:
    with (
        listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as http,
        listening(b"\x15\x03\x01") as other,
    ):
        closed = 1
        told = {
            check(alice, f"postgresql://eve@127.0.0.1:{port}/warehouse").text.replace(
                f":{port}", ""
            )
            for port in (http, other, closed)
        }
    assert len(told) == 1
    assert "cannot be reached" in told.pop()


def test_one_person_tries_one_warehouse_at_a_time(place: Place, alice: TestClient) -> None:
    checks = place.web.state.site.checks
    with checks.turn("p-alice"):
        assert "has not ended yet" in check(alice, "duckdb:///x.duckdb").text
        kept = alice.post("/settings/destination", data=typed("duckdb:///x.duckdb"))
        assert kept.status_code == 429
    assert "has not ended yet" not in check(alice, "duckdb:///x.duckdb").text


def test_a_form_that_is_sent_waits_for_the_check_of_what_was_typed_before() -> None:
    """Choosing a warehouse and continuing at once is not refused."""
    checks, tried = Checks(), list[str]()

    def sent() -> None:
        with checks.turn("p-alice", patience=PATIENCE):
            tried.append("form")

    form = threading.Thread(target=sent)
    with checks.turn("p-alice"):
        form.start()
        with pytest.raises(TryAgain), checks.turn("p-alice"):
            pass
        tried.append("check")
    form.join()
    assert tried == ["check", "form"]


def test_few_warehouses_are_tried_at_once(place: Place, alice: TestClient) -> None:
    checks = place.web.state.site.checks
    with checks.turn("1"), checks.turn("2"), checks.turn("3"), checks.turn("4"):
        assert "has not ended yet" in check(alice, "duckdb:///x.duckdb").text
        assert alice.get("/").status_code == 200


def test_the_path_of_home_is_for_owners_only(
    place: Place, alice: TestClient, emil: TestClient, bob: TestClient
) -> None:
    connector, home = place.connector(), str(place.app.settings.home)
    paths = ("/settings", f"/connectors/{connector.id}/settings", "/connect", "/login", "/")
    assert home in alice.get("/settings").text
    for browser in (emil, bob):
        for path in paths:
            assert home not in browser.get(path).text, path
    key = place.warehouse()
    Path(home, "warehouse.duckdb").write_text("not a database at all")
    form = {"place": key, "dataset": "some"}
    path = f"{draft_of(emil)}/check"
    told = emil.post(path, data=form, headers={"hx-trigger-name": "place"}).text
    assert "HOME/warehouse.duckdb" in told
    assert home not in told
