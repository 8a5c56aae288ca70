"""A value that a store cannot have is replaced by one that every store can have."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_store import ALICE, Memory

from tiktok_organic.replaced_values import replaced_characters, storable

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@given(values)
def test_the_result_is_json_that_every_store_takes(value: Any) -> None:
    text = json.dumps(storable(value), allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode("utf-8")
    assert replaced_characters(storable(value)) == 0


@pytest.mark.parametrize(
    ("value", "stored", "count"),
    [
        ("a\x00b", "a\ufffdb", 1),
        ("\ud83d", "\ufffd", 1),
        (math.inf, None, 1),
        ({"a\x00": [1e999, "ok"]}, {"a\ufffd": [None, "ok"]}, 2),
        ("Bäckerei 🥨", "Bäckerei 🥨", 0),
    ],
)
def test_each_character_that_is_replaced_is_counted(value: Any, stored: Any, count: int) -> None:
    assert storable(value) == stored
    assert replaced_characters(value) == count


def test_a_name_with_u0000_is_stored_clean_and_never_found(memory: Memory) -> None:
    memory.add(ALICE)
    memory.connectors.change(ALICE.id, {"display_name": "cake \x00 cake", "avatar": "\ud83d"})
    found = memory.connectors.get(ALICE.id)
    assert (found.display_name, found.avatar) == ("cake \ufffd cake", "\ufffd")
