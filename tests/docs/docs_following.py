"""The blocks of the pages, and a home in which a user runs them one by one."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import httpx2

from tiktok_organic.cli.command_line import command_line
from tiktok_organic.simulator import DEMO_USERNAME
from waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
DEMO_DATASET = "tiktokorganic_demo_bakery"
SHOW_DEMO = ("demo.svg", "questions.md")
"""The generated pages that show the demo's output."""

_FENCE = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: `note` is the comment right above it."""

    page: Path
    line: int
    language: str
    text: str
    note: str

    @property
    def runs(self) -> bool:
        return not self.note.startswith("not run: ")

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            found["text"],
            found["note"] or "",
        )
        for found in _FENCE.finditer(text)
        if not languages or found["language"] in languages
    ]


class Owner(io.StringIO):
    """Standard input of a user who approves and pastes the redirected address."""

    def __init__(self, printed: io.StringIO) -> None:
        super().__init__()
        self._printed = printed

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # typeshed says bytes
        address = re.findall(r"http://\S+", self._printed.getvalue())[-1]
        chosen = f"{address}&simulator_decision=allow&simulator_account={DEMO_USERNAME}"
        return httpx2.get(chosen, follow_redirects=False).headers["location"] + "\n"


@dataclass
class Home:
    """A folder in which a user runs the commands of the documentation."""

    folder: Path
    demo: Path
    printed: dict[str, str] = field(default_factory=dict)

    def follow(self, page: Path) -> None:
        """Run every block of a page that says nothing else."""
        for block in blocks(page, "sh", "sql", "python", "ini"):
            if not block.runs:
                continue
            try:
                getattr(self, f"_{block.language}")(block)
            except Exception as error:
                raise AssertionError(f"{block}: {error}\n{block.text}") from error

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run one of our commands; return its exit code and output."""
        output, errors = io.StringIO(), io.StringIO()
        former, sys.stdin = sys.stdin, Owner(output)
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                code = command_line(args=list(arguments), standalone_mode=False) or 0
        finally:
            sys.stdin = former
        return int(code), output.getvalue() + errors.getvalue()

    def _ini(self, block: Block) -> None:
        (self.folder / ".env").write_text(block.text)

    def _sh(self, block: Block) -> None:
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            if not words or words[0] == "make":
                continue
            if words[0] == "tiktok-organic":
                code, printed = self.command(*words[1:])
                self.printed[" ".join(words)] = printed
            else:
                done = subprocess.run(
                    ["bash", "-c", line], cwd=self.folder, capture_output=True, timeout=PATIENCE
                )
                code, printed = (
                    done.returncode,
                    done.stderr.decode() + done.stdout[:200].decode("utf-8", "replace"),
                )
            assert code == 0, f"{line!r} ended with {code}: {printed}"

    def _sql(self, block: Block) -> None:
        file = self.demo if DEMO_DATASET in block.text else self.folder
        with duckdb.connect(file / "warehouse.duckdb", read_only=True) as warehouse:
            rows = warehouse.sql(block.text).to_arrow_table().num_rows
        if block.note == "expect: no rows":
            assert rows == 0, f"{rows} rows"
        elif block.note != "expect: few rows":
            assert rows > 0, "no rows"

    def _python(self, block: Block) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.text, str(block), "exec"), {})
