"""Texts from outside, such as TikTok's messages, for use in an error."""

from __future__ import annotations

import re

__all__ = ["printable"]

_LONGEST_TEXT = 300
# Control characters in a message could change a terminal or forge a line of the log.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def printable(text: str) -> str:
    """Shorten a text from outside and replace control characters, for use in an error."""
    return _CONTROL.sub(" ", text)[:_LONGEST_TEXT]
