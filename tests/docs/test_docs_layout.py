"""The layout of the source: what pages and docstrings name exists, and no folder is crowded."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from docs_following import PAGES, ROOT

SOURCE = ROOT / "src" / "tiktok_organic"
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_FILES = 25

_NAMED = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")
_PACKAGE = re.compile(r"`((?:actions|cli|history|reports|store|sync|warehouse|web)/[a-z_/]*/)`")
_INTERFACE = re.compile(r"^\| `([a-z_.]+)\.([A-Z]\w+)`", re.MULTILINE)


def exists(name: str) -> bool:
    """Whether a file is in the source or beside it; a name without a folder may be anywhere."""
    if "/" in name:
        return (SOURCE / name).exists() or (ROOT / name).exists()
    return any(path.name == name for path in MODULES) or any(ROOT.glob(f"*/{name}"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_folders_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [name for name in _NAMED.findall(text) if not exists(name)] == []
    assert [name for name in _PACKAGE.findall(text) if not (SOURCE / name).is_dir()] == []


def test_files_that_the_source_names_exist() -> None:
    missing = {
        f"{path.relative_to(SOURCE)}: {name}"
        for path in MODULES
        for name in _NAMED.findall(path.read_text("utf-8"))
        if not exists(name)
    }
    assert missing == set()


def test_the_interfaces_of_the_architecture_exist() -> None:
    found = _INTERFACE.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert len(found) > 5
    for module, name in found:
        assert hasattr(import_module(f"tiktok_organic.{module}"), name), f"{module}.{name}"


def test_no_folder_is_too_crowded_to_be_read_at_a_glance() -> None:
    files = Counter(path.parent for path in MODULES)
    assert {str(folder): count for folder, count in files.items() if count > MOST_FILES} == {}


def test_the_initial_file_of_a_folder_of_actions_store_or_web_imports_nothing() -> None:
    """A command that needs one module of a folder does not import the others."""
    grouped = [SOURCE / name for name in ("actions", "cli", "store", "sync", "warehouse", "web")]
    loud = [
        str(path.relative_to(SOURCE))
        for folder in grouped
        for path in folder.rglob("*/__init__.py")
        if re.search(r"^(?:from|import) (?!__future__)", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert loud == []
