"""Settings from the page are stored encrypted, all of them or none, until they are deleted."""

from __future__ import annotations

import pytest
from unit_clock import NOON
from unit_store import OTHER_KEY, Memory

from tiktok_organic.errors import Refused
from tiktok_organic.settings import CHANGEABLE, PREFIX, SETTINGS, Settings
from tiktok_organic.store.chosen_settings import ChosenSettings
from tiktok_organic.store.encryption.cipher import Cipher


@pytest.fixture
def preferences(memory: Memory) -> ChosenSettings:
    return ChosenSettings(memory.database, memory.cipher)


def test_a_chosen_setting_is_stored_with_its_time_and_person(preferences: ChosenSettings) -> None:
    assert preferences.all() == {}
    preferences.change(
        {"TIMEZONE": "Europe/Berlin", "NOTIFY": "json://alice:geheim@host"},
        "alice@example.com",
        NOON,
    )
    preferences.change({"TIMEZONE": "Asia/Tokyo"}, "dora@example.com", NOON)
    assert preferences.texts() == {"TIMEZONE": "Asia/Tokyo", "NOTIFY": "json://alice:geheim@host"}
    kept = preferences.all()
    assert (kept["TIMEZONE"].changed_by, kept["NOTIFY"].changed_by) == (
        "dora@example.com",
        "alice@example.com",
    )
    assert kept["TIMEZONE"].changed_at == NOON
    assert "geheim" not in repr(kept)


def test_only_forgotten_settings_are_deleted(preferences: ChosenSettings) -> None:
    preferences.change({"TIMEZONE": "Asia/Tokyo", "CLIENT_KEY": "7"}, "alice@example.com", NOON)
    preferences.forget(["TIMEZONE", "NOTIFY"])
    assert preferences.texts() == {"CLIENT_KEY": "7"}


def test_nothing_of_it_is_readable_in_the_file_and_another_key_opens_nothing(
    memory: Memory, preferences: ChosenSettings
) -> None:
    preferences.change({"CLIENT_SECRET": "geheim-geheim"}, "alice@example.com", NOON)
    memory.database.close()
    files = [path.read_bytes() for path in memory.path.parent.iterdir()]
    assert not any(b"geheim" in content for content in files)
    with pytest.raises(Refused) as caught:
        ChosenSettings(memory.database, Cipher(OTHER_KEY)).texts()
    assert caught.value.code == "wrong_secret_key"


CHOSEN = {
    "CLIENT_KEY": "chosen", "CLIENT_SECRET": "chosen", "REDIRECT_URL": "https://chosen.example/",
    "DESTINATION": "postgresql://chosen/db", "TIMEZONE": "Asia/Tokyo", "NOTIFY": "json://chosen",
    "NOTIFY_EVENTS": "reconnect", "SECOND_FACTOR": "required",
}  # fmt: skip


def test_a_chosen_setting_applies_if_the_environment_does_not_set_it() -> None:
    assert set(CHOSEN) == set(CHANGEABLE)
    settings = Settings.read({}).completed(CHOSEN)
    assert {name: getattr(settings, name.lower()) for name in CHOSEN} == CHOSEN


@pytest.mark.parametrize("name", CHANGEABLE)
def test_the_environment_wins_name_by_name(name: str) -> None:
    example = next(setting.example for setting in SETTINGS if setting.name == name)
    given = Settings.read({PREFIX + name: example})
    settings = given.completed(CHOSEN)
    assert getattr(settings, name.lower()) == getattr(given, name.lower())
    assert all(
        getattr(settings, other.lower()) == CHOSEN[other] for other in CHANGEABLE if other != name
    )


def test_a_default_that_the_environment_names_is_a_decision_and_an_empty_value_is_none() -> None:
    assert Settings.read({f"{PREFIX}TIMEZONE": "UTC"}).completed(CHOSEN).timezone == "UTC"
    assert Settings.read({f"{PREFIX}TIMEZONE": " "}).completed(CHOSEN).timezone == "Asia/Tokyo"


def test_a_setting_that_the_page_cannot_change_is_never_replaced() -> None:
    given = Settings.read({})
    assert (
        given.completed({"HOME": "/somewhere", "STORE_URL": "postgresql://x", "nonsense": "x"})
        == given
    )
