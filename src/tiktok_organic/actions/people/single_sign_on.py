"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, state and nonce.

Source: OpenID Connect Core 1.0 (sections 3.1 and 5.7), OpenID Connect Discovery 1.0, RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from tiktok_organic.errors import Refused, TryAgain

__all__ = ["Begun", "Provider", "proved_at"]


_SECONDS = 10.0
_AGAIN = timedelta(minutes=5)
"""The maximum age of a login that the provider was requested to ask for again."""
# Bytes. The provider's responses are small; a larger one must not fill the memory.
_LARGEST = 256 * 1024
# Signatures with public keys only: with HS256 or none, a forged token could be accepted.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


@dataclass(frozen=True)
class Begun:
    """A login in progress, encrypted in a cookie of the browser that began it.

    `again`: the provider was requested to ask for the login even if the person is logged in.
    """

    state: str
    nonce: str
    verifier: str
    next: str
    again: bool = False

    def text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Begun:
        return Begun(**json.loads(text))


class Provider:
    """The provider of the settings.

    Its addresses and keys are read when they are needed. Methods raise TryAgain when the provider
    cannot be reached, and Refused when it rejects the login or its response is invalid.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        http: httpx2.Client,
        longest: timedelta,
    ) -> None:
        self._longest = longest
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._http = http
        self._found: dict[str, Any] | None = None

    def begin(self, redirect_uri: str, to: str, *, again: bool = False) -> tuple[Begun, str]:
        """Begin a login; return it and the address to send the browser to."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = Begun(state, nonce, verifier, to, again)
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            # with max_age the ID token says when the person was asked (Core, 3.1.2.1)
            "max_age": str(int((_AGAIN if again else self._longest).total_seconds())),
        }
        if again:
            query["prompt"] = "login"
        address = self._address("authorization_endpoint")
        return begun, f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def finish(
        self, begun: Begun, query: dict[str, str], redirect_uri: str, now: datetime
    ) -> dict[str, Any]:
        """Return the claims of the ID token about the returning person."""
        if not secrets.compare_digest(query.get("state", "").encode(), begun.state.encode()):
            raise _refused("the answer belongs to another login")
        if query.get("error"):
            raise _refused(f"the provider refused the login ({query['error'][:60]!r})")
        if query.get("iss", self._issuer) != self._issuer:
            raise _refused("the answer comes from another provider")
        form = {
            "grant_type": "authorization_code",
            "code": query.get("code", ""),
            "redirect_uri": redirect_uri,
            "code_verifier": begun.verifier,
        }
        response = self._authenticated_post(self._address("token_endpoint"), form)
        claims = self._verified(str(response.get("id_token", "")), begun.nonce)
        asked_at = proved_at(begun, claims, now)
        if asked_at is not None and now - asked_at > (_AGAIN if begun.again else self._longest):
            raise _refused("the provider did not ask for the login again")
        return claims

    def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            keys = KeySet.import_key_set(self._get(self._address("jwks_uri")))  # type: ignore[arg-type]  # JSON
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _refused(f"its ID token is not valid ({type(error).__name__})") from None
        # `azp`: the client that the token was made for (OpenID Connect Core, section 2).
        if claims.get("azp", self._client_id) != self._client_id:
            raise _refused("its ID token was made for another client")
        return dict(claims)

    def _address(self, name: str) -> str:
        if self._found is None:
            base = self._issuer.rstrip("/")
            found = self._get(f"{base}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != base:
                raise _refused("its configuration names another issuer")
            self._issuer = str(found["issuer"])
            self._found = found
        address = self._found.get(name)
        if not isinstance(address, str) or not self._is_allowed(address):
            raise _refused(f"its configuration has no usable {name}")
        return address

    def _is_allowed(self, address: str) -> bool:
        """Whether secrets may be sent there: https addresses, or http on this machine."""
        return address.startswith("https://") or not self._issuer.startswith("https://")

    def _get(self, address: str) -> dict[str, Any]:
        return self._exchange("GET", address, None, {})

    def _authenticated_post(self, address: str, form: dict[str, str]) -> dict[str, Any]:
        """Send the client's secret in the way that the provider requires.

        Discovery lists the methods; without a list, the Authorization header is used (RFC 6749,
        2.3.1).
        """
        methods = (self._found or {}).get("token_endpoint_auth_methods_supported")
        if not self._client_secret:
            return self._exchange("POST", address, {**form, "client_id": self._client_id}, {})
        if methods and "client_secret_basic" not in methods:
            secret = {"client_id": self._client_id, "client_secret": self._client_secret}
            return self._exchange("POST", address, {**form, **secret}, {})
        # Both are form-encoded before they are joined (RFC 6749, 2.3.1): they may contain a colon.
        pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
        header = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return self._exchange("POST", address, form, header)

    def _exchange(
        self, method: str, address: str, form: dict[str, str] | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        try:
            body = b""
            request = self._http.stream(
                method, address, data=form, headers=headers, timeout=_SECONDS
            )
            with request as reply:
                for chunk in reply.iter_bytes():
                    body += chunk
                    if len(body) > _LARGEST:
                        raise _refused("its answer is too large")
            response = json.loads(body)
        except httpx2.HTTPError as error:
            raise TryAgain(
                f"the sign-on provider cannot be reached ({type(error).__name__})",
                code="sign_on_away",
            ) from None
        except ValueError:
            response = None
        if reply.status_code != 200 or not isinstance(response, dict):
            raise _refused(f"the provider answered {reply.status_code}")
        return response


def proved_at(begun: Begun, claims: dict[str, Any], now: datetime) -> datetime | None:
    """Return when the person logged in at the provider; None if that is not known.

    A response without `auth_time` is accepted only if the provider was requested to ask again.
    """
    seconds = claims.get("auth_time")
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < 2**33:
        return min(datetime.fromtimestamp(seconds, UTC), now)
    return now if begun.again else None


def _refused(reason: str) -> Refused:
    return Refused(
        f"the single sign-on failed: {reason}",
        code="sign_on_failed",
    )
