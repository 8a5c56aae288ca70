"""Secrets in TikTok's answers are replaced in every spelling, and nothing else is."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.tiktok.replace_secrets import replace_secrets, replace_secrets_in_text

TOKEN = "act.Ab/9*x!4711.va"

SPELLINGS = (
    lambda letter: letter,
    lambda letter: f"\\u{ord(letter):04x}",
    lambda letter: f"\\u{ord(letter):04X}",
    lambda letter: f"%{ord(letter):02X}",
    lambda letter: "\\/" if letter == "/" else letter,
)


@given(
    st.lists(st.sampled_from(SPELLINGS), min_size=len(TOKEN), max_size=len(TOKEN)),
    st.text(),
    st.text(),
)
def test_no_spelling_of_a_secret_stays(spellings: list[object], before: str, behind: str) -> None:
    spelled = "".join(spell(letter) for spell, letter in zip(spellings, TOKEN, strict=True))  # type: ignore[operator]  # lambdas in a list are objects to mypy
    body = f"{json.dumps(before)[:-1]}{spelled}{json.dumps(behind)[1:]}".encode()
    clean = replace_secrets(body, [TOKEN])
    assert json.loads(clean) == f"{before}[token]{behind}"


@given(st.text(), st.booleans())
def test_an_answer_without_the_secret_stays_as_it_is(text: str, ascii_only: bool) -> None:
    body = json.dumps(
        {"a": text, "b": f"https://x.test/?{quote(text)}"}, ensure_ascii=ascii_only
    ).encode()
    assert replace_secrets(body, [TOKEN, "another-secret"]) == body


@pytest.mark.parametrize("spelled", [TOKEN, quote(TOKEN, safe=""), TOKEN.replace("/", "\\/")])
def test_a_text_is_cleaned_too(spelled: str) -> None:
    assert (
        replace_secrets_in_text(f"of {spelled} \ud83d é", [TOKEN], "[hidden]")
        == "of [hidden] \ud83d é"
    )


def test_each_secret_is_cut_out_and_what_is_too_short_to_be_one_is_not() -> None:
    assert replace_secrets(
        b"one-secret, another\\u002dsecret, 12345", ["one-secret", "another-secret", "12345"]
    ) == (b"[token], [token], 12345")
