"""Hashtags: what follows a #, in letters, marks and digits of any script."""

from __future__ import annotations

import json

import pytest

from tiktok_organic.history.hashtags import hashtags, hashtags_json


@pytest.mark.parametrize(
    ("caption", "found"),
    [
        ("no tag, a # alone and ##", ()),
        ("#Sale now", ("sale",)),
        ("##a", ("a",)),
        ("a#b", ("b",)),
        ("#a#b", ("a", "b")),
        ("#_", ("_",)),
        ("#sale #SALE #Sale", ("sale",)),
        ("#top10!", ("top10",)),
        ("#हिन्दी", ("हिन्दी",)),
        ("#ประเทศไทย", ("ประเทศไทย",)),
        ("#رمضان", ("رمضان",)),
        ("#日本語、#料理", ("日本語", "料理")),
        ("#cafe\u0301", ("cafe\u0301",)),
        ("#٣٤", ("٣٤",)),
        ("#😀", ()),
        ("#fun😀more", ("fun",)),
        ("#a-b #c.d", ("a", "c")),
        ("#½", ()),
    ],
)
def test_hashtags_of_a_caption(caption: str, found: tuple[str, ...]) -> None:
    assert hashtags(caption) == found


def test_the_stored_array_is_readable_json_and_absent_without_a_caption() -> None:
    assert hashtags_json("#é") == '["é"]'
    assert json.loads(hashtags_json("none") or "") == []
    assert hashtags_json(None) is None
