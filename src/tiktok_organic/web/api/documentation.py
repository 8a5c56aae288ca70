"""The API's description as a page: rendered by the server from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.web.sign_in_and_roles.session_cookie import current_person
from tiktok_organic.web.site import site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    summary: str
    about: str
    parameters: list[tuple[str, str, str]]
    body: list[tuple[str, str, str]]
    response: str


@router.get("/docs")
def page(request: Request) -> Response:
    site = site_of(request)
    request.state.person = current_person(request)
    document = request.app.openapi()
    values = {
        "document": document,
        "operations": list(_operations(document)),
        "base": f"{site.base_url(request)}/api/v1",
    }
    return site.page(request, "api.html", values)


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            good = next(code for code in operation["responses"] if code.startswith("2"))
            yield Operation(
                method=method.upper(),
                path=path,
                summary=str(operation.get("summary", "")),
                about=str(operation.get("description", "")),
                parameters=[
                    (p["name"], _kind(p.get("schema", {})), str(p.get("description", "")))
                    for p in operation.get("parameters", [])
                ],
                body=_body(document, operation),
                response=f"{good} {_schema_name(operation['responses'][good])}",
            )


def _body(document: dict[str, Any], operation: dict[str, Any]) -> list[tuple[str, str, str]]:
    if "requestBody" not in operation:
        return []
    name = _schema_name(operation["requestBody"])
    fields = document["components"]["schemas"].get(name, {}).get("properties", {})
    return [
        (field, _kind(schema), str(schema.get("description", "")))
        for field, schema in fields.items()
    ]


def _schema_name(part: dict[str, Any]) -> str:
    schema = part.get("content", {}).get("application/json", {}).get("schema", {})
    many = "items" in schema
    name = str(schema.get("items", schema).get("$ref", "")).rpartition("/")[2]
    return f"list of {name}" if many else name


def _kind(schema: dict[str, Any]) -> str:
    options = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    words = []
    for part in options:
        if "enum" in part:
            words.append(" | ".join(str(value) for value in part["enum"]))
        elif part.get("type") == "array":
            words.append(f"list of {_kind(part.get('items', {}))}")
        else:
            words.append(str(part.get("format") or part.get("type", "any")))
    return " or ".join(words)
