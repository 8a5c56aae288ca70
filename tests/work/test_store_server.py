"""A PostgreSQL store that cannot be used: the server's message, without the password."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import Refused, TryAgain
from tiktok_organic.store.database import Database


def test_a_user_who_is_not_let_in_is_told(postgres: str) -> None:
    address = make_url(postgres).set(
        username="charlie-whom-nobody-knows", password="hunter2hunter2"
    )
    with pytest.raises(Refused) as caught:
        Database(address.render_as_string(hide_password=False)).engine()
    assert caught.value.code == "store_refused"
    assert "charlie-whom-nobody-knows" in caught.value.message
    assert "STORE_URL" in advice_of(caught.value)
    assert "hunter2" not in caught.value.message + advice_of(caught.value)


def test_a_database_that_does_not_exist_is_told(postgres: str) -> None:
    address = make_url(postgres).set(database="no_such_database")
    with pytest.raises(Refused) as caught:
        Database(address.render_as_string(hide_password=False)).engine()
    assert caught.value.code == "store_refused"
    assert "no_such_database" in caught.value.message
    assert "createdb" in advice_of(caught.value)


def test_a_server_that_is_not_there_may_come_back() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(TryAgain) as caught:
        Database("postgresql://alice:hunter2hunter2@127.0.0.1:1/store").engine()
    assert (caught.value.code, caught.value.message) == (
        "store_away",
        "the store's PostgreSQL server cannot be reached",
    )
