"""Each exception to a rule of the linter or of the type checker says why it is made."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "docs", "benchmarks", "release")
EXCEPTION = re.compile(r"# (noqa|type: ignore)")
WITH_REASON = re.compile(r"# noqa: [A-Z0-9, ]+ - \S|# type: ignore\[[a-z, -]+\]  # \S")


def exceptions() -> list[str]:
    """The comments that make one, each with its file and line."""
    return [
        f"{path.relative_to(ROOT)}:{token.start[0]} {token.string}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if EXCEPTION.search(text := path.read_text("utf-8"))
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and EXCEPTION.search(token.string)
    ]


def test_every_exception_to_a_rule_gives_its_reason_on_its_line() -> None:
    found = exceptions()
    assert len(found) > 50
    assert [one for one in found if not WITH_REASON.search(one)] == []
