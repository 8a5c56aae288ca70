"""Parts of Markdown pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["NOTICE", "code", "link", "page", "table"]

NOTICE = (
    "<!-- Made by `make docs` from the code. Change docs/generator/ or the code, not this file. -->"
)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are text."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: str) -> str:
    """Return text as code, with any backticks in it."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def link(heading: str) -> str:
    """Return GitHub's anchor of a heading."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return "#" + kept.replace(" ", "-")


def page(title: str, *parts: str) -> str:
    """Return a generated page."""
    return (
        "\n\n".join([f"# {title}", NOTICE, *(part.strip() for part in parts if part.strip())])
        + "\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
