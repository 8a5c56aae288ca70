"""The address of the consent page, and the address that the browser lands on."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import Refused
from tiktok_organic.tiktok.consent_address import (
    App,
    authorize_address,
    new_state,
    redirect_problems,
    redirected,
)
from tiktok_organic.tiktok.scopes import NEEDED, SCOPES

APP = App("7500000000000000001", "s3cret-of-the-app", "https://example.com/tiktok/")
CODE = "abc*1!def"


@pytest.mark.parametrize(
    "page", ["https://www.tiktok.com/v2/auth/authorize/", "https://example.com/a?x=1"]
)
def test_the_consent_page_is_asked_for_everything_that_is_needed(page: str) -> None:
    address = authorize_address(page, APP, "state-1")
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    query.pop("x", None)
    assert query == {
        "client_key": "7500000000000000001",
        "response_type": "code",
        "redirect_uri": "https://example.com/tiktok/",
        "scope": ",".join(SCOPES),
        "state": "state-1",
        "disable_auto_auth": "1",
    }
    assert set(NEEDED) <= set(SCOPES)
    assert "s3cret" not in address


def test_only_what_reads_is_asked_for() -> None:
    assert not [
        scope
        for scope in SCOPES
        if any(word in scope for word in ("publish", "upload", "manage", "send"))
    ]


def test_states_are_long_and_never_the_same() -> None:
    states = {new_state() for _ in range(100)}
    assert len(states) == 100
    assert min(map(len, states)) >= 32


@pytest.mark.parametrize("name", ["code", "auth_code"])
@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        " {} \n",
        "<{}>",
        '"{}"',
        "'{}'",
        "“{}”",
        "„{}“",
        "‘{}’",
        "«{}»",
        "« {} »",
        "{}.",
        "{},",
        "“{}.”",
        "“{}”.",
        "`{}`",
        "({})",
        "{};",
        "\u200b{}\u200b",
        "\ufeff{}",
    ],
)
def test_a_pasted_address_gives_its_code_and_state(name: str, wrap: str) -> None:
    address = f"https://example.com/tiktok/?{name}={quote(CODE)}&scopes=video.list&state=st-1"
    found = redirected(wrap.format(address))
    assert (found.code, found.state) == (CODE, "st-1")


def test_the_query_alone_is_enough() -> None:
    assert redirected(f"?code={quote(CODE)}&state=s").code == CODE
    assert redirected(f"code={quote(CODE)}&state=s").code == CODE
    assert redirected(f"https://example.com/tiktok/?code={quote(CODE)}&state=s#_").code == CODE


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    st.text("abc-_123", min_size=1, max_size=20),
)
def test_a_code_is_decoded_exactly_once(code: str, state: str) -> None:
    address = (
        f"https://example.com/tiktok/?{urlencode({'code': code, 'state': state}, quote_via=quote)}"
    )
    found = redirected(address)
    assert (found.code, found.state) == (code, state)


@pytest.mark.parametrize(
    ("query", "code", "word"),
    [
        (
            "error=access_denied&error_description=User%20denied&state=s",
            "access_denied",
            "User denied",
        ),
        ("error=invalid_scope&error_type=scope", "invalid_scope", "user.insights"),
        ("errCode=10007&error_type=code_expired&state=s", "authorization_failed", "code_expired"),
        ("error=server_error&state=s", "authorization_failed", "server_error"),
        ("error=access_denied&code=x&state=s", "access_denied", "allow"),
    ],
)
def test_a_failed_consent_says_what_happened_and_what_to_do(
    query: str, code: str, word: str
) -> None:
    with pytest.raises(Refused) as caught:
        redirected(f"https://example.com/tiktok/?{query}")
    assert caught.value.code == code
    assert word in caught.value.message + advice_of(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "  ", '""', "hello", "https://example.com/", "https://example.com/?code=x", "https://example.com/?state=x",
     "https://example.com/?code=&state=x", "http://[::1?code=", "https://www.tiktok.com/v2/auth/authorize/?client_key=1&state=s"],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        redirected(text)
    assert advice_of(caught.value)


@given(st.text(st.characters(codec=None), max_size=80))
def test_nothing_that_is_pasted_crashes(text: str) -> None:
    for address in (text, f"https://example.com/?{text}", f"https://example.com/?error={text}"):
        try:
            redirected(address)
        except Refused as error:
            told = error.message
        else:
            continue
        assert "\n" not in told
        assert "\x1b" not in told


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://example.com/tiktok/", []),
        ("http://example.com/tiktok/", ["https"]),
        ("https://example.com:8443/tiktok/", ["port"]),
        ("https://example.com/tiktok", ["end in /"]),
        ("https://example.com/tiktok/?a=1", ["query"]),
        ("https://example.com/tiktok/#x", ["fragment"]),
        ("https://" + "e" * 520 + ".com/", ["512"]),
        ("https://:443/", ["host", "port"]),
        ("https://[::1/", ["valid"]),
        ("http://localhost:8080/callback", ["https", "port", "end in /"]),
    ],
)
def test_problems_of_a_redirect_address_that_tiktok_would_refuse_are_named(
    address: str, words: list[str]
) -> None:
    problems = redirect_problems(address)
    assert len(problems) == len(words)
    for word in words:
        assert any(word in problem for problem in problems)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/callback/?code=abc&scopes=x&state=S1&error_code=0",
        "https://example.com/callback/?code=abc&error_code=0&errCode=&error_type=&state=S1",
        "https://example.com/callback/?code=abc&amp;scopes=x&amp;state=S1",
        "https://example.com/callback/?code=a\r\nbc&state=S1",
        "https://example.com/callback/?code=ab\n> c&state=S1",
        "> https://example.com/callback/?code=abc&sta\n   te=S1\n",
    ],
)
def test_an_address_is_read_however_a_page_or_a_mail_bent_it(address: str) -> None:
    answer = redirected(address)
    assert (answer.code, answer.state) == ("abc", "S1")
