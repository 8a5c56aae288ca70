"""Request one account's data from TikTok: each answer is archived, and repeated if that can help.

Two endpoints return everything: `business/get/` (document 1762228399168514) and
`business/video/list/` (document 1762228421622786).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from tiktok_organic.errors import (
    ReconnectNeeded,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from tiktok_organic.tiktok.answer_envelope import LARGEST_PAGE, Answer, BareRejection
from tiktok_organic.tiktok.limited_body import Reply
from tiktok_organic.tiktok.replace_secrets import replace_secrets, replace_secrets_in_text
from tiktok_organic.tiktok.transport import Transport

__all__ = ["Exchange", "TikTok", "TokenSource"]

BUSINESS_GET = "business/get/"
VIDEO_LIST = "business/video/list/"

T = TypeVar("T")


class TokenSource(Protocol):
    """Source of access tokens."""

    def current(self) -> str:
        """Return a token that is valid for at least a few minutes. Raises ReconnectNeeded."""

    def renewed(self, rejected: str) -> str:
        """Return another token than the rejected one. Raises ReconnectNeeded if none exists."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as the archive stores it. `body` contains no token."""

    endpoint: str
    parameters: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    number: int = 0


StoreAnswer = Callable[[Exchange], int]
"""Stores an answer before it is used; returns its number within the attempt."""


class TikTok:
    """TikTok's API for one account.

    Every call may raise ReconnectNeeded, NotPermitted, FieldRefused, TryAgain.
    """

    def __init__(
        self, transport: Transport, account_id: str, tokens: TokenSource, store_answer: StoreAnswer
    ) -> None:
        self._transport = transport
        self._account_id = account_id
        self._tokens = tokens
        self._store_answer = store_answer

    @property
    def clock_ahead(self) -> float | None:
        """Seconds that this clock is ahead of TikTok's `Date` headers; None before the first."""
        return self._transport.usage.clock_ahead

    def business_get(
        self, fields: tuple[str, ...], days: tuple[date, date] | None, read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """Request the account and its days from the first to the last of `days` (UTC, inclusive).

        Returns the number of the archived answer, and the result of `read` for its `data`.
        """
        return self.call(BUSINESS_GET, account_parameters(fields, days), read)

    def video_list(
        self, fields: tuple[str, ...], cursor: int | None, read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """Request one page of videos.

        `cursor`: unix milliseconds, the page begins with an older video; None: from the newest.
        """
        return self.call(VIDEO_LIST, video_parameters(fields, cursor), read)

    def call(
        self, endpoint: str, parameters: dict[str, str], read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """Repeat a request until the answer is readable, or a repetition cannot help.

        If the answer remains unreadable, its usable part (`Unreadable.usable`) is returned.
        """
        renewed, failures = False, 0
        while True:
            token = self._tokens.current()
            number = 0
            try:
                reply = self._transport.send(
                    "GET",
                    endpoint,
                    account=self._account_id,
                    params={"business_id": self._account_id, **parameters},
                    hidden=[token],
                    # TikTok's own header, without "Bearer": a wrong header name gets 40104, a
                    # Bearer prefix 40105 (facts 2.1).
                    headers={"Access-Token": token},
                )
                number, answer = self._store(endpoint, parameters, token, reply)
                return number, read(answer.data)
            except TokenRejected as error:
                if not renewed:
                    renewed = True
                    # Once only: a second rejection of a new token means that the consent is gone,
                    # and every further renewal would end the former pair.
                    self._tokens.renewed(token)
                    continue
                failure = _renewed_token_rejected(error)
            except TikTokOrganicError as error:
                failure = error
            failures += 1
            if not self._wait_after(failure, failures, endpoint):
                # The answer stays unreadable when it is repeated, and a part of it is better than
                # nothing.
                if isinstance(failure, Unreadable) and failure.usable is not None:
                    return number, failure.usable  # type: ignore[return-value]  # made by `read`
                raise failure

    def _store(
        self, endpoint: str, parameters: dict[str, str], token: str, reply: Reply
    ) -> tuple[int, Answer]:
        """Archive an answer without the token; return its number and its content."""
        headers = {
            name: replace_secrets_in_text(value, [token]) for name, value in reply.headers.items()
        }
        body = replace_secrets(reply.body, [token])
        now = self._transport.clock.now()
        # Archived before it is decoded: an answer that cannot be read yet may be readable later.
        number = self._store_answer(
            Exchange(endpoint, dict(parameters), reply.status, headers, body, received_at=now)
        )
        return number, self._transport.decode(Reply(reply.status, headers, body))

    def _wait_after(self, error: TikTokOrganicError, failures: int, endpoint: str) -> bool:
        pause = self._transport.pause_after(error, failures)
        if pause is None:
            # No request can succeed before the next day, so the limit is blocked for all processes.
            if isinstance(error, Throttled) and error.limit == "day" and error.pause is not None:
                self._transport.slow_down(
                    error, error.pause.total_seconds(), self._account_id, endpoint
                )
            return False
        seconds = pause.total_seconds()
        if isinstance(error, Throttled):
            self._transport.slow_down(error, seconds, self._account_id, endpoint)
        self._transport.wait(seconds, error.message)
        return True


def _renewed_token_rejected(error: TokenRejected) -> TikTokOrganicError:
    """Return the error for a token that TikTok has just issued and rejects."""
    if isinstance(error, BareRejection):  # TikTok renewed it, so the consent exists
        return Unavailable(error.message)
    return ReconnectNeeded(f"TikTok does not accept a renewed token either: {error.message}")


def account_parameters(fields: tuple[str, ...], days: tuple[date, date] | None) -> dict[str, str]:
    """Return the parameters of BUSINESS_GET: fields, first and last day (UTC, inclusive)."""
    parameters = {"fields": _list(fields)}
    if days is not None:
        parameters |= {"start_date": days[0].isoformat(), "end_date": days[1].isoformat()}
    return parameters


def video_parameters(fields: tuple[str, ...], cursor: int | None) -> dict[str, str]:
    """Return the parameters of VIDEO_LIST: fields, start of the page (unix milliseconds)."""
    parameters = {"fields": _list(fields), "max_count": str(LARGEST_PAGE)}
    if cursor is not None:
        parameters["cursor"] = str(cursor)
    return parameters


def _list(fields: tuple[str, ...]) -> str:
    """Format a list of fields as TikTok expects it: a JSON array as text."""
    return json.dumps(list(fields), separators=(",", ":"))
