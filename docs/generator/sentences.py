"""All errors of the code with their messages, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tiktok_organic
from tiktok_organic import errors
from tiktok_organic.errors import Facts

__all__ = ["Sentence", "files", "sentences", "trees"]

_SOURCE = Path(tiktok_organic.__file__).parent
_ANSWER = "TikTok answered {code} ({message}), request {request_id}"
_NO_FACTS = ("usable", "offline", "limit", "pause")
"""Arguments of errors for the code that catches them."""
_APART = ("simulator", "errors.py")
"""Modules that raise none of our errors, or only define them."""


@dataclass(frozen=True)
class Sentence:
    """One raised error: its code, its message with `{names}` for variable parts, its facts."""

    code: str
    message: str
    facts: Facts
    place: str

    @property
    def key(self) -> str:
        """The row of the advice tables: the code, and the case if there is one."""
        case = self.facts.get("case")
        return f"{self.code}.{case}" if case else self.code


@cache
def sentences() -> list[Sentence]:
    """Return all raised errors, in the order of the files."""
    return [sentence for name, tree in trees().items() for sentence in _of_file(tree, name)]


@cache
def trees() -> dict[str, ast.Module]:
    """Return the parsed source files that raise errors, by name."""
    return {name: ast.parse((_SOURCE / name).read_text("utf-8")) for name in files()}


def files() -> list[str]:
    """Return the names of the source files that raise errors."""
    names = [path.relative_to(_SOURCE).as_posix() for path in sorted(_SOURCE.rglob("*.py"))]
    return [name for name in names if not name.startswith(_APART)]


def _of_file(tree: ast.Module, name: str) -> Iterator[Sentence]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            made = _of_call(node, constants, f"{name}:{node.lineno}")
        elif isinstance(node, ast.Dict):
            made = _of_document(node, constants, f"{name}:{node.lineno}")
        else:
            continue
        if made is not None:
            yield made


def _of_call(node: ast.Call, constants: dict[str, ast.expr], place: str) -> Sentence | None:
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    kind = getattr(errors, called, None)
    if (
        not (isinstance(kind, type) and issubclass(kind, errors.TikTokOrganicError))
        or not node.args
    ):
        return None
    options = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    words = [_text(argument, constants) for argument in node.args]
    code = _text(options["code"], constants) if "code" in options else kind.code
    if code.startswith("{"):
        return None  # an error that was recorded before; its first place is listed
    facts = {
        name: _text(value, constants)
        for name, value in options.items()
        if name not in ("code", *_NO_FACTS)
    }
    if kind is errors.BadValue:
        return Sentence(code, f"{words[0]}: {words[1]}", facts, place)
    message = _ANSWER if words[0] == "{text}" and place.startswith("tiktok/") else words[0]
    return Sentence(code, message, facts, place)


def _of_document(node: ast.Dict, constants: dict[str, ast.expr], place: str) -> Sentence | None:
    """Return an error that is written into a run without being raised."""
    members = {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    if set(members) != {"code", "message", "facts"} or not isinstance(
        members["code"], ast.Constant
    ):
        return None
    code, message = (_text(members[name], constants) for name in ("code", "message"))
    return Sentence(code, message, {}, place)


def _text(node: ast.expr, constants: dict[str, ast.expr]) -> str:
    """Return a text with variable parts as short names in braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name) and node.id in constants:
        return _text(constants[node.id], constants)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part.value, constants)
            if isinstance(part, ast.FormattedValue)
            else _text(part, constants)
            for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, constants) + _text(node.right, constants)
    if isinstance(node, ast.IfExp):
        return _text(node.body, constants)
    return f"{{{_short(node)}}}"


def _short(node: ast.expr) -> str:
    """Return a name for a variable part: the last word of its expression."""
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower()
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_")
    if isinstance(node, ast.IfExp):
        return _short(node.body)
    if isinstance(node, ast.BinOp):
        return _short(node.left)
    if isinstance(node, ast.BoolOp):
        return _short(node.values[0])
    if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Constant):
        return _short(node.args[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _short(node.func.value)
    if isinstance(node, ast.Subscript):
        return _short(node.value)
    return "…"
