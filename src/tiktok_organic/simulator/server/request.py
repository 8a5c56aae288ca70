"""One HTTP request as the simulator sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Request:
    """`target` is path and query as sent; `headers` have lower-case names."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query, decoded, in order, blanks kept."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query by name; the last of equal names wins."""
        return dict(self.pairs)

    @cached_property
    def json_object(self) -> dict[str, Any] | None:
        """The body as a JSON object; None when it is anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    @property
    def base_url(self) -> str:
        """How the client addressed this server."""
        return f"http://{self.headers.get('host', 'localhost')}"
