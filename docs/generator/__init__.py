"""The generated pages: one module for each."""

from __future__ import annotations

from collections.abc import Callable

from generator import commands, errors, picture, questions, settings, tables

__all__ = ["PAGES"]

PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables.page,
    "settings.md": settings.page,
    "commands.md": commands.page,
    "errors.md": errors.page,
    "demo.svg": picture.page,
    "questions.md": questions.page,
}
"""File name in `docs/`, and the function that returns its text."""
