"""The tokens of an owner's consent: exchange, renew, revoke.

Sources: the Accounts authorization pages (documents 1738083939371009, 1738084387220481,
1833997638479041) and recorded answers; section 1 of our facts. Access tokens are valid for 24
hours, refresh tokens until 365 days after the consent: a renewal does not extend them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from tiktok_organic.errors import (
    ReconnectNeeded,
    Refused,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from tiktok_organic.tiktok.answer_envelope import BareRejection
from tiktok_organic.tiktok.consent_address import App
from tiktok_organic.tiktok.json_spans import elements, members
from tiktok_organic.tiktok.lenient_values import read_count, read_text
from tiktok_organic.tiktok.limited_body import Reply
from tiktok_organic.tiktok.replace_secrets import replace_secrets, replace_secrets_in_text
from tiktok_organic.tiktok.scopes import parse
from tiktok_organic.tiktok.token_pair import TokenPair
from tiktok_organic.tiktok.transport import Transport

__all__ = ["OAuth"]

T = TypeVar("T")

# The documented lifetimes (facts 1.3), for an answer without one.
_ACCESS_LIFE = timedelta(seconds=86_400)
_CONSENT_LIFE = timedelta(seconds=31_536_000)
# An absurd number in an answer must not lead to a date that Python cannot represent.
_LONGEST_LIFE = 10 * 31_536_000
_RENEWAL = "tt_user/oauth2/refresh_token/"
_INFORMATION = "tt_user/token_info/get/"
_SECRET = frozenset({"auth_code", "refresh_token", "access_token"})


class OAuth:
    """The four token calls.

    Each may raise TryAgain; none of them puts a secret into an error or an address.
    """

    def __init__(self, transport: Transport, app: App) -> None:
        self._transport = transport
        self._app = app

    def exchange(self, code: str) -> TokenPair:
        """Exchange a code for tokens. Raises Refused if it is expired, used, or of another flow.

        Not repeated if the answer is lost: a code is valid once.
        """
        return self._tokens(
            "tt_user/oauth2/token/",
            {
                "grant_type": "authorization_code",
                "auth_code": code,
                # Must repeat the address of the consent exactly (facts 1.1).
                "redirect_uri": self._app.redirect_url,
            },
        )

    def renew(self, known: TokenPair) -> TokenPair:
        """Renew the pair `known`; values that the answer omits are taken from it.

        (RFC 6749, section 6, lets a server omit an unchanged refresh token and scope.) A renewal
        does not extend a consent, so its end never moves to a later time. Raises ReconnectNeeded if
        the consent was revoked or has ended.
        """
        body = {"grant_type": "refresh_token", "refresh_token": known.refresh_token}
        try:
            return self._patiently(_RENEWAL, lambda: self._tokens(_RENEWAL, body, known))
        except TokenRejected as error:
            raise ReconnectNeeded(error.message) from error
        except Refused as error:
            if error.code != "authorization_failed":
                raise
            raise ReconnectNeeded(error.message) from error

    def revoke(self, access_token: str) -> None:
        """Revoke the consent."""
        self._post("tt_user/oauth2/revoke/", {"access_token": access_token})

    def granted(self, access_token: str) -> tuple[str, ...]:
        """Return the present scopes of a token (`token_info/get`). Raises TokenRejected."""
        body = {"app_id": self._app.client_key, "access_token": access_token}
        return self._patiently(
            _INFORMATION,
            # The documented body of this call has no secret (facts 1.3).
            lambda: _granted(self._post(_INFORMATION, body, secret=False)),
        )

    def _tokens(
        self, endpoint: str, body: dict[str, str], known: TokenPair | None = None
    ) -> TokenPair:
        # Before the request: counted from a later time, the lifetime would be too long.
        asked_at = self._transport.clock.now()
        data = self._post(endpoint, body)
        access_token = _required(data, "access_token")
        life = _seconds(data, "expires_in")
        access_expires = asked_at + (_ACCESS_LIFE if life is None else life)
        lifetime = _seconds(data, "refresh_token_expires_in")
        if known is None:
            return TokenPair(
                access_token=access_token,
                access_expires=access_expires,
                refresh_token=_required(data, "refresh_token"),
                consent_ends=asked_at + (_CONSENT_LIFE if lifetime is None else lifetime),
                account_id=_required(data, "open_id"),
                scopes=_scopes(data),
            )
        # Whether TikTok replaces the refresh token at each renewal is not documented (facts 1.3),
        # so the answer's one is stored if it is usable, and the former one otherwise.
        given = _word(data, "refresh_token")
        return TokenPair(
            access_token=access_token,
            access_expires=access_expires,
            refresh_token=given if _usable(given) else known.refresh_token,
            # TikTok's lifetime counts down from the consent: a recorded renewal 8,686 s after the
            # consent had 31,536,000 - 8,686 s left (facts 1.3). One client reads it as rolling, so
            # a later end is never accepted.
            consent_ends=known.consent_ends
            if lifetime is None
            else min(known.consent_ends, asked_at + lifetime),
            account_id=known.account_id,
            scopes=_scopes(data) or known.scopes,
        )

    def _post(
        self, endpoint: str, body: dict[str, str], *, secret: bool = True
    ) -> dict[str, bytes]:
        identity = (
            {"client_id": self._app.client_key, "client_secret": self._app.client_secret}
            if secret
            else {}
        )
        hidden = [
            self._app.client_secret,
            *(value for name, value in body.items() if name in _SECRET),
        ]
        reply = self._transport.send("POST", endpoint, hidden=hidden, json={**identity, **body})
        body_without = _cut(reply.status, reply.body, hidden)
        try:
            answer = self._transport.decode(Reply(reply.status, reply.headers, body_without))
        # Failures of token calls have an envelope (facts 1.3). A bare 401 comes from a gateway and
        # must not stop a connector.
        except BareRejection as error:  # says nothing about the consent
            raise Unavailable(error.message) from None
        except TikTokOrganicError as error:
            raise _without(error, hidden) from None
        try:
            return members(answer.data)
        except Unreadable:
            return {}

    def _patiently(self, endpoint: str, ask: Callable[[], T]) -> T:
        """Send a request, and repeat it if that can help.

        A throttled answer delays all other requests, as for data calls.
        """
        failures = 0
        while True:
            try:
                return ask()
            except TikTokOrganicError as error:
                failures += 1
                pause = self._transport.pause_after(error, failures)
                if pause is None:
                    raise
                if isinstance(error, Throttled):
                    self._transport.slow_down(error, pause.total_seconds(), None, endpoint)
                self._transport.wait(pause.total_seconds(), error.message)


def _required(data: dict[str, bytes], name: str) -> str:
    """Return a required member. Raises Unreadable."""
    value = _word(data, name)
    if not _usable(value):
        raise Unreadable(
            f"TikTok's answer to a token call has no usable {name}", case="not_archived"
        )
    return value


def _usable(value: str) -> bool:
    """Return a token that can be sent in a header: plain visible characters only."""
    return bool(value) and value.isascii() and value.isprintable()


def _granted(data: dict[str, bytes]) -> tuple[str, ...]:
    scopes = _scopes(data)
    if not scopes:
        raise Unreadable("TikTok's answer to a token call has no usable scope", case="not_archived")
    return scopes


def _scopes(data: dict[str, bytes]) -> tuple[str, ...]:
    """Return the scopes: a string as documented, or a JSON list; empty if neither can be read."""
    raw = data.get("scope", b"null")
    if not raw.startswith(b"["):
        return parse(_word(data, "scope"))
    try:
        return parse(",".join(read_text(element) or "" for element in elements(raw)))
    except (ValueError, Unreadable):
        return ()


def _word(data: dict[str, bytes], name: str) -> str:
    try:
        return (read_text(data.get(name, b"null")) or "").strip()
    except ValueError:
        return ""


def _seconds(data: dict[str, bytes], name: str) -> timedelta | None:
    """Return a lifetime; None if the answer has no readable one."""
    try:
        seconds = read_count(data.get(name, b"null"))
    except ValueError:
        return None
    return None if seconds is None else timedelta(seconds=max(0, min(seconds, _LONGEST_LIFE)))


def _cut(status: int, body: bytes, hidden: list[str]) -> bytes:
    """Remove our secrets from the body of a refusal, before its text is shortened."""
    if b'"access_token"' in body and status < 400:
        return body  # the new pair, which may equal the former one
    return replace_secrets(body, hidden)


def _without(error: TikTokOrganicError, hidden: list[str]) -> TikTokOrganicError:
    """Return the same error without our secrets in its text.

    Token calls are not archived.
    """
    error.message = replace_secrets_in_text(error.message, hidden, "[hidden]")
    error.args = (error.message,)
    if isinstance(error, Unreadable):
        error.facts["case"] = "not_archived"
    return error
