"""Limit the size of a request: counted while it arrives, whatever its headers say."""

from __future__ import annotations

from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiktok_organic.web.api.problem_details import problem

__all__ = ["LARGEST_BODY", "Counted", "too_large"]

LARGEST_BODY = 256 * 1024
_API = "/api/v1/"
_TOO_LARGE = f"The request is larger than {LARGEST_BODY // 1024} KiB."


class Counted:
    """An application that receives at most `limit` bytes of a body, or responds with 413."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, started = 0, False

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > self._limit else message

        async def sending(message: Message) -> None:
            nonlocal started
            if received > self._limit and not started:
                return
            started = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception:
            if received <= self._limit:
                raise
        if received > self._limit and not started:
            await too_large(scope["path"])(scope, receive, send)


def too_large(path: str) -> Response:
    """Return the response that ends the connection; the rest of the body is not read."""
    if path.startswith(_API):
        response: Response = problem(413, "too_large", _TOO_LARGE, "Send less.")
    else:
        response = PlainTextResponse(_TOO_LARGE, 413)
    response.headers["connection"] = "close"
    return response
