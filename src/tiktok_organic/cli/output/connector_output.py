"""Print a connector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector

__all__ = ["print_connector", "run_words"]


def print_connector(app: App, output: Output, found: Connector, event: str | None) -> None:
    from tiktok_organic.actions.connectors.connector_document import connector_document

    document = connector_document(found, app.runs.last().get(found.id))

    def words() -> None:
        if event:
            out.show(f"{found.name!r} {event}.")
        for name, value in document.items():
            out.show(f"  {name.replace('_', ' '):<18} {words_of(value)}")

    output.document(document, words)


def words_of(value: Any) -> str:
    if isinstance(value, dict):
        return run_words(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "–" if value is None else str(value)


def run_words(run: dict[str, Any] | None) -> str:
    return f"{run['status']} {run['sync_date'][:16].replace('T', ' ')}" if run else "never"
