"""The fields of a sent form: urlencoded, small, as text.

(There are no uploads, so no multipart parser is needed.)
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from tiktok_organic.errors import BadValue

__all__ = ["Form", "Sent"]


class Form:
    """The fields of one form; a missing one is empty."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return every field with its value, in the order of the form."""
        return list(self._pairs)

    def text(self, name: str) -> str:
        return next((value for key, value in reversed(self._pairs) if key == name), "")

    def given(self, name: str) -> str | None:
        """Return the text, or None if the form has no such field."""
        return next((value for key, value in reversed(self._pairs) if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))

    def number(self, name: str, otherwise: int | None = None) -> int:
        """Return a whole number. Raises BadValue."""
        text = self.text(name).strip()
        if not text and otherwise is not None:
            return otherwise
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise BadValue(name, f"{text!r} is not a whole number", example="3")
        return int(text)


async def _form(request: Request) -> Form:
    body = await request.body()  # `Counted` has limited it
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except (ValueError, UnicodeDecodeError):
        return Form([])


Sent = Annotated[Form, Depends(_form)]
