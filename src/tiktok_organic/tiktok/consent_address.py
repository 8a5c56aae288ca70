"""Where an owner gives consent, and the address at which the browser lands afterwards.

Sources: the Accounts authorization pages (documents 1738083939371009, 1738084387220481) and
recorded addresses.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from tiktok_organic.errors import (
    BadValue,
    Refused,
)
from tiktok_organic.tiktok.printable_text import printable
from tiktok_organic.tiktok.scopes import SCOPES

__all__ = [
    "App",
    "Redirected",
    "authorize_address",
    "new_state",
    "redirect_problems",
    "redirected",
    "state_in",
]

_AROUND = " \t\r\n<>()\"'`“”„‟‘’‚‛«»‹›\u00a0\u200b\ufeff"
# Characters that mail, chat and word processors put around and after an address. Our states neither
# begin nor end with them.
_BEHIND = f"{_AROUND}.,;"
# Mail and terminals break a long address here; in a quoted mail `>` begins the next line.
_BREAK = re.compile(r"\s*[\r\n]+[\s>]*")
# The characters of `secrets.token_urlsafe`, which makes the states.
_STATE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class App:
    """The developer app at TikTok. `redirect_url` is the address registered with it."""

    client_key: str
    client_secret: str
    redirect_url: str

    def __repr__(self) -> str:
        return f"App({self.client_key!r}, …)"


@dataclass(frozen=True)
class Redirected:
    """The content of a redirected address."""

    code: str
    state: str


def new_state() -> str:
    """Return a state that cannot be guessed."""
    return secrets.token_urlsafe(24)


def authorize_address(authorize_url: str, app: App, state: str) -> str:
    """Return the address of TikTok's consent page, which it shows even to people who agreed before.

    PKCE is not used: TikTok's documents for this flow do not mention it, and a server that accepted
    the `code_challenge` could require a `code_verifier` in the token call, whose documented body
    has no member for it. The code is protected by the app's secret, and by a `state` that is used
    once and bound to the browser that began.
    """
    query = {
        "client_key": app.client_key,
        "response_type": "code",
        "redirect_uri": app.redirect_url,
        "scope": ",".join(SCOPES),
        "state": state,
        "disable_auto_auth": "1",
    }
    return f"{authorize_url}{'&' if '?' in authorize_url else '?'}{urlencode(query)}"


def redirected(address: str) -> Redirected:
    """Read the address at which the browser arrived.

    Raises Refused. TikTok calls the code `code`, and `auth_code` in parts of its documents; it is
    percent-encoded and is decoded exactly once.
    """
    # A mail or the source of a page has `&amp;` where the address has `&`.
    text = _BREAK.sub("", address.strip(_AROUND).rstrip(_BEHIND)).replace("&amp;", "&")
    if not text:
        raise Refused(
            "no address was given",
            code="no_address",
        )
    query = {
        name: values[-1] for name, values in parse_qs(_query(text), keep_blank_values=True).items()
    }
    problem = next(
        (
            query[name]
            # Old clients also read error_type, error_code and errCode (facts 1.2); a redirect may
            # contain error_code=0 with a valid code.
            for name in ("error", "error_type", "error_code", "errCode")
            if query.get(name, "0").strip() not in ("", "0")
        ),
        None,
    )
    if problem is not None:
        raise _consent_error(problem, query.get("error_description", ""))
    # TikTok's documents call it auth_code in places; the redirects of all known clients have code
    # (facts 1.2, 9).
    code = query.get("code") or query.get("auth_code")
    if not code or not _STATE.fullmatch(query.get("state", "")):
        raise BadValue(
            "the pasted address",
            "it does not contain TikTok's code and state",
            example=(
                "https://example.com/callback/?code=…&scopes=…&state=… (the whole address "
                "that the browser shows)"
            ),
            code="bad_address",
        )
    return Redirected(code=code, state=query["state"])


def state_in(address: str) -> str:
    """Return the state of a redirected address, also of one with an error; "" for none."""
    text = address.strip(_AROUND).rstrip(_BEHIND)
    found = parse_qs(_query(text)).get("state", [""])[-1]
    return found if _STATE.fullmatch(found) else ""


def _query(text: str) -> str:
    try:
        # Some people copy only a part of the address, sometimes without the question mark.
        return urlsplit(text).query or (text.partition("?")[2] if "?" in text else text)
    except ValueError:
        return text.partition("?")[2]


def _consent_error(problem: str, description: str) -> Refused:
    words = printable(problem)
    detail = f" ({printable(description.strip())})" if description.strip() else ""
    if problem == "access_denied":
        return Refused(
            f"the consent was denied on TikTok's page{detail}",
            code="access_denied",
        )
    if problem == "invalid_scope":
        return Refused(
            f"the TikTok app does not have one of the permissions{detail}",
            code="invalid_scope",
            scopes=", ".join(SCOPES),
        )
    return Refused(
        f"TikTok's page ended with {words}{detail}",
        code="authorization_failed",
    )


def redirect_problems(address: str) -> list[str]:
    """Return what TikTok would refuse about a redirect address; empty if nothing."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ["it is not a valid address"]
    # TikTok's rules for a registered address (facts 1.1).
    checks = [
        (parts.scheme != "https", "it must begin with https://"),
        (not parts.hostname, "it names no host"),
        (port is not None, "it must have no port"),
        (not parts.path.endswith("/"), "it must end in /"),
        (bool(parts.query) or "?" in address, "it must have no query"),
        (bool(parts.fragment) or "#" in address, "it must have no fragment"),
        (not 10 <= len(address) <= 512, "it must be 10 to 512 characters long"),
    ]
    return [problem for wrong, problem in checks if wrong]
