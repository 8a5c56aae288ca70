"""Compose the advice for an error from a table of texts and the error's facts.

The terminal (`cli/advice_table.py`) and the page (`web/errors/advice_table.py`) each have a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

from tiktok_organic.errors import Facts

__all__ = ["Advise", "Table", "compose"]

Advise = Callable[[str, Facts], str]
"""Returns the advice for a code and facts, in the words of the terminal or of the page."""
Table = Mapping[str, str | tuple[str, ...]]
"""Advice by code, or by `code.case`.

Of several texts, the first one is used whose `{facts}` are all known; the last one needs none.
"""


def compose(table: Table, code: str, facts: Facts) -> str:
    """Return the advice for a code; for an unknown code, that of `error`."""
    found = table.get(f"{code}.{facts.get('case', '')}") or table.get(code) or table["error"]
    for text in (found,) if isinstance(found, str) else found:
        parts = list(Formatter().parse(text))
        if all(facts.get(name) for _, name, _, _ in parts if name):
            return "".join(plain + _text(facts, name) for plain, name, _, _ in parts)
    return ""


def _text(facts: Facts, name: str | None) -> str:
    if not name:
        return ""
    fact = facts[name]
    return ", ".join(fact) if isinstance(fact, list | tuple) else str(fact)
