"""Every error says what happened, what to do, and has a word that programs can rely on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktok_organic import errors
from tiktok_organic.errors import BadValue, TikTokOrganicError, until_midnight


def family(kind: type[TikTokOrganicError]) -> list[type[TikTokOrganicError]]:
    return [kind, *(heir for child in kind.__subclasses__() for heir in family(child))]


KINDS = [kind for kind in family(TikTokOrganicError) if kind.__module__ == "tiktok_organic.errors"]


def made(kind: type[TikTokOrganicError]) -> TikTokOrganicError:
    return (
        BadValue("hour", "25 is too late", example="3") if kind is BadValue else kind("it happened")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_has_a_message_an_advice_and_a_word(kind: type[TikTokOrganicError]) -> None:
    document = made(kind).document()
    assert set(document) == {"code", "message", "advice"}
    assert all(document.values())
    assert document["advice"].rstrip()[-1] in ".3"
    assert str(made(kind)) == made(kind).message


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
    assert "3" in error.advice


def test_an_error_can_have_advice_and_word_of_its_own() -> None:
    error = errors.Conflict("taken", advice="Take another.", code="name_taken")
    assert error.document() == {"code": "name_taken", "message": "taken", "advice": "Take another."}
    assert errors.Conflict.code == "conflict"


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
