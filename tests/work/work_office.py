"""A complete installation for tests: simulator, connected accounts, real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.reports import REPORTS
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Simulator
from tiktok_organic.sync.run import Run
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.tiktok.token_pair import TokenPair
from waiting import PATIENCE, waits_for
from warm_program import PROGRAM, WarmProgram


class Office:
    """One installation. `store_url` None: SQLite and DuckDB in `home`."""

    def __init__(
        self, home: Path, simulator: Simulator, store_url: str | None = None, **settings: str
    ) -> None:
        self.simulator = simulator
        self.home = home
        values = {
            "HOME": str(home),
            "CLIENT_KEY": DEMO_CLIENT_KEY,
            "CLIENT_SECRET": DEMO_CLIENT_SECRET,
            "API_URL": simulator.api_url,
            "AUTHORIZE_URL": simulator.authorize_url,
            "REDIRECT_URL": "https://alice.example/tiktok/",
            **({"STORE_URL": store_url, "DESTINATION": store_url} if store_url else {}),
            **settings,
        }
        self.variables = {f"TIKTOK_ORGANIC_{name}": value for name, value in values.items()}
        self.app = App(Settings.read(self.variables))
        self._processes: list[Process] = []

    def connect(
        self,
        username: str,
        *,
        videos: int = 20,
        due: timedelta | None = None,
        life: timedelta = timedelta(hours=20),
    ) -> Connector:
        """A connector for a new account with so many videos; due that long ago.

        Its token has so much life.
        """
        self.simulator.world.accounts.add(username, videos=videos)
        granted = self.simulator.world.token(username)
        now = datetime.now(UTC)
        destination = self.app.settings.warehouse
        connector = Connector(
            id=f"c-{username}",
            name=username,
            account_id=granted["open_id"],
            username=username,
            former_usernames=(),
            display_name=username,
            avatar="",
            dataset=f"t_{username}",
            destination=destination,
            reports=tuple(REPORTS),
            schedule=Schedule("daily"),
            lookback=5,
            state="active",
            state_reason="",
            scopes=SCOPES,
            api_url=self.simulator.api_url,
            created_at=now,
            first_asked=None,
            next_due=now - due if due is not None else now + timedelta(days=1),
            consent_ends=None,
        )
        tokens = TokenPair(
            access_token=granted["access_token"],
            access_expires=now + life,
            refresh_token=granted["refresh_token"],
            consent_ends=now + timedelta(days=365),
            account_id=granted["open_id"],
            scopes=SCOPES,
        )
        connectors, kept_tokens = self.app.connectors, self.app.tokens
        with self.app.database.begin() as connection:
            connectors.add(connector, connection)
            kept_tokens.write(connector.id, tokens, now, connection)
        return connectors.get(connector.id)

    def starts(self, *words: str, **settings: str) -> Process:
        """Start `tiktok-organic WORDS` as a separate process."""
        variables = {
            **self.variables,
            **{f"TIKTOK_ORGANIC_{name}": value for name, value in settings.items()},
        }
        self._processes.append(Process(words, variables))
        return self._processes[-1]

    def runs(self, connector: Connector) -> list[Run]:
        """Newest first."""
        return self.app.runs.newest(connector.id)

    def waits_for(self, what: Callable[[], Any]) -> Any:
        """What came of `what`, once it is true."""
        return waits_for(what, lambda: "\n\n".join(process.said for process in self._processes))

    def succeeded(self, connector: Connector) -> Run:
        """Wait until the newest run of the connector has succeeded."""

        def look() -> Run | None:
            runs = self.runs(connector)
            return runs[0] if runs and runs[0].status == "succeeded" else None

        run: Run = self.waits_for(look)
        return run

    def rows(self, connector: Connector, table: str) -> list[dict[str, Any]]:
        """Return the rows of the warehouse."""
        with self.app.warehouse(connector.destination) as warehouse:
            return warehouse.rows(connector.dataset, REPORTS[table].table)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        self.app.close()


class Process:
    """A running command with its output. `listening`: the address that `serve` printed."""

    def __init__(self, words: tuple[str, ...], variables: dict[str, str]) -> None:
        usual = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TIKTOK_ORGANIC_")
        }
        self._process = WarmProgram(
            [*PROGRAM, *words],
            env={**usual, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._out: list[str] = []
        self._err: list[str] = []
        self._first = threading.Event()
        self._readers = [
            threading.Thread(
                target=self._read, args=(self._process.stdout, self._out), daemon=True
            ),
            threading.Thread(
                target=self._read, args=(self._process.stderr, self._err), daemon=True
            ),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def said(self) -> str:
        return "".join([*self._out, *self._err])

    @property
    def listening(self) -> str:
        assert self._first.wait(PATIENCE), self.said
        return self._out[0].removeprefix("listening on ").strip()

    @property
    def id(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """As the kernel would, without a word."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._end()

    def terminate(self) -> int:
        """Ask it to stop; its exit code."""
        self.hears(signal.SIGTERM)
        return self.wait()

    def hears(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        code = self._process.wait(PATIENCE)
        self._end()
        return code

    def _end(self) -> None:
        self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: Any, kept: list[str]) -> None:
        with contextlib.suppress(ValueError):
            for line in stream:
                kept.append(line)
                if kept is self._out:
                    self._first.set()


@contextmanager
def opened(office: Office) -> Iterator[Office]:
    try:
        yield office
    finally:
        office.close()


def hold_third_page(simulator: Simulator) -> None:
    """Hold the answer to the third request for videos, so that a sync is met while it fetches.

    It arrives when the simulator's `Hurry` is set.
    """
    simulator.world.faults.add("slow", "/business/video/list/", seconds=100, skip=2)


def whole(office: Office, name: str, videos: int) -> None:
    """Everything of the account is there, once."""
    connector = office.app.connectors.get(name)
    rows = office.rows(connector, "video_snapshot_metric")
    assert len(rows) == len({row["item_id"] for row in rows}) == videos
    assert len(office.rows(connector, "profile_snapshot_metric")) == 1
