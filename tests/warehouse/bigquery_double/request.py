"""One request to the double."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Request", "multipart"]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    options: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def option(self, name: str) -> str | None:
        """The value of a query option."""
        values = self.options.get(name)
        return values[0] if values else None

    def json(self) -> Any:
        body = (
            gzip.decompress(self.body)
            if self.headers.get("Content-Encoding") == "gzip"
            else self.body
        )
        return json.loads(body)


def multipart(request: Request) -> tuple[Any, bytes]:
    """The metadata and the file of a `multipart/related` upload."""
    kind = {name.lower(): value for name, value in request.headers.items()}["content-type"]
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    _, metadata, file, _ = request.body.split(b"--" + boundary)
    return json.loads(metadata.partition(b"\r\n\r\n")[2]), file.partition(b"\r\n\r\n")[
        2
    ].removesuffix(b"\r\n")
