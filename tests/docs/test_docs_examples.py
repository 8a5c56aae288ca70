"""The commands and examples of the pages work unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from docs_following import PAGES, ROOT, SHOW_DEMO, Home, blocks
from generator import PAGES as GENERATED
from generator.demo_home import demo
from questions_compared import wrong_answers
from questions_world import ask

from tiktok_organic.cli.command_line import command_line

COMMANDS: dict[str, Any] = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]  # a group has them
LANGUAGES = {"sh", "sql", "python", "ini", "text", "mermaid", "yaml", "json", "toml", "console"}
# Other tests run the examples that need a running server.
OTHERS = {"README.md", "running.md"}


def test_the_readme_runs_from_its_first_command_to_its_last(home: Home) -> None:
    assert (
        "final" in " ".join(home.printed)
        or "provisional" in home.printed["tiktok-organic coverage bakery"]
    )
    assert (
        "Connected 'bakery'"
        in home.printed[next(line for line in home.printed if " connect " in line)]
    )


@pytest.mark.parametrize("name", SHOW_DEMO)
def test_a_page_that_shows_the_demo_is_what_the_generator_writes_now(name: str) -> None:
    """Here, because the examples are run in the same demo, which takes long to create."""
    kept = (ROOT / "docs" / name).read_text("utf-8")
    assert kept == GENERATED[name](), f"docs/{name} is stale: run `make docs`"


def test_every_query_of_the_questions_gives_the_true_answer_within_one_percent() -> None:
    """Here, because the questions are asked about the same demo."""
    with ask(demo()) as lived:
        assert wrong_answers(lived) == {}


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name not in OTHERS], ids=lambda page: page.name
)
def test_the_examples_of_every_page_run(page: Path, home: Home) -> None:
    home.follow(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_names_its_language_and_why_it_is_not_run(page: Path) -> None:
    fences = [line for line in page.read_text("utf-8").splitlines() if line.startswith("```")]
    assert len(fences) % 2 == 0
    for opening in fences[::2]:
        assert opening.removeprefix("```") in LANGUAGES, opening
    for block in blocks(page):
        assert block.runs or len(block.note) > len("not run: "), block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_mentioned_exists_with_its_options(page: Path) -> None:
    text = page.read_text("utf-8")
    spans = [
        *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text),
        *(line for b in blocks(page) for line in b.text.splitlines()),
    ]
    for span in spans:
        for name, rest in re.findall(r"\btiktok-organic ([a-z][a-z-]*)([^`#|;]*)", span):
            assert name in COMMANDS, f"the command {name} does not exist: {span}"
            known = {
                option
                for parameter in COMMANDS[name].params
                for option in (*parameter.opts, *parameter.secondary_opts)
            } | {"--help"}
            for option in re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest):
                assert option in known, f"{name} has no option {option}: {span}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_that_is_mentioned_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    mentioned = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert mentioned <= targets
