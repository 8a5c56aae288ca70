"""Proxies and certificates of the environment are used, or refused by name."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue
from tiktok_organic.loopback import is_loopback
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import Simulator
from tiktok_organic.tiktok.http_client import http_client
from waiting import end

TIKTOK = "https://business-api.tiktok.com"
PASSWORD = "s3cret-of-the-proxy"


class Proxy(http.server.BaseHTTPRequestHandler):
    """Writes down what it is asked for, and refuses it."""

    asked: list[str] = []  # noqa: RUF012 - each test has a class of its own

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(403)

    do_CONNECT = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *args: object) -> None: ...


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Proxy,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        end(server)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "value",
    [
        "socks4://{}127.0.0.1:9",
        "ftp://{}127.0.0.1:9",
        "http://{}127.0.0.1:port",
        "http://{}[::1",
        "http://",
        "garbage://{}",
        "://{}",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_name_and_without_its_password(
    variable: str, value: str
) -> None:
    address = value.format(f"user:{PASSWORD}@")
    with pytest.raises(BadValue) as caught:
        http_client(TIKTOK, environment={variable: address})
    error = caught.value
    assert error.message.startswith(variable)
    assert PASSWORD not in error.message + advice_of(error)
    assert address.rpartition("@")[2] in error.message
    assert error.__cause__ is None


@pytest.mark.parametrize(
    "value",
    [
        "http://127.0.0.1:9",
        "127.0.0.1:9",
        "https://user:pa%20ss@proxy.example",
        "socks5://127.0.0.1:9",
        "socks5h://127.0.0.1:9",
        "socks://127.0.0.1:9/",
        "SOCKS://127.0.0.1:9",
    ],
)
def test_every_usual_kind_of_proxy_is_taken(value: str) -> None:
    http_client(TIKTOK, environment={"ALL_PROXY": value}).close()


def test_a_proxy_is_asked_for_other_hosts() -> None:
    with proxy() as (address, asked):
        with http_client("http://tiktok.example", environment={"HTTP_PROXY": address}) as client:
            assert client.get("http://tiktok.example/x").status_code == 403
        with (
            http_client(TIKTOK, environment={"HTTPS_PROXY": address}) as client,
            pytest.raises(httpx2.ProxyError),
        ):
            client.get(TIKTOK)
    assert asked == ["http://tiktok.example/x", "business-api.tiktok.com:443"]


HERE = ("127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST.", "::1", "a.localhost", "A.LocalHost.",
        "::ffff:127.0.0.1", "::FFFF:7F00:1")  # fmt: skip
ELSEWHERE = ("tiktok.com", "localhost.example.com", "10.0.0.1", "::2", "evillocalhost", "0.0.0.0",
             "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1.", "::ffff:10.0.0.1", "127.1",
             "2130706433", "0x7f000001", "localhost..", "::", "xn--localhost")  # fmt: skip
"""Names that look like this machine's among them, and spellings that some resolvers take."""


def url_of(host: str) -> str:
    return f"http://[{host}]:9/v1" if ":" in host else f"http://{host}:9/v1"


def asks_the_proxy(host: str) -> bool:
    """Whether requests to the host go through the proxy of the environment: it is not a valid one,
    which only who would use it notices."""
    try:
        http_client(url_of(host), environment={"HTTP_PROXY": "ftp://127.0.0.1:9"}).close()
    except BadValue:
        return True
    return False


@pytest.mark.parametrize("host", HERE)
def test_this_machine_is_loopback_for_every_caller(host: str) -> None:
    assert is_loopback(host)
    assert Settings.read({"TIKTOK_ORGANIC_API_URL": url_of(host)}).api_url == url_of(host)
    assert Settings.read({"TIKTOK_ORGANIC_OIDC_ISSUER": url_of(host)}).oidc_issuer == url_of(host)
    assert not asks_the_proxy(host)


@pytest.mark.parametrize("host", [*ELSEWHERE, ""])
def test_other_machines_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_no_secret_goes_to_another_machine_in_clear_text_or_past_the_proxy(host: str) -> None:
    for name in ("API_URL", "OIDC_ISSUER"):
        with pytest.raises(BadValue, match="https"):
            Settings.read({f"TIKTOK_ORGANIC_{name}": url_of(host)})
    assert asks_the_proxy(host)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_never_asked_through_a_proxy(name: str) -> None:
    with (
        proxy() as (address, asked),
        Simulator() as simulator,
        http_client(simulator.url, environment={name: address}) as client,
    ):
        assert client.get(simulator.url + "/nothing").status_code == 404
    assert asked == []


@pytest.mark.parametrize(
    "no_proxy",
    ["*", "tiktok.com", ".tiktok.com", "*.tiktok.com", "a, business-api.tiktok.com ,b", "a,*"],
)
def test_a_host_that_no_proxy_names_is_asked_directly(no_proxy: str) -> None:
    environment = {"HTTPS_PROXY": "nonsense://", "no_proxy": no_proxy}
    http_client(TIKTOK, environment=environment).close()


@pytest.mark.parametrize("no_proxy", ["", ",", "tok.com", "api.tiktok.com", "10.0.0.0/8", "."])
def test_a_host_that_no_proxy_does_not_name_is_not(no_proxy: str) -> None:
    with pytest.raises(BadValue):
        http_client(TIKTOK, environment={"HTTPS_PROXY": "nonsense://", "NO_PROXY": no_proxy})


def test_no_proxy_may_name_a_network() -> None:
    environment = {"HTTPS_PROXY": "nonsense://", "NO_PROXY": "10.0.0.0/8"}
    http_client("https://10.1.2.3", environment=environment).close()


@pytest.mark.parametrize("kind", ["absent", "empty", "text", "folder"])
def test_a_file_of_certificates_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / kind
    if kind in ("empty", "text"):
        path.write_text("" if kind == "empty" else "no certificates")
    if kind == "folder":
        path.mkdir()
    with pytest.raises(BadValue, match=r"^SSL_CERT_FILE: .*" + kind):
        http_client(TIKTOK, environment={"SSL_CERT_FILE": str(path)})


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_folder_of_certificates_that_is_not_one_is_refused_by_name(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / kind
    if kind == "file":
        path.write_text("")
    with pytest.raises(BadValue, match=r"^SSL_CERT_DIR: .*" + kind):
        http_client(TIKTOK, environment={"SSL_CERT_DIR": str(path)})


def test_certificates_are_not_read_for_an_address_without_encryption() -> None:
    http_client("http://127.0.0.1", environment={"SSL_CERT_FILE": "/nonexistent"}).close()
