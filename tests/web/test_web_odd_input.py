"""Odd characters in every field of every form, every address and every body of the API, with either
store: an answer that says what is wrong, never a fault of ours, nothing half written.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.store import schema
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.security_events import Event
from tiktok_organic.web import create

from .conftest import HOME, MANY, Place
from .test_web_permissions import routes
from .test_web_recorded_changes import RECORDED, Scene, changing

PAGES = Path(__file__).resolve().parents[2] / "src" / "tiktok_organic" / "web"
ODD = (
    b"\x00", b"a\x00b", b"\xed\xa0\x80", b"\xff\xfe", "\u202egnp.exe\u2066".encode(), b"9" * 400,
    b"-1", b"../../etc/passwd", b"%00%0a", b"{{7*7}}", b"'; DROP TABLE people; --", b"x" * 30_000,
    b"\r\nset-cookie: a=b", b"1e999", b"NaN", "\U0001f469\u200d\U0001f680\ufdd0".encode(), b"",
)  # fmt: skip
"""U+0000, a lone surrogate, bytes that are no text, marks that turn the direction, numbers, paths,
and what templates, SQL and headers could take for theirs."""
PASSING = ("used_at", "tokens", "seen_at")
HELD = tuple(
    str(
        select(*(column for column in table.columns if column.name not in PASSING)).order_by(
            *table.primary_key.columns
        )
    )
    for table in (schema.connectors, schema.people, schema.preferences, schema.invitations,
                  schema.api_tokens)
)  # fmt: skip
"""What a form could write by half, as text: building these queries takes longer than they do."""
ODD_JSON: tuple[Any, ...] = (
    None, "", "\x00", "a\x00b", "\ud800", "\u202e", -1, 2**63, 2**70, 10**400, 1e308, float("nan"),
    float("inf"), True, [], {}, [None], ["\ud800"], [[[[]]]], {"a": {"b": []}}, "x" * 100_000,
    "9999-12-31", "0001-01-01", "2026-02-30", "Mars/Olympus", "../../etc", "profile",
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe{", b"\xef\xbb\xbf{}", b"[" * 50_000,
    b'{"days": 1, "days": 60}', b'{"name": "a", "name": "\\ud800"}', "{}".encode("utf-16"),
    b'{"days": 1e400}', b"x" * 300_000,
)  # fmt: skip


@dataclass
class Odd:
    """`scene`: a place with a synced connector, on one kind of store.

    `refused`: the rows after a refusal, which are those before the next request as well.
    """

    scene: Scene
    api: TestClient
    refused: list[Any] | None = None

    @property
    def place(self) -> Place:
        return self.scene.place

    def held(self) -> list[Any]:
        """Every row that a form could have written by half."""
        with self.place.app.database.read() as connection:
            return [connection.exec_driver_sql(statement).all() for statement in HELD]

    def before(self) -> list[Any]:
        """The rows before a request."""
        return self.held() if self.refused is None else self.refused

    def owner(self) -> None:
        """A new owner with a new session, as some forms end it; the former people are gone."""
        self.refused = None
        app, name = self.place.app, f"alice{secrets.token_hex(4)}"
        former = app.people.all()
        self.scene.owner = self.place.person(name, "owner")
        self.scene.browser = self.place.browser(self.scene.owner)
        with app.database.begin() as connection:
            for person in former:
                app.invitations.withdraw_of(person.id, connection)
                app.people.remove(person.id, connection)

    def sent(self, answer: Any, what: str, before: list[Any]) -> None:
        """The answer is one of ours; a refusal has changed nothing."""
        assert answer.status_code < 500 or answer.status_code == 503, f"{what}: {answer.text[:900]}"
        self.refused = None
        if answer.status_code >= 400:
            self.refused = self.held()
            assert self.refused == before, what


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    address = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if not address:
        pytest.skip("TIKTOK_ORGANIC_TEST_POSTGRES is not set")
    url = make_url(address).set(drivername="postgresql+psycopg")
    name = f"web_{secrets.token_hex(5)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def odd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, password_hash: str
) -> Iterator[Odd]:
    shared = request.param == "postgresql"
    home = Path(tmp_path_factory.mktemp("home"))
    url = request.getfixturevalue("server") if shared else ""
    destination = url or f"duckdb:///{home}/w.duckdb"
    settings = Settings(
        home=home, store_url=url, allowed_hosts="testserver", destination=destination, **MANY
    )
    app = App(settings)
    demo = DemoTikTok(app)
    demo.start()
    assert demo.simulator is not None
    demo.simulator.world.settings.update(latency=0.0, limits=False)
    place = Place(app, create(app, demo=demo), demo, password_hash)
    nobody = Person("p-0", "first@example.com", "owner", "UTC", app.clock.now(), password_hash)
    with app.database.begin() as connection:
        app.people.add(nobody, connection)
    made = Odd(Scene(place, nobody, place.browser(nobody)), place.browser(nobody))
    made.owner()
    yield made
    demo.close()
    app.close()


def fields() -> list[str]:
    """The name of every field that any form or query of the page reads."""
    source = "\n".join(file.read_text("utf-8") for file in PAGES.rglob("*.py"))
    read = re.findall(
        r"\.(?:text|given|all|ticked|number|get)\(\"([a-z_]+)\"|form, '([a-z_]+)'", source
    )
    named = {name for pair in read for name in pair if name}
    return sorted(named | {"client_key", "client_secret", "redirect_url", "file", "bq_project"})


def encoded(form: dict[str, bytes]) -> bytes:
    return b"&".join(f"{k}={quote_from_bytes(v)}".encode() for k, v in form.items())


FORM = {"content-type": "application/x-www-form-urlencoded"}


def real(odd: Odd, route: str) -> str:
    """The path of a route, with things that exist where that is easy."""
    odd.refused = None
    path = route.split(" ")[1]
    prepare = RECORDED.get(route, ("", None, {}))[1]
    known = prepare(odd.scene) if prepare in (Scene.api_token, Scene.invitation) else {}
    if "{draft_id}" in path:
        known = odd.scene.draft()
    if "{connector" in path:
        known = odd.scene.connector()
    for name in re.findall(r"\{(\w+)\}", path):
        path = path.replace("{" + name + "}", known.get(name, "none"))
    return path


def test_no_form_breaks_at_odd_text_in_any_field(odd: Odd) -> None:
    names = fields()
    assert len(names) > 60
    for route in sorted(name for name in changing(odd.place) if "/api/" not in name):
        odd.owner()
        path = real(odd, route)
        for turn in range(0, len(ODD), 3):
            form = {name: ODD[(turn + n) % len(ODD)] for n, name in enumerate(names)}
            long = sorted(name for name, value in form.items() if len(value) > 1000)
            form |= dict.fromkeys(long[1:], b"y")  # one is enough for the limit of a body
            before = odd.before()
            answer = odd.scene.browser.post(path, content=encoded(form), headers=FORM)
            odd.sent(answer, f"{route}, turn {turn}", before)
            if answer.status_code in (303, 429):
                break  # it did what it does, or is slowed down


@pytest.mark.parametrize("route", sorted(name for name in RECORDED if "/api/" not in name))
def test_no_form_breaks_at_one_odd_field_among_good_ones(odd: Odd, route: str) -> None:
    form = RECORDED[route][2]
    good = {} if callable(form) else form
    odd.owner()
    for number, name in enumerate(good):
        path = real(odd, route)
        for odd_text in (ODD[number % 5], ODD[4 + number % 11]):
            sent = {**{k: v.encode() for k, v in good.items()}, name: odd_text}
            before = odd.before()
            answer = odd.scene.browser.post(path, content=encoded(sent), headers=FORM)
            odd.sent(answer, f"{route}: {name}={odd_text[:40]!r}", before)


def test_a_body_that_is_not_a_form_is_taken_for_an_empty_one(odd: Odd) -> None:
    kinds = ("application/json", "multipart/form-data; boundary=x", "text/plain", "\x80", "")
    for route in ("POST /login", "POST /settings/timezone", "POST /settings/notifications"):
        odd.owner()
        for kind in kinds:
            for body in BODIES:
                before = odd.before()
                headers = {"content-type": kind.encode("latin-1")}
                path = route.split(" ")[1]
                answer = odd.scene.browser.post(path, content=body, headers=headers)  # type: ignore[arg-type]  # bytes
                odd.sent(answer, f"{route} {kind} {body[:20]!r}", before)


def test_no_page_breaks_at_odd_text_in_its_address(odd: Odd) -> None:
    odd.owner()
    found = routes(odd.place.web.routes)
    paths = sorted(name.split(" ")[1] for name in found if name.startswith("GET "))
    queries = [
        b"&".join(f"{name}={quote_from_bytes(value[:200])}".encode() for name in fields())
        for value in (ODD[0], ODD[2], ODD[5])
    ] + [b"%&&==&page=1&page=2&days[]=x&said=" + b"x" * 8000]
    for path in paths:
        known = odd.scene.connector() if "{connector_id}" in path else {}
        whole = path
        for name in re.findall(r"\{(\w+)\}", path):
            whole = whole.replace(f"{{{name}}}", known.get(name, "none"))
        for query in queries:
            answer = odd.scene.browser.get(f"{whole}?{query.decode()}")
            assert answer.status_code < 500, f"{whole}?{query[:80]!r}"
        for part in re.findall(r"\{\w+\}", path):
            for text_ in (ODD[0], ODD[2], ODD[3], ODD[5], ODD[7], ODD[8], ODD[12]):
                broken = re.sub(r"\{(\w+)\}", "none", path.replace(part, "ODD", 1))
                odd_path = broken.replace("ODD", quote_from_bytes(text_[:200], safe=""))
                answer = odd.scene.browser.get(odd_path)
                assert answer.status_code < 500, odd_path


@pytest.mark.parametrize("scope", ["read", "manage"])
def test_the_api_refuses_odd_bodies_and_addresses(odd: Odd, scope: str) -> None:
    odd.owner()
    api = odd.place.api(odd.scene.owner, scope)
    connector = odd.scene.connector()["connector_id"]
    names = ("name", "reports", "schedule", "hour", "weekday", "timezone", "lookback", "views",
             "days", "start", "end", "\x00", "unknown")  # fmt: skip
    every = 3 if scope == "manage" else 9
    wishes = [
        json.dumps({name: value}).encode()
        for n, name in enumerate(names)
        for value in ODD_JSON[n % every :: every]
    ]
    wishes = [wish for wish in wishes if b'"profile"' not in wish or scope != "manage"]
    for wish in (*wishes, *BODIES):
        for method, path in (
            ("PATCH", f"/connectors/{connector}"),
            ("POST", f"/connectors/{connector}/recover"),
        ):
            before = odd.before()
            answer = api.request(
                method, path, content=wish, headers={"content-type": "application/json"}
            )
            kind = answer.headers["content-type"]
            assert answer.status_code in (200, 202, 403, 409, 413, 422, 400), answer.text
            assert kind.startswith(("application/json", "application/problem+json"))
            odd.sent(answer, f"{path} {wish[:80]!r}", before)
    for value in ODD:
        for path in ("/connectors/{}", "/runs/{}", "/connectors/{}/videos", "/connectors/{}/runs"):
            answer = api.get(path.format(quote_from_bytes(value[:300], safe="")))
            assert answer.status_code < 500, f"{path} {value[:20]!r}"
        for name in ("start", "end", "limit", "offset", "sort", "q", "hashtag", "days"):
            query = f"{name}={quote_from_bytes(value[:500])}&{name}=2"
            answer = api.get(f"/connectors/{connector}/videos?{query}")
            assert answer.status_code in (200, 400, 404, 409, 422, 503), answer.text


def test_an_event_holds_whatever_a_stranger_sends(odd: Odd) -> None:
    app = odd.place.app
    for value in ODD:
        shown = value.decode("utf-8", "surrogatepass" if value == b"\xed\xa0\x80" else "replace")
        app.events.add(Event(app.clock.now(), "login", "failure", shown, shown, shown))
    stranger = TestClient(odd.place.web, base_url=HOME, follow_redirects=False)
    for value in ODD[:6]:
        agent = value.replace(b"\x00", b"\x01")
        headers = {b"user-agent": agent, b"origin": HOME.encode()}
        headers |= {name.encode(): given.encode() for name, given in FORM.items()}
        form = encoded({"email": value, "password": b"x"})
        answer = stranger.post("/login", content=form, headers=headers)
        assert answer.status_code in (400, 429, 503)
    odd.owner()
    assert odd.scene.browser.get("/settings/activity").status_code == 200
