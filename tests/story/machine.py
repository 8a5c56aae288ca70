"""The real program in a separate process, in real time."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from pathlib import Path
from typing import IO, Any

from tiktok_organic.simulator import Simulator
from waiting import PATIENCE
from warm_program import PROGRAM, WarmProgram


class Program(subprocess.Popen[str]):
    """A process with pipes to and from it, but for those that a test replaces."""

    stdin: IO[str]
    stdout: IO[str]
    stderr: IO[str]


class _Forked(WarmProgram, Program):
    """A program that need not start Python first."""


class Machine:
    """Runs `python -m tiktok_organic` in a folder with its own settings.

    `warm`: fork it from a process that has imported the product.
    """

    def __init__(
        self, folder: Path, simulator: Simulator | None = None, *, warm: bool = False
    ) -> None:
        self._kind = _Forked if warm else Program
        self.home = folder / "home"
        self.folder = folder
        self.span = 0.0
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TIKTOK_ORGANIC_", "COV_"))
        } | {"TIKTOK_ORGANIC_HOME": str(self.home)}
        if simulator is not None:
            self.environment |= {
                "TIKTOK_ORGANIC_CLIENT_KEY": simulator.world.app.client_key,
                "TIKTOK_ORGANIC_CLIENT_SECRET": simulator.world.app.client_secret,
                "TIKTOK_ORGANIC_API_URL": simulator.api_url,
                "TIKTOK_ORGANIC_AUTHORIZE_URL": simulator.authorize_url,
                "TIKTOK_ORGANIC_REDIRECT_URL": "https://alice.example/tiktok/",
                **{f"TIKTOK_ORGANIC_{name}": "1000000" for name in ("QPS", "QPM", "ACCOUNT_QPM")},
            }

    def starts(self, *words: str, **options: Any) -> Program:
        """Start it and do not wait."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return self._kind(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environment,
            text=True,
            preexec_fn=_hear_control_c,
            **{**pipes, **options},
        )

    def runs(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        program = self.starts(*words)
        out, err = program.communicate(typed, timeout=PATIENCE)
        return subprocess.CompletedProcess(words, program.returncode, out, err)


class Terminal:
    """A program in front of a person: what it shows can be waited for, and lines typed."""

    def __init__(self, machine: Machine, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.program = machine.starts(*words, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self._unread = ""

    def shows(self, words: str) -> str:
        """Everything since the last time, up to these words."""
        while words not in self._unread:
            more = self._read()
            assert more, f"it ended without {words!r}: {self._unread}"
            self._unread += more
        shown, _, self._unread = self._unread.partition(words)
        return shown

    def types(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def ends(self) -> tuple[int, str]:
        """The exit code, and everything that was not waited for."""
        while more := self._read():
            self._unread += more
        code = self.program.wait(PATIENCE)
        os.close(self._ours)
        return code, self._unread

    def _read(self) -> str:
        """Return the next output; empty if the program ended or printed nothing for a minute."""
        ready, _, _ = select.select([self._ours], [], [], 60)
        try:
            return os.read(self._ours, 65_536).decode(errors="replace") if ready else ""
        except OSError:  # Linux reports the end in this way
            return ""


def _hear_control_c() -> None:
    """Ignore the signal as a shell's background processes and their children do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
