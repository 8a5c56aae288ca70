"""One cache of compiled templates for all applications of a process.

Each test that opens the page creates an application, which would compile its templates again: a
tenth of the time of such tests. A process of the product creates one application.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import Environment

_COMPILED: dict[tuple[Any, ...], CodeType] = {}
_compile = Environment.compile


def _share(self: Environment, source: Any, *place: Any, **options: Any) -> Any:
    """`place`: the name and the file of a template; `options` are of internal calls."""
    if options or not isinstance(source, str) or not place:
        return _compile(self, source, *place, **options)
    escapes = self.autoescape(place[0]) if callable(self.autoescape) else self.autoescape
    # Environments with the same syntax have the same lexer.
    key = (source, *place, self.lexer, escapes, tuple(self.extensions))
    if key not in _COMPILED:
        _COMPILED[key] = _compile(self, source, *place)
    return _COMPILED[key]


def share_compiled_templates() -> None:
    """Let all environments use the code of the first one that is like them."""
    Environment.compile = _share  # type: ignore[method-assign]  # the seam of tests
