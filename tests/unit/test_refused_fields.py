"""Fields that TikTok refuses: named, unnamed, several at once, and not the reason at all."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.errors import FieldRefused
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, DAY_FIELDS, VIDEO_FIELDS
from waiting import PATIENCE

NAMES = tuple(ACCOUNT_FIELDS) + tuple(DAY_FIELDS)


class Refuser:
    """A TikTok that refuses some fields without saying which."""

    def __init__(self, *guilty: str) -> None:
        self.guilty = set(guilty)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, names: tuple[str, ...]) -> bool:
        self.asked.append(names)
        return not self.guilty & set(names)


def refusal(message: str) -> FieldRefused:
    return FieldRefused(f"TikTok answered 40002 ({message})")


@pytest.mark.parametrize(
    "message",
    [
        "Invalid field: likes",
        "unsupported field 'likes'",
        '["likes"] is not allowed',
        "LIKES: unknown",
        "fields.likes is offline",
    ],
)
def test_a_field_that_the_refusal_names_is_dropped(message: str) -> None:
    fields = Fields(("username", "likes", "shares"))
    assert fields.drop_named(refusal(message), fields.names)
    assert fields.names == ("username", "shares")
    assert fields.refused == ["likes"]


def test_several_named_fields_are_dropped_together() -> None:
    fields = Fields(NAMES)
    assert fields.drop_named(refusal("fields likes, shares are offline"), NAMES)
    assert set(fields.refused) == {"likes", "shares"}


def test_a_list_of_what_is_allowed_drops_nothing() -> None:
    fields = Fields(NAMES)
    assert not fields.drop_named(refusal(f"field must be one of {', '.join(NAMES[:12])}"), NAMES)
    assert fields.names == NAMES


@pytest.mark.parametrize(
    "message", ["", "bad request", "dislikes is unknown", "likes_count is unknown", "field 17"]
)
def test_a_refusal_that_names_none_of_ours_drops_nothing(message: str) -> None:
    fields = Fields(("username", "likes"))
    assert not fields.drop_named(refusal(message), fields.names)
    assert fields.names == ("username", "likes")


def test_a_field_that_everything_hangs_on_is_never_given_up() -> None:
    fields = Fields(("item_id", "likes"), kept=("item_id",))
    assert not fields.drop_named(refusal("item_id is not allowed"), fields.names)
    fields.drop_found(Refuser("item_id"), fields.names)
    assert "item_id" in fields.names


@given(
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=4), st.sampled_from([(), ("username",)])
)
def test_unnamed_fields_are_found_and_nothing_else_is_lost(
    guilty: set[str], kept: tuple[str, ...]
) -> None:
    guilty -= {"username"}
    if not guilty:
        return
    fields, tiktok = Fields(NAMES, kept), Refuser(*guilty)
    assert fields.drop_found(tiktok, NAMES)
    assert set(fields.refused) == guilty
    assert fields.names == tuple(name for name in NAMES if name not in guilty)
    assert len(fields.refused) == len(set(fields.refused))


@given(st.sets(st.sampled_from(sorted(set(VIDEO_FIELDS) - {"item_id"})), min_size=1, max_size=5))
def test_the_questions_are_few(guilty: set[str]) -> None:
    fields, tiktok = Fields(tuple(VIDEO_FIELDS), ("item_id",)), Refuser(*guilty)
    assert fields.drop_found(tiktok, fields.names)
    halvings = len(VIDEO_FIELDS).bit_length()
    assert len(tiktok.asked) <= 2 + 2 * len(guilty) * halvings
    assert all("item_id" in asked for asked in tiktok.asked)


def test_the_first_field_may_be_the_guilty_one() -> None:
    fields = Fields(NAMES)
    assert fields.drop_found(Refuser(NAMES[0]), NAMES)
    assert fields.refused == [NAMES[0]]


@pytest.mark.parametrize("kept", [(), ("username",)])
def test_when_the_fields_are_not_the_reason_few_questions_are_asked(kept: tuple[str, ...]) -> None:
    fields, asked = Fields(NAMES, kept), []

    def never(names: tuple[str, ...]) -> bool:
        asked.append(names)
        return False

    assert not fields.drop_found(never, NAMES)
    assert len(asked) <= 3
    assert fields.names == NAMES
    assert fields.refused == []


def test_a_refusal_that_has_gone_away_drops_nothing() -> None:
    fields = Fields(NAMES)
    fields.drop_found(Refuser(), NAMES)
    assert fields.names == NAMES


def test_a_late_refusal_of_a_field_that_is_dropped_already_means_ask_again() -> None:
    fields = Fields(("item_id", "likes", "shares"), ("item_id",))
    asked = fields.names
    assert fields.drop_named(refusal("likes is offline"), asked)
    assert fields.drop_named(
        refusal("likes is offline"), asked
    )  # another worker's request was under way
    assert fields.drop_found(Refuser("likes"), asked)
    assert fields.refused == ["likes"]


def test_two_workers_that_search_at_once_drop_each_field_once() -> None:
    fields = Fields(tuple(VIDEO_FIELDS), ("item_id",))
    asked = fields.names
    found: list[bool] = []
    together = threading.Barrier(2)

    def search() -> None:
        together.wait(PATIENCE)
        found.append(fields.drop_found(Refuser("reach"), asked))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True, True]
    assert fields.refused == ["reach"]


def test_fewer_permissions_leave_fewer_fields() -> None:
    fields = Fields(("username", "likes", "shares"))
    assert fields.keep_only(("likes", "username"))
    assert fields.names == ("username", "likes")
    assert not fields.keep_only(("likes", "username"))
    assert fields.refused == []
