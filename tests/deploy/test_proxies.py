"""The examples for Caddy and nginx, with the real programs in front of the real page."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import uvicorn

from tiktok_organic.actions.operation.engine_setup import make_engine
from tiktok_organic.actions.people.passwords import hash_password
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.server.connection_limits import server_options
from tiktok_organic.settings import Settings
from tiktok_organic.store.people.people import Person
from tiktok_organic.web import create
from waiting import PATIENCE, free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = "data.example.com"
PASSWORD = "correct horse battery"
PROXIES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name}"),
    )
    for name in ("caddy", "nginx")
]


@dataclass(frozen=True)
class Public:
    """A page behind a proxy. `port`: where the proxy speaks https."""

    app: App
    port: int

    def browser(self) -> httpx2.Client:
        """A browser that takes the proxy's own certificate and finds the name on this machine."""
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            verify=False,  # the certificate was made a moment ago
            event_hooks={"request": [named]},
            headers={"host": NAME, "origin": f"https://{NAME}"},
            timeout=PATIENCE,
        )


def named(request: httpx2.Request) -> None:
    """Let TLS, too, say which name is meant."""
    request.extensions["sni_hostname"] = NAME


def caddy(folder: Path, page: int, port: int) -> list[str]:
    """The shipped Caddyfile on another port, with a certificate of Caddy itself."""
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    text = text.partition("\n# A program that sends its token")[0]  # the part for port 80
    assert f"{NAME} {{" in text
    text = text.replace(f"{NAME} {{", f"https://{NAME}:{port} {{\n\ttls internal")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{page}")
    options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n"
    options += f"\tstorage file_system {folder}/store\n\tdefault_bind 127.0.0.1\n}}\n"
    (folder / "Caddyfile").write_text(options + text, "utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def nginx(folder: Path, page: int, port: int) -> list[str]:
    """The shipped server blocks on other ports, with a certificate that was created here."""
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    certificate = f"/etc/letsencrypt/live/{NAME}/"
    assert certificate in text
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    text = text.replace(certificate, f"{folder}/").replace("127.0.0.1:8000", f"127.0.0.1:{page}")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = "\n".join(line for line in text.splitlines() if "listen [::]" not in line)
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is closed to others
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\n{user}pid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}\n}}\n",
        "utf-8",
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


@contextmanager
def page(app: App) -> Iterator[int]:
    """The page as `serve` runs it."""
    config = uvicorn.Config(
        create(app, make_engine(app, advice_for)),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        **server_options(app.settings.trusted_proxies),
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE)


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """A proxy, once it answers."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as made:
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(port):
                assert made.poll() is None, log.read_text("utf-8")[-2000:]
                assert time.monotonic() < deadline, log.read_text("utf-8")[-2000:]
            yield
        finally:
            made.terminate()


def answers(port: int) -> bool:
    """Whether a server answers there with TLS and a certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer:
            context.wrap_socket(peer, server_hostname=NAME).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module", params=PROXIES)
def public(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Public]:
    folder = tmp_path_factory.mktemp(request.param)
    app = App(Settings(home=folder / "home", public_url=f"https://{NAME}/"))
    alice = Person(
        "p-alice", "alice@example.com", "owner", "UTC", app.clock.now(), hash_password(PASSWORD)
    )
    with app.database.begin() as connection:
        app.people.add(alice, connection)
    make = {"caddy": caddy, "nginx": nginx}[request.param]
    port = free_port()
    with ExitStack() as stack:
        behind = stack.enter_context(page(app))
        command = make(folder, behind, port)
        stack.enter_context(running(command, port, folder / "log"))
        yield Public(app, port)
    app.close()


def log_in(browser: httpx2.Client, password: str = PASSWORD) -> httpx2.Response:
    return browser.post("/login", data={"email": "alice@example.com", "password": password})


def test_people_log_in_over_https_with_a_cookie_of_this_host(public: Public) -> None:
    with public.browser() as browser:
        answer = log_in(browser)
        assert answer.status_code == 303, answer.text
        cookies = answer.headers.get_list("set-cookie")
        session = next(one for one in cookies if "tiktok_organic_session" in one)
        assert session.startswith("__Host-")
        assert "Secure" in session
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        cookie = session.partition(";")[0]
        shown = browser.get("/settings/people", headers={"cookie": cookie})
        assert shown.status_code == 200
        assert "alice@example.com" in shown.text


def test_an_address_that_the_client_invents_does_not_count(public: Public) -> None:
    forged = {"x-forwarded-for": "198.51.100.66", "x-real-ip": "198.51.100.66"}
    forged["forwarded"] = "for=198.51.100.66"
    with public.browser() as browser:
        browser.headers.update(forged)
        assert log_in(browser, "wrong").status_code == 400
    event = public.app.events.newest(1)[0]
    assert (event.kind, event.outcome, event.address) == ("login", "failure", "127.0.0.1")


def test_another_host_name_is_not_served(public: Public) -> None:
    with public.browser() as browser:
        answer = browser.get("/login", headers={"host": "evil.example"})
    assert "Log in" not in answer.text


def test_figures_are_hidden_and_health_is_not(public: Public) -> None:
    with public.browser() as browser:
        assert browser.get("/metrics").status_code == 404
        assert browser.get("/readyz").status_code == 404
        health = browser.get("/healthz")
        assert (health.status_code, health.json()) == (503, {"status": "failed"}), "no engine runs"


def test_a_body_that_is_too_large_is_refused(public: Public) -> None:
    with public.browser() as browser:
        for size in (300_000, 3_000_000):
            try:
                answer = browser.post("/login", content=b"x" * size)
            except httpx2.HTTPError:
                continue  # the connection was closed while the body was on its way
            assert answer.status_code in (413, 502)


def test_events_arrive_while_the_run_goes_on(public: Public) -> None:
    """The stream of a run that waits does not end: what arrives was not held back by the proxy."""
    from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
    from tiktok_organic.actions.runs.order_run import order_run

    demo = DemoTikTok(public.app)
    run = order_run(public.app, demo.connect(), window=None)
    with public.browser() as browser:
        session = next(
            one.partition(";")[0]
            for one in log_in(browser).headers.get_list("set-cookie")
            if "tiktok_organic_session" in one
        )
        address = f"/runs/{run.id}/events"
        with browser.stream("GET", address, headers={"cookie": session}) as answer:
            assert answer.status_code == 200
            first = next(answer.iter_text())
    demo.close()
    assert first.startswith("event: progress")


@pytest.mark.skipif(shutil.which("caddy") is None, reason="needs caddy")
def test_caddy_reads_the_shipped_file_as_it_is() -> None:
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert NAME in json.dumps(json.loads(done.stdout))
