"""One cache of compiled SQL for all stores of a process.

Each test opens stores of its own, and each store would compile the same statements again: a fifth
of the time of a test that types commands. A process of the product opens one store.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect

_DIALECTS: dict[str, tuple[Dialect, object]] = {}
"""By driver: the dialect of the first store, which is part of the key of a compiled statement."""


def _share(connection: Connection) -> None:
    engine = connection.engine
    name = f"{engine.dialect.name}+{engine.dialect.driver}"
    dialect, cache = _DIALECTS.setdefault(name, (engine.dialect, engine._compiled_cache))
    engine.dialect = connection.dialect = dialect
    engine._compiled_cache = cache  # type: ignore[assignment]  # the cache of such an engine


def share_compiled_statements() -> None:
    """Let all engines use the cache of the first one with their driver."""
    event.listen(Engine, "engine_connect", _share)
