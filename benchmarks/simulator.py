"""The included TikTok simulator as a separate process, without limits."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from functools import cached_property
from types import TracebackType
from typing import Any, Self

USERNAME = "demo.bakery"


class Simulator:
    """TikTok with an account of this many videos, until `close`."""

    def __init__(self, videos: int) -> None:
        command = [
            sys.executable,
            "-m",
            "tiktok_organic.simulator",
            "--videos",
            str(videos),
            "--limits",
            "off",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("listening on "):
            raise SystemExit(f"the simulator did not start: {line!r}")
        self.url = line.removeprefix("listening on ").strip()
        self.api_url = f"{self.url}/open_api/v1.3"
        self.authorize_url = f"{self.url}/v2/auth/authorize/"

    def set_latency(self, seconds: float) -> None:
        """Set the minimum duration of every request."""
        self._ask("settings", {"latency": seconds})

    @cached_property
    def token(self) -> tuple[str, str]:
        """Return an access token and the id of its account."""
        granted = self._ask("token", {"username": USERNAME})
        return str(granted["access_token"]), str(granted["open_id"])

    def requests(self) -> int:
        """Return the API requests since the last call."""
        count = int(self._ask("requests")["total"])
        self._ask("requests/clear", {})
        return count

    def consent(self, address: str) -> str:
        """Return the redirected address after the owner approves."""
        opener = urllib.request.build_opener(_Stay)
        try:
            opener.open(f"{address}&simulator_decision=allow&simulator_account={USERNAME}")
        except urllib.error.HTTPError as answer:
            return str(answer.headers["Location"])
        raise SystemExit("the simulator's consent page did not redirect")

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, call: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_simulator/{call}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
