"""The journal of requests and answers: the latest requests, and permanent counters."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from tiktok_organic.simulator.server.answer import Answer
    from tiktok_organic.simulator.server.request import Request

_SECRETS = frozenset(
    ("access_token", "client_secret", "secret", "code", "auth_code", "refresh_token")
)
_KEPT = 20_000


@dataclass(frozen=True)
class Entry:
    """One API request.

    `at` is simulated time, ISO 8601 in UTC; `query` has no secrets; bodies are not stored.
    """

    number: int
    at: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    code: int | None
    fault: str | None


class Journal:
    """Stores the latest 20,000 requests. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._total = 0
        self._paths: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def record(self, request: Request, answer: Answer, now: datetime) -> None:
        """Record one request and its answer."""
        query = {name: value for name, value in request.query.items() if name not in _SECRETS}
        result = answer.code if answer.code is not None else f"http {answer.status}"
        with self._lock:
            self._total += 1
            self._paths[request.path] += 1
            self._codes[str(result)] += 1
            if answer.fault:
                self._faults[answer.fault] += 1
            self._entries.append(
                Entry(
                    self._total,
                    now.isoformat(),
                    request.method,
                    request.path,
                    query,
                    answer.status,
                    answer.code,
                    answer.fault,
                )
            )

    def entries(self, path: str = "") -> list[Entry]:
        """Oldest first; only those whose path ends with `path`."""
        with self._lock:
            return [entry for entry in self._entries if entry.path.endswith(path)]

    def count(self, path: str = "") -> int:
        """How many requests there were to paths that end with `path`."""
        with self._lock:
            return sum(count for name, count in self._paths.items() if name.endswith(path))

    def document(self, latest: int = 20_000) -> dict[str, Any]:
        """Counters and the latest entries, ready for JSON."""
        with self._lock:
            return {
                "total": self._total,
                "paths": dict(self._paths),
                "codes": dict(self._codes),
                "throttled": self._codes["40100"],
                "faults": dict(self._faults),
                "requests": [
                    asdict(entry)
                    for entry in list(self._entries)[max(0, len(self._entries) - latest) :]
                ],
            }

    def clear(self) -> None:
        """Reset the counters."""
        with self._lock:
            self._entries.clear()
            self._total = 0
            for counter in (self._paths, self._codes, self._faults):
                counter.clear()
