"""Errors of the API in the format of RFC 9457."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel

__all__ = ["RESPONSES", "Problem", "problem"]


class Problem(BaseModel):
    """`code` is stable for programs, `detail` says what happened, `advice` what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    advice: str = ""


class _ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(status: int, code: str, detail: str, advice: str) -> JSONResponse:
    title = HTTPStatus(status).phrase
    response = _ProblemResponse(
        Problem(title=title, status=status, code=code, detail=detail, advice=advice).model_dump(),
        status,
    )
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _described(about: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": about,
        "model": Problem,
        "content": {"application/problem+json": {"schema": schema}},
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: _described("The request is invalid; nothing was changed"),
    401: _described("The token is missing or invalid"),
    403: _described("The token's scope or its creator's role is not sufficient"),
    404: _described("The connector or run does not exist"),
    409: _described("The name is in use, a sync is running, or the owner must reconnect"),
    413: _described("The request is too large"),
    422: _described("A value is invalid"),
    429: _described("Too many wrong tokens from this machine"),
    503: _described("Temporarily unavailable: try again later"),
}
