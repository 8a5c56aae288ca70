"""Every query of docs/questions.md is one that people can write."""

from __future__ import annotations

import re

import pytest
from questions_compared import QUESTIONS
from questions_truth import ANSWERS


def test_there_are_twenty_questions() -> None:
    assert len({one["id"] for one in QUESTIONS}) == len(QUESTIONS) == 20
    assert set(ANSWERS) == {one["id"] for one in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one["id"])
def test_a_query_is_short_and_plain(question: dict[str, str]) -> None:
    query = question["query"]
    assert len(query.strip().splitlines()) <= 10
    assert not re.search(r"\bOVER\b|json|->|unnest|\blag\b|\bQUALIFY\b", query, re.IGNORECASE)
    assert question["ask"].endswith("?")
    assert question["unsaid"].endswith(".")
