"""Split JSON into the exact text of its members, also if a strict parser rejects it.

msgspec is fast, but it rejects a whole page for one lone surrogate (`\ud83d`) or one `NaN`. The
second parser below accepts both, so that all other values of the page can be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec

from tiktok_organic.errors import Unreadable

__all__ = ["elements", "members", "minify"]

# msgspec refuses what TikTok could send and Python accepts, such as bytes that are not UTF-8.
# Only then the slow pass below is used.
_FAST_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FAST_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf"{_STRING}|[\[\]{{}},:]|[^\s\[\]{{}},:\"]+", re.DOTALL)
_SPACE = re.compile(rf"({_STRING})|\s+", re.DOTALL)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_REFUSED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def members(raw: bytes) -> dict[str, bytes]:
    """Return the members of a JSON object, each as its original text.

    Raises Unreadable if `raw` is not an object.
    """
    try:
        return {name: bytes(value) for name, value in _FAST_MEMBERS.decode(raw).items()}
    except _REFUSED:
        return {_name(key): _bytes(value) for key, value in _pairs(_text(raw))}


def elements(raw: bytes) -> list[bytes]:
    """Return the elements of a JSON array, each as its original text.

    Raises Unreadable if `raw` is not an array.
    """
    try:
        return [bytes(value) for value in _FAST_ELEMENTS.decode(raw)]
    except _REFUSED:
        text = _text(raw)
        if not text.startswith("["):
            raise Unreadable(f"expected a list, received {text[:20]!r}") from None
        return [_bytes(text[start:end]) for start, end in _parts(text)]


def minify(raw: bytes) -> str:
    """Return the same JSON without whitespace outside strings.

    Every other character is unchanged; a byte that is not UTF-8 becomes a lone surrogate.
    """
    try:
        return msgspec.json.format(raw, indent=-1).decode()
    except _REFUSED:
        return _SPACE.sub(lambda match: match.group(1) or "", _text(raw))


def _text(raw: bytes) -> str:
    """Return the text of valid JSON.

    Bytes that are not UTF-8 become lone surrogates, and bytes again in `_bytes`.
    """
    # U+FEFF is a byte order mark, which some servers put before JSON.
    text = raw.decode("utf-8", "surrogateescape").removeprefix("\ufeff").strip()
    try:
        # int() refuses numbers of thousands of digits
        json.loads(text, strict=False, parse_int=len)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    return text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _name(key: str) -> str:
    name: str = json.loads(key, strict=False)
    return name.encode("utf-8", "replace").decode()


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    if not text.startswith("{"):
        raise Unreadable(f"expected an object, received {text[:20]!r}")
    for start, end in _parts(text):
        part = text[start:end]
        key = re.match(_STRING, part, re.DOTALL)
        if key is not None:  # always true: the text is known to be valid JSON
            yield key.group(), part[key.end() :].lstrip().removeprefix(":").strip()


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Find the begin and end of the parts of the outermost list or object."""
    depth, start = 0, None
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in _CLOSING or (mark == "," and depth == 1):
            depth -= mark in _CLOSING
            if depth <= 1 and start is not None and (depth == 0 or mark == ","):
                yield start, _end(text, token.start())
                start = None
            continue
        if depth >= 1 and start is None:
            start = token.start()
        depth += mark in _OPENING


def _end(text: str, position: int) -> int:
    """Return `position` without the whitespace before it."""
    while text[position - 1].isspace():
        position -= 1
    return position
