"""Find one value in TikTok's archived answers: the answer, and the value as TikTok wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from tiktok_organic.archive import Archive, ArchivedAnswer
from tiktok_organic.errors import Unreadable
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.tiktok.json_spans import elements, members

__all__ = ["Origin", "find_account_value", "find_day_value", "find_video_value"]

_LONGEST = 2_000
_NOTHING = (b"null", b"[]")


@dataclass(frozen=True)
class Origin:
    """An archived answer and the value in it.

    `file` and `member`: the archive's file and the answer's number in it, from 1. `received_at`: as
    the archive wrote it (UTC). `sent`: the value's JSON text, at most 2,000 characters; None if
    TikTok omitted the field. `empty`: it was omitted, null or an empty list.
    """

    file: str
    member: int
    endpoint: str
    request_id: str | None
    received_at: str
    sent: str | None
    empty: bool

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "file": self.file,
            "member": self.member,
            "endpoint": self.endpoint,
            "received_at": self.received_at,
            "sent": self.sent,
        }


def find_account_value(archive: Archive, fetched: FetchSummary, field: str) -> Origin | None:
    """Find a field of the account. Raises Refused if the archive has lost the answer."""
    for answer in _account_answer(archive, fetched):
        return _origin(fetched, answer, members(_data(answer)).get(field))
    return None


def find_day_value(archive: Archive, fetched: FetchSummary, day: date, field: str) -> Origin | None:
    """Find a field of one day; None if the answer does not have the day.

    Raises Refused if the archive has lost the answer.
    """
    for answer in _account_answer(archive, fetched):
        found: bytes | None = None
        has_day = False
        metrics = members(_data(answer)).get("metrics", b"null")
        for parts in _objects(metrics):
            if _text(parts.get("date"))[:10] != day.isoformat():
                continue
            has_day = True
            value = parts.get(field)
            # If TikTok lists a day twice, a later value replaces an earlier one, but a missing or
            # empty value does not.
            if found is None or (value is not None and value not in _NOTHING):
                found = value
        if has_day:
            return _origin(fetched, answer, found)
    return None


def find_video_value(
    archive: Archive, fetched: FetchSummary, item_id: str, field: str
) -> Origin | None:
    """Find a field of one video; None if the list does not have the video.

    Raises Refused if the archive has lost the answer.
    """
    wanted = item_id.encode()
    for answer in archive.answers(fetched.archive, fetched.videos):
        # A search in the bytes is much cheaper than parsing every page of a long list.
        if wanted not in answer.body:
            continue
        for parts in _objects(members(_data(answer)).get("videos", b"null")):
            if _text(parts.get("item_id")).strip() == item_id:
                return _origin(fetched, answer, parts.get(field))
    return None


def _account_answer(archive: Archive, fetched: FetchSummary) -> Iterator[ArchivedAnswer]:
    if fetched.account is not None:
        yield from archive.answers(fetched.archive, [fetched.account])


def _origin(fetched: FetchSummary, answer: ArchivedAnswer, value: bytes | None) -> Origin:
    return Origin(
        file=fetched.archive,
        member=answer.number,
        endpoint=str(answer.head.get("endpoint", "")),
        request_id=answer.head.get("request_id"),
        received_at=str(answer.head.get("received_at", "")),
        sent=None if value is None else value.decode("utf-8", "replace")[:_LONGEST],
        empty=value is None or value in _NOTHING,
    )


def _data(answer: ArchivedAnswer) -> bytes:
    return members(answer.body)["data"]


def _objects(raw: bytes) -> Iterator[dict[str, bytes]]:
    if raw == b"null":
        return
    for element in elements(raw):
        with suppress(Unreadable):
            yield members(element)


def _text(raw: bytes | None) -> str:
    """Return a member as text, also if TikTok sent a number."""
    if raw is None:
        return ""
    with suppress(ValueError):
        return str(json.loads(raw))
    return ""
