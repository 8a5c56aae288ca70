"""Connections to a PostgreSQL on another machine are encrypted, or the address says otherwise."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest

from tiktok_organic.errors import DestinationRefused, Refused
from tiktok_organic.postgres_encryption import usual_sslmode
from tiktok_organic.store.database import Database
from tiktok_organic.warehouse.postgres.server import PostgreSQLServer
from waiting import PATIENCE

pytest.importorskip("psycopg")


def sslmode(address: str, **environment: str) -> str:
    parts = urlsplit(address)
    return usual_sslmode(parts, dict(parse_qsl(parts.query)), environment)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u@db.example.com/w",
        "postgresql://u:p@10.0.0.5:5432/w",
        "postgresql://u@[2001:db8::1]:5432/w",
        "postgresql://u@evillocalhost/w",
        "postgresql://u@127.0.0.1.nip.io/w",
        "postgresql://u@localhost,db.example.com/w",
        "postgresql://u@db:5432,localhost:5432/w",
        "postgresql:///w?host=db.example.com",
        "postgresql://localhost/w?hostaddr=10.0.0.5",
        "postgresql://localhost/w?host=db.example.com",
    ],
)
def test_another_machine_is_asked_for_encryption(address: str) -> None:
    assert sslmode(address) == "require"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:///w",
        "postgresql://u@localhost/w",
        "postgresql://u@127.0.0.1:5432/w",
        "postgresql://u@[::1]:5432/w",
        "postgresql://u@%2Fvar%2Frun%2Fpostgresql/w",
        "postgresql:///w?host=/var/run/postgresql",
        "postgresql://db.example.com/w?hostaddr=127.0.0.1",
        "postgresql://db.example.com/w?sslmode=disable",
        "postgresql://db.example.com/w?sslmode=verify-full",
        "postgresql://db.example.com/w?service=warehouse",
    ],
)
def test_this_machine_and_an_address_that_says_otherwise_stay_as_they_are(address: str) -> None:
    assert sslmode(address) == ""


def test_the_variables_of_libpq_take_part() -> None:
    assert sslmode("postgresql:///w", PGHOST="db.example.com") == "require"
    assert sslmode("postgresql:///w", PGHOST="/run/postgresql") == ""
    assert sslmode("postgresql://db.example.com/w", PGSSLMODE="prefer") == ""


@contextmanager
def without_encryption() -> Iterator[int]:
    """A server that answers the question for encryption with no; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(8)
                    connection.sendall(b"N")
                    connection.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


@pytest.mark.parametrize("isolated", ["", "&isolated=yes"], ids=["", "typed on the page"])
def test_a_server_that_does_not_encrypt_is_refused_by_the_warehouse(isolated: str) -> None:
    with without_encryption() as port:
        address = f"postgresql://u@127.0.0.1:{port}/w?sslmode=require{isolated}"
        with (
            pytest.raises(DestinationRefused, match="does not encrypt connections") as refused,
            PostgreSQLServer(address).transaction(),
        ):
            pass
    assert "sslmode=disable" in str(refused.value.facts["remedy"])


def test_a_server_that_does_not_encrypt_is_refused_by_the_store() -> None:
    with without_encryption() as port:
        database = Database(f"postgresql://u@127.0.0.1:{port}/w?sslmode=require")
        with pytest.raises(Refused, match="does not encrypt") as refused, database.read():
            pass
    assert refused.value.code == "store_not_encrypted"


def test_the_store_and_its_queue_ask_another_machine_for_encryption() -> None:
    database = Database("postgresql://u:p%40ss@db.example.com/w")
    for driver in ("postgresql", "postgresql+psycopg"):
        address = database.server_address(driver)
        assert address == f"{driver}://u:p%40ss@db.example.com/w?sslmode=require"
    assert "sslmode" not in Database("postgresql://localhost/w").server_address("postgresql")
