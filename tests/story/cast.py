"""The actors of the story tests: Alice's terminal, her browser, her warehouse."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pytest
import typer
from ready_homes import ReadyHomes
from story_time import StoryTime

from tiktok_organic.app import App
from tiktok_organic.cli.command_line import command_line
from tiktok_organic.cli.options import TIME
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import Simulator

COMMAND = typer.main.get_command(command_line)
BAKERY = "demo.bakery"
NAME = "TikTok Organic - Demo Bäckerei 🥨"
DATASET = "tiktokorganic_demo_bakery"

_ENGINE = duckdb.connect(
    ":memory:", config={"threads": "1", "autoinstall_known_extensions": "false"}
)
_ENGINE.execute("SET TimeZone = 'UTC'")

Answer = Callable[[str], str]
"""The user's input when the program waits for a line; it receives all output so far."""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    exit: int
    out: str
    err: str

    @property
    def documents(self) -> list[Any]:
        """Return standard output as JSON documents, one per line; it must contain nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        """The only JSON document on standard output."""
        (document,) = self.documents
        return document

    @property
    def error(self) -> dict[str, str]:
        """The refusal: the last document."""
        error: dict[str, str] = self.documents[-1]["error"]
        assert set(error) >= {"code", "message", "advice"}
        return error


class Keyboard(io.TextIOBase):
    """Standard input that is not a terminal; a line is created when it is read."""

    def __init__(self, printed: io.StringIO, answer: Answer) -> None:
        self._printed = printed
        self._answer = answer

    def readline(self, _size: int | None = -1, /) -> str:  # type: ignore[override]  # typeshed says bytes
        return self._answer(self._printed.getvalue())

    def isatty(self) -> bool:
        return False


class Browser:
    """Opens TikTok's consent page and answers with the address it lands on."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def visit(
        self, address: str, account: str = BAKERY, decision: str = "allow", **form: str
    ) -> str:
        """The address that the browser lands on after the consent page of `address`."""
        choice = {"simulator_decision": decision, "simulator_account": account, **form}
        return self._http.get(httpx2.URL(address).copy_merge_params(choice)).headers["location"]

    def allows(
        self,
        account: str = BAKERY,
        *,
        withhold: Sequence[str] = (),
        change: Callable[[str], str] = str,
    ) -> Answer:
        """An owner who agrees, but for the scopes to `withhold`.

        `change` spoils the address on its way.
        """

        def answer(printed: str) -> str:
            address = _address_in(printed)
            form = {}
            if withhold:
                asked = httpx2.URL(address).params["scope"].split(",")
                form = {
                    "simulator_scopes": ",".join(scope for scope in asked if scope not in withhold)
                }
            return change(self.visit(address, account, **form)) + "\n"

        return answer

    def denies(self, printed: str) -> str:
        return self.visit(_address_in(printed), decision="deny") + "\n"


def _address_in(printed: str) -> str:
    found = re.findall(r"https?://[^\s\"]+/authorize/[^\s\"]*", printed)
    return str(found[-1])


class Alice:
    """Owns the connector. What she types runs the real command line in this process."""

    def __init__(
        self,
        home: Path,
        simulator: Simulator,
        time: StoryTime,
        browser: Browser,
        patch: pytest.MonkeyPatch,
        homes: ReadyHomes[Said] | None = None,
    ) -> None:
        self.home = home
        self.simulator = simulator
        self.time = time
        self.browser = browser
        self._patch = patch
        self.homes = homes
        self.settings = {
            "HOME": str(home),
            "CLIENT_KEY": simulator.world.app.client_key,
            "CLIENT_SECRET": simulator.world.app.client_secret,
            "API_URL": simulator.api_url,
            "AUTHORIZE_URL": simulator.authorize_url,
            "REDIRECT_URL": "https://alice.example/tiktok/",
            **dict.fromkeys(("QPS", "QPM", "ACCOUNT_QPM"), "1000000"),
        }
        self._usual_settings = dict(self.settings)

    @property
    def file(self) -> Path:
        """The warehouse."""
        return self.home / "warehouse.duckdb"

    def types(self, *words: str, answer: Answer = lambda printed: "") -> Said:
        """`tiktok-organic WORDS`, at the time of the story."""
        out, err = io.StringIO(), io.StringIO()
        at_this_time = TIME.set(self.time)
        with self._patch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.settings.items():
                patch.setenv(f"TIKTOK_ORGANIC_{name}", value)
            patch.setattr("sys.stdin", Keyboard(out, answer))
            try:
                COMMAND.main(list(words), prog_name="tiktok-organic")
            except SystemExit as leaving:
                code = leaving.code
            finally:
                TIME.reset(at_this_time)
        return Said(int(code or 0), out.getvalue(), err.getvalue())

    def connects(self, *options: str, account: str = BAKERY, **consent: Any) -> dict[str, Any]:
        """Connect an account; the connector's document.

        The home is a copy if another story of this process has connected in the same way.
        """

        def connect() -> Said:
            answer = self.browser.allows(account, **consent)
            said = self.types("connect", "--json", *options, answer=answer)
            assert said.exit == 0, said
            return said

        usual = self.settings == self._usual_settings and "change" not in consent
        if self.homes is not None and usual:
            how = (options, account, tuple(consent.get("withhold", ())))
            said = self.homes.connected(how, self.simulator, self.time, connect)
        else:
            said = connect()
        document: dict[str, Any] = said.documents[1]
        return document

    def syncs(self, connector: str = NAME, *options: str) -> dict[str, Any]:
        """Sync; the run's document, however it ended."""
        document: dict[str, Any] = self.types("sync", connector, *options, "--json").document
        return document

    def recovers(self, connector: str, *options: str) -> dict[str, Any]:
        document: dict[str, Any] = self.types("recover", connector, *options, "--json").document
        return document

    @contextmanager
    def app(self) -> Iterator[App]:
        """The product with her settings, for what no command shows."""
        values = {f"TIKTOK_ORGANIC_{name}": value for name, value in self.settings.items()}
        app = App(Settings.read(values), clock=self.time)
        try:
            yield app
        finally:
            app.close()

    @contextmanager
    def _warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file, open for reading for a moment.

        One engine serves all stories: starting one takes 20 ms.
        """
        _ENGINE.execute(f"ATTACH '{self.file}' AS warehouse (READ_ONLY)")
        try:
            _ENGINE.execute("USE warehouse")
            yield _ENGINE
        finally:
            _ENGINE.execute("USE memory")
            _ENGINE.execute("DETACH warehouse")

    def asks(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Query the warehouse."""
        with self._warehouse() as connection:
            return connection.execute(query, values).fetchall()

    def rows(self, table: str, *columns: str, dataset: str = DATASET) -> list[tuple[Any, ...]]:
        """Return columns of a whole table in their order.

        Times as text (DuckDB would need pytz).
        """
        chosen = ", ".join(columns) or "COLUMNS(*)::VARCHAR"
        return sorted(self.asks(f"SELECT {chosen} FROM {dataset}.{table}"), key=repr)

    def table(self, table: str, key: str, dataset: str = DATASET) -> dict[Any, dict[str, Any]]:
        """Rows by a column, as dictionaries of text."""
        with self._warehouse() as connection:
            found = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {dataset}.{table}")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return {row[key]: row for row in rows}
