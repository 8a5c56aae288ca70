"""Every query of docs/questions.md gives the true answer, and is one that people can write."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from questions_truth import ANSWERS
from questions_world import Lived, live

QUESTIONS: list[dict[str, str]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "questions.yaml").read_text("utf-8")
)


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


def test_every_query_gives_the_true_answer_within_one_percent(tmp_path: Path) -> None:
    """One test, because creating the world that all queries share takes some seconds."""
    with contextmanager(live)(tmp_path) as lived:
        wrong = {one["id"]: found for one in QUESTIONS if (found := _wrong(one, lived))}
    assert wrong == {}


def _wrong(question: dict[str, str], lived: Lived) -> list[Any]:
    """What of the answer is not the truth: the column, the row, and what was expected."""
    rows = lived.ask(question["query"].format(dataset=lived.dataset, other=lived.other))
    expected = ANSWERS[question["id"]](lived)
    assert expected, f"the world has no answer to {question['id']}"
    if len(rows) != len(expected):
        return [(len(rows), len(expected), rows[:3], expected[:3])]
    return [
        (name, row, wanted)
        for row, wanted in zip(rows, expected, strict=True)
        for name, value in wanted.items()
        if not _alike(row[name], value)
    ]


def _alike(found: Any, wanted: Any) -> bool:
    """Whether numbers agree within 1 %, and everything else exactly."""
    if isinstance(found, str) and found.isdecimal() and not isinstance(wanted, datetime):
        found, wanted = (int(one) if len(one) < 18 else one for one in (found, str(wanted)))
    if isinstance(wanted, int | float | Decimal) and found is not None:
        return float(found) == pytest.approx(float(wanted), rel=0.01)
    return bool(found == wanted)
