"""ID tokens and metadata of a provider that is not the one of the settings, or lies."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from tiktok_organic.actions.people.single_sign_on import Begun, Provider
from tiktok_organic.errors import Refused

ISSUER = "https://login.example.com"
KEY, OTHER_KEY = (ECKey.generate_key("P-256", auto_kid=True) for _ in range(2))
NOW = datetime.now(UTC)
CLAIMS = {
    "iss": ISSUER, "aud": "us", "sub": "1", "nonce": "n",
    "exp": int(NOW.timestamp()) + 86_400, "iat": int(NOW.timestamp()),
}  # fmt: skip
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}
BEGUN = Begun("s", "n", "v", "/")


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    head = {"alg": "ES256", "kid": KEY.kid, **header}
    return str(jwt.encode(head, claims, key, algorithms=[head["alg"]]))


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b""]).decode()


def by_the_public_key(claims: dict[str, Any]) -> str:
    """Signed with HMAC, with the provider's public key as the secret."""
    public = json.dumps(KeySet([KEY]).as_dict()).encode()
    return str(jwt.encode({"alg": "HS256", "kid": KEY.kid}, claims, OctKey.import_key(public)))


def finish(token: str, metadata: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx2.Response(200, json=metadata or METADATA)
        if request.url.path == "/keys":
            return httpx2.Response(200, json=KeySet([KEY]).as_dict(private=False))
        return httpx2.Response(200, json={"id_token": token})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    provider = Provider(ISSUER, "us", "secret", http, timedelta(hours=24))
    told = {"state": "s", "code": "c", **query}
    return provider.finish(BEGUN, told, "https://data.example.com/login/sso/return", NOW)


def test_a_good_id_token_is_taken() -> None:
    assert finish(signed(CLAIMS))["sub"] == "1"


@pytest.mark.parametrize(
    "token",
    [
        unsigned(CLAIMS),
        by_the_public_key(CLAIMS),
        signed(CLAIMS, OTHER_KEY),
        signed(CLAIMS, OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)),
        signed(CLAIMS)[:-4] + "AAAA",
        signed({**CLAIMS, "aud": "another"}),
        signed({**CLAIMS, "aud": ["us", "another"], "azp": "another"}),
        signed({**CLAIMS, "iss": "https://evil.example"}),
        signed({**CLAIMS, "exp": int(NOW.timestamp()) - 3600}),
        signed({**CLAIMS, "nonce": "another"}),
        signed({name: value for name, value in CLAIMS.items() if name != "nonce"}),
        signed({name: value for name, value in CLAIMS.items() if name != "sub"}),
        signed({name: value for name, value in CLAIMS.items() if name != "exp"}),
        "",
        "a.b.c",
        "x" * 300_000,
    ],
)
def test_an_id_token_that_is_forged_is_refused(token: str) -> None:
    with pytest.raises(Refused, match="single sign-on failed"):
        finish(token)


def test_an_answer_of_another_issuer_is_refused() -> None:
    with pytest.raises(Refused, match="another provider"):
        finish(signed(CLAIMS), iss="https://evil.example")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{ISSUER}.evil.example"},
        {"issuer": ""},
        {"token_endpoint": "http://login.example.com/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": 5},
    ],
)
def test_metadata_of_another_issuer_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="its configuration"):
        finish(signed(CLAIMS), {**METADATA, **changed})
