"""Connectors in the store: complete, unique, encrypted, and removed with their tokens."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal
from unicodedata import normalize

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from unit_clock import NOON
from unit_store import ALICE, BOB, OTHER_KEY, Memory

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.connector import UNREADABLE, Connector
from tiktok_organic.errors import Conflict, NotFound, ReconnectNeeded
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.connectors.known_days import Days
from tiktok_organic.store.connectors.tiktok_tokens import TokenStore
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.schema import connectors as table
from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.tiktok.token_pair import TokenPair

Form = Literal["NFC", "NFD"]
TOKENS = TokenPair(
    "act.secret-1",
    NOON + timedelta(days=1),
    "rft.secret-1",
    NOON + timedelta(days=365),
    "open-id-alice",
    ALICE.scopes,
)


def test_a_connector_is_read_as_it_was_stored(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    assert memory.connectors.all() == [ALICE, BOB]
    assert memory.connectors.get("c-alice") == ALICE


@pytest.mark.parametrize(
    "name", ["c-alice", "Alice's bakery", "ALICE'S BAKERY", "  alice's bakery  "]
)
def test_a_connector_is_found_by_id_and_by_name(memory: Memory, name: str) -> None:
    memory.add(ALICE)
    assert memory.connectors.get(name).id == "c-alice"


@pytest.mark.parametrize("name", ["", "alice", "c-ALICE", "%", "' OR 1=1 --", "\x00"])
def test_an_unknown_name_causes_an_error_that_lists_the_existing_names(
    memory: Memory, name: str
) -> None:
    memory.add(ALICE)
    with pytest.raises(NotFound) as caught:
        memory.connectors.get(name)
    assert "Alice's bakery" in advice_of(caught.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "alice's BAKERY"}, "name_taken"),
        ({"name": "c-alice"}, "name_taken"),
        ({"account_id": "open-id-alice"}, "account_held"),
        ({"dataset": "tiktokorganic_alice"}, "dataset_taken"),
    ],
)
def test_what_another_connector_has_is_refused_naming_it(
    memory: Memory, change: dict[str, Any], code: str
) -> None:
    memory.add(ALICE)
    with pytest.raises(Conflict) as caught:
        memory.add(replace(BOB, **change))
    assert caught.value.code == code
    assert "Alice's bakery" in caught.value.message
    assert memory.connectors.all() == [ALICE]


def test_the_database_itself_refuses_the_second_of_two_racing_connectors(memory: Memory) -> None:
    memory.add(ALICE)
    values = memory.connectors._rows.values(BOB)
    taken = memory.connectors._rows.values(ALICE)
    unique = [c.name for c in table.columns if c.unique] or ["name_key", "account_key", "place_key"]
    for column in unique:
        with pytest.raises(IntegrityError), memory.database.begin() as connection:
            connection.execute(insert(table).values(**{**values, column: taken[column]}))
    assert memory.connectors.all() == [ALICE]


def test_the_same_dataset_at_another_destination_is_free(memory: Memory) -> None:
    memory.add(ALICE)
    elsewhere = "duckdb:////srv/other.duckdb"
    memory.add(replace(BOB, dataset=ALICE.dataset, destination=elsewhere))
    assert memory.connectors.datasets(ALICE.destination) == {ALICE.dataset}
    holder = memory.connectors.dataset_holder(elsewhere, ALICE.dataset)
    assert holder is not None
    assert holder.id == "c-bob"


def test_two_prefixes_that_lead_to_one_dataset_are_noticed(memory: Memory) -> None:
    plain, prefixed = (
        "bigquery://project?location=EU",
        "bigquery://project?location=EU&prefix=shop_",
    )
    memory.add(replace(ALICE, destination=prefixed, dataset="alice"))
    with pytest.raises(Conflict) as caught:
        memory.add(replace(BOB, destination=plain, dataset="shop_alice"))
    assert caught.value.code == "dataset_taken"
    memory.add(replace(BOB, destination=plain, dataset="alice"))
    assert memory.connectors.datasets(plain) == {"shop_alice", "alice"}
    assert memory.connectors.datasets(prefixed) == {"alice"}


def test_the_same_account_at_the_simulator_is_another_account(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(replace(BOB, account_id=ALICE.account_id, api_url="http://127.0.0.1:8000/v1.3"))
    holder = memory.connectors.holder(ALICE.account_id, ALICE.api_url)
    assert holder is not None
    assert holder.id == "c-alice"


def test_a_removed_connector_frees_its_name_account_and_dataset(memory: Memory) -> None:
    memory.add(ALICE)
    memory.connectors.remove("c-alice", NOON)
    assert memory.connectors.all() == []
    with pytest.raises(NotFound):
        memory.connectors.get("c-alice")
    memory.add(replace(ALICE, id="c-alice-2"))
    assert [connector.id for connector in memory.connectors.all()] == ["c-alice-2"]


def test_changes_are_saved_and_conflicts_change_nothing(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    renamed = replace(
        ALICE,
        name="Alice & co",
        reports=("profile",),
        username="alice2",
        former_usernames=("alice",),
    )
    memory.connectors.save(renamed, ALICE)
    assert memory.connectors.get("Alice & co") == renamed
    with pytest.raises(Conflict):
        memory.connectors.save(replace(renamed, name="bob's shop"), renamed)
    assert memory.connectors.get("c-alice") == renamed


def test_a_connector_may_keep_its_own_name(memory: Memory) -> None:
    memory.add(ALICE)
    memory.connectors.save(replace(ALICE, name="ALICE'S bakery"), ALICE)
    assert memory.connectors.get("c-alice").name == "ALICE'S bakery"


def test_no_secret_lies_open_in_the_file(memory: Memory) -> None:
    memory.add(ALICE)
    TokenStore(memory.database, memory.cipher).write("c-alice", TOKENS, NOON)
    memory.database.close()
    everything = b"".join(
        path.read_bytes() for path in memory.path.parent.iterdir() if path.is_file()
    )
    for secret in (b"geheim", b"act.secret-1", b"rft.secret-1"):
        assert secret not in everything


def test_tokens_are_replaced_as_a_pair_and_die_with_the_connector(memory: Memory) -> None:
    memory.add(ALICE)
    store = TokenStore(memory.database, memory.cipher)
    with pytest.raises(ReconnectNeeded):
        store.read("c-alice")
    store.write("c-alice", TOKENS, NOON)
    assert store.read("c-alice") == TOKENS
    renewed = replace(
        TOKENS, access_token="act.secret-2", refresh_token="rft.secret-2", access_expires=NOON
    )
    store.write("c-alice", renewed, NOON)
    assert store.read("c-alice") == renewed
    assert memory.connectors.get("c-alice").consent_ends == TOKENS.consent_ends
    memory.connectors.remove("c-alice", NOON)
    with pytest.raises(ReconnectNeeded):
        store.read("c-alice")
    assert memory.rows("SELECT count(*) FROM tokens") == [(0,)]


def test_a_pair_that_is_undone_leaves_the_old_one(memory: Memory) -> None:
    memory.add(ALICE)
    store = TokenStore(memory.database, memory.cipher)
    store.write("c-alice", TOKENS, NOON)
    lost = replace(TOKENS, access_token="act.lost")
    with suppress(RuntimeError), memory.database.begin() as connection:
        store.write("c-alice", lost, NOON, connection)
        raise RuntimeError("the process was stopped here")
    assert store.read("c-alice") == TOKENS


def test_a_destination_that_cannot_be_decrypted_hides_no_connector(memory: Memory) -> None:
    memory.add(ALICE)
    Connectors(memory.database, Cipher(OTHER_KEY)).change(
        ALICE.id, {"destination": Cipher(OTHER_KEY).encrypt("duckdb:///elsewhere.duckdb")}
    )
    memory.add(BOB)
    alice, bob = memory.connectors.all()
    assert (alice.destination, bob.destination) == (UNREADABLE, BOB.destination)
    assert memory.connectors.get(ALICE.id) == alice


def test_a_username_that_changes_is_remembered_once() -> None:
    renamed = ALICE.renamed_account("alice2").renamed_account("alice3").renamed_account("alice2")
    assert (renamed.username, renamed.former_usernames) == ("alice2", ("alice", "alice2", "alice3"))
    assert ALICE.renamed_account("alice") is ALICE


def test_what_is_known_of_days_is_replaced_day_by_day(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    days = Days(memory.database)
    one, two = date(2026, 3, 1), date(2026, 3, 2)
    with memory.database.begin() as connection:
        days.save("c-alice", [(one, DayRecord("a")), (two, DayRecord(lost=True))], connection)
        days.save("c-bob", [(one, DayRecord("b"))], connection)
        days.save("c-bob", [], connection)
    with memory.database.begin() as connection:
        days.save("c-alice", [(one, DayRecord("a", two, final=True))], connection)
        assert days.known("c-alice", connection)[one].final
    assert days.known("c-alice") == {
        one: DayRecord("a", two, final=True),
        two: DayRecord(lost=True),
    }
    assert days.known("c-bob") == {one: DayRecord("b")}
    assert days.known("nobody") == {}


def test_days_of_a_connector_that_does_not_exist_are_refused(memory: Memory) -> None:
    with pytest.raises(IntegrityError), memory.database.begin() as connection:
        Days(memory.database).save("nobody", [(date(2026, 3, 1), DayRecord("a"))], connection)


def test_connectors_are_sorted_by_name_regardless_of_case(memory: Memory) -> None:
    names = ["beta", "Alpha", "gamma", "alpha 2"]
    for number, name in enumerate(names):
        made: Connector = replace(
            ALICE, id=f"c{number}", name=name, account_id=f"a{number}", dataset=f"d{number}"
        )
        memory.add(made)
    assert [connector.name for connector in memory.connectors.all()] == [
        "Alpha",
        "alpha 2",
        "beta",
        "gamma",
    ]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_and_taken_in_any_unicode_form(memory: Memory, form: Form) -> None:
    memory.add(replace(ALICE, name=normalize(form, "Bäckerei Ångström")))
    typed: Form
    for typed in ("NFC", "NFD"):
        name = normalize(typed, "BÄCKEREI Ångström")
        assert memory.connectors.get(name).id == ALICE.id
        with pytest.raises(Conflict, match="named"):
            memory.add(replace(BOB, name=name))
