"""The answers of the queries of docs/questions.yaml, compared with the truth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from questions_truth import ANSWERS
from questions_world import Lived

__all__ = ["QUESTIONS", "wrong_answers"]

QUESTIONS: list[dict[str, str]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "questions.yaml").read_text("utf-8")
)


def wrong_answers(lived: Lived) -> dict[str, list[Any]]:
    """By the question's id: what of its answer is not the truth."""
    return {one["id"]: found for one in QUESTIONS if (found := _wrong(one, lived))}


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
