"""The pages that are derived from the code say all of it, and say it as it is now."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
import typer.main
import yaml
from docs_following import ROOT, SHOW_DEMO
from generator import PAGES
from generator.errors import kinds
from generator.sentences import files, sentences, trees

from tiktok_organic.advice_text import compose
from tiktok_organic.cli.advice_table import ADVICE as TERMINAL
from tiktok_organic.cli.command_line import command_line
from tiktok_organic.reports import REPORTS
from tiktok_organic.settings import SETTINGS
from tiktok_organic.tiktok import answer_codes
from tiktok_organic.web.errors.advice_table import ADVICE as PAGE

COMMAND = re.compile(
    r"(?<!to )tiktok-organic "
    r"(?!itself)[a-z]|(?<![a-z=0-9])--(?!encoding|template|member|role|project|upgrade)[a-z]"
)
COMMANDS: dict[str, Any] = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]  # a group has them


def kept(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in PAGES if name not in SHOW_DEMO])
def test_a_generated_page_is_what_the_generator_writes_now(name: str) -> None:
    assert kept(name) == PAGES[name](), f"docs/{name} is stale: run `make docs`"


@pytest.mark.parametrize("report", REPORTS.values(), ids=lambda report: report.name)
def test_every_column_is_documented_with_its_meaning(report: Any) -> None:
    section = kept("tables.md").partition(f"\n## {report.name}\n")[2].partition("\n## ")[0]
    for column in report.table.columns:
        assert column.about.endswith((".", ")")), column
        assert f"| `{column.name}` | {column.type}" in section


def test_every_setting_is_documented() -> None:
    for setting in SETTINGS:
        assert f"| `{setting.name}` |" in kept("settings.md")
        assert setting.meaning
        assert setting.example


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    section = kept("commands.md").partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert COMMANDS[name].help
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument":
            continue
        assert parameter.opts[0] in section
        assert parameter.help, f"{name} {parameter.opts[0]} has no help"


def test_every_error_is_documented_with_its_code() -> None:
    for kind in kinds():
        assert f"| `{kind.__name__}` | `{kind.code}` |" in kept("errors.md")


def test_every_code_of_an_error_is_documented_with_its_sentences() -> None:
    found = sentences()
    assert len(found) > 50
    for sentence in found:
        assert f"\n### {sentence.code}\n" in kept("errors.md"), sentence


def test_every_code_that_stands_in_the_source_was_found() -> None:
    written = {
        node.value.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "code"
        and isinstance(node.value, ast.Constant)
    }
    assert {code for code in written if isinstance(code, str)} <= {
        sentence.code for sentence in sentences()
    }


def codes() -> set[str]:
    """Return every code in the source: of raised errors and of their classes."""
    own = {
        str(line.value.value)
        for tree in trees().values()
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef)
        for line in kind.body
        if isinstance(line, ast.Assign)
        and [ast.unparse(name) for name in line.targets] == ["code"]
        and isinstance(line.value, ast.Constant)
    }
    return own | {sentence.key for sentence in sentences()} | {kind.code for kind in kinds()}


FACES = {"terminal": TERMINAL, "page": PAGE}


@pytest.mark.parametrize("face", FACES)
def test_the_terminal_and_the_page_have_advice_for_every_code(face: str) -> None:
    assert codes() - set(FACES[face]) == set()


@pytest.mark.parametrize("face", FACES)
def test_no_advice_is_for_a_code_that_no_error_has(face: str) -> None:
    unknown = {code for code in FACES[face] if not code.startswith("check.")} - codes()
    assert unknown == {"set_aside"}  # a state of a run, not a code


@pytest.mark.parametrize("face", FACES)
def test_every_code_has_an_advice_that_needs_no_facts(face: str) -> None:
    for code in FACES[face]:
        own, _, case = code.partition(".")
        assert compose(FACES[face], own, {"case": case} if case else {}), code


def test_the_page_advises_no_command_and_no_option() -> None:
    for code, found in PAGE.items():
        for text in (found,) if isinstance(found, str) else found:
            assert not COMMAND.search(text), code


@pytest.mark.parametrize("name", [n for n in files() if not n.startswith(("cli/", "web/"))])
def test_an_error_below_the_faces_names_no_command_and_no_page(name: str) -> None:
    for sentence in sentences():
        if sentence.place.partition(":")[0] == name:
            told = " ".join((sentence.message, *map(str, sentence.facts.values())))
            assert not COMMAND.search(told), sentence
            assert "Settings →" not in told, sentence
            assert "advice" not in sentence.facts, sentence


def test_every_code_of_tiktoks_that_has_a_meaning_is_documented() -> None:
    page = kept("errors.md").partition("\n## TikTok's codes\n")[2]
    for name, numbers in vars(answer_codes).items():
        if name.isupper() and isinstance(numbers, frozenset) and name != "SUCCESS":
            assert all(str(number) in page for number in numbers), name


@pytest.mark.parametrize("name", REPORTS)
def test_the_tables_are_those_of_the_contract(name: str) -> None:
    contract = yaml.safe_load(kept("tables.yaml"))
    assert list(contract) == list(REPORTS)
    table, wanted = REPORTS[name].table, contract[name]
    made = [
        {"name": c.name, "type": c.type, "from": c.origin}
        | ({"required": True} if c.required else {})
        | ({"json": True} if c.json else {})
        for c in table.columns
    ]
    assert made == wanted["columns"]
    assert list(table.key) == wanted["key"]
    assert list(table.match) == wanted.get("recognised_by", [])
    assert table.partition == wanted.get("partition")
    assert list(table.cluster) == wanted.get("cluster", [])
