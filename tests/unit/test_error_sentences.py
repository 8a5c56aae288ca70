"""Every error says what happened, what to do, and has a word that programs can rely on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tiktok_organic import errors
from tiktok_organic.advice_text import compose
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import (
    BadValue,
    TikTokOrganicError,
    facts_of,
    recorded,
    until_midnight,
)


def family(kind: type[TikTokOrganicError]) -> list[type[TikTokOrganicError]]:
    return [kind, *(heir for child in kind.__subclasses__() for heir in family(child))]


KINDS = [kind for kind in family(TikTokOrganicError) if kind.__module__ == "tiktok_organic.errors"]


def made(kind: type[TikTokOrganicError]) -> TikTokOrganicError:
    return (
        BadValue("hour", "25 is too late", example="3") if kind is BadValue else kind("it happened")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_has_a_message_facts_and_a_code_and_no_advice(
    kind: type[TikTokOrganicError],
) -> None:
    document = made(kind).document()
    assert set(document) == {"code", "message", "facts"}
    assert document["code"]
    assert str(made(kind)) == document["message"]
    assert not hasattr(made(kind), "advice")


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_error_is_the_same_when_it_is_raised_again(
    kind: type[TikTokOrganicError],
) -> None:
    document = made(kind).document()
    assert recorded(json.loads(json.dumps(document))).document() == document


@pytest.mark.parametrize("stored", [None, 3, [], {"code": 1}, {"facts": None}, {"facts": [1]}])
def test_facts_that_were_stored_badly_are_left_out(stored: object) -> None:
    assert facts_of({"facts": stored}) == {}


def test_no_two_kinds_share_a_word() -> None:
    words = [kind.code for kind in KINDS]
    assert len(words) == len(set(words))


def test_the_tree_at_the_top_of_the_file_is_the_tree_that_is() -> None:
    drawn = errors.__doc__ or ""
    for kind in KINDS:
        assert kind.__name__ in drawn


def test_a_bad_value_names_itself_and_a_valid_one() -> None:
    error = BadValue("hour", "25 is not between 0 and 23", example="3")
    assert error.message.startswith("hour: ")
    assert "3" in advice_of(error)


def test_an_error_can_have_a_code_of_its_own_and_facts() -> None:
    error = errors.Conflict("taken", code="name_taken", connector="c-1", path=None)
    assert error.document() == {
        "code": "name_taken",
        "message": "taken",
        "facts": {"connector": "c-1"},
    }
    assert errors.Conflict.code == "conflict"


TABLE: dict[str, str | tuple[str, ...]] = {
    "error": "Read the log.",
    "busy": ("{remedy} Then sync {connector}.", "{remedy}", "Wait."),
    "busy.locked": "Close {names}.",
}


@pytest.mark.parametrize(
    ("code", "facts", "advice"),
    [
        ("busy", {"remedy": "Mend it.", "connector": "c-1"}, "Mend it. Then sync c-1."),
        ("busy", {"remedy": "{connector}"}, "{connector}"),
        ("busy", {}, "Wait."),
        ("busy", {"case": "odd"}, "Wait."),
        ("busy", {"case": "locked", "names": ["a", "b"]}, "Close a, b."),
        ("never heard of", {}, "Read the log."),
    ],
)
def test_the_first_advice_is_used_whose_facts_are_known(
    code: str, facts: dict[str, errors.Fact], advice: str
) -> None:
    assert compose(TABLE, code, facts) == advice


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        (datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2026, 3, 11, 0, 0, tzinfo=UTC), timedelta(days=1)),
        (datetime(2026, 12, 31, 12, 0, tzinfo=UTC), timedelta(hours=12)),
    ],
)
def test_midnight_is_the_next_one_in_utc(moment: datetime, left: timedelta) -> None:
    assert until_midnight(moment) == left
