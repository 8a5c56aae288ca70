"""A refusal of the API: a code and a message inside the envelope (facts 4.2)."""

from __future__ import annotations


class RefusalError(Exception):
    """Becomes HTTP 200 with `code` and `message` and empty `data`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
