"""`sync --all`: every connector, several at a time, each with its own result."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tiktok_organic.cli.advice import error_document
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, say
from tiktok_organic.cli.output.run_errors import explain
from tiktok_organic.cli.output.run_result import document_of, print_run

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector
    from tiktok_organic.errors import TikTokOrganicError
    from tiktok_organic.sync.loading.loading_pool import LoadingSlot
    from tiktok_organic.sync.run import Run
    from tiktok_organic.sync.stop import Stop

__all__ = ["sync_all_connectors"]


def sync_all_connectors(
    app: App, output: Output, at_once: int, *, wait: bool, curves: bool
) -> tuple[list[Any], bool]:
    """Sync all connectors that are not paused; an error of one does not stop the others.

    Returns the documents of the runs, sorted by connector, and whether all of them succeeded.
    """
    from tiktok_organic.actions.runs.sync_all import sync_all
    from tiktok_organic.actions.runs.sync_patiently import sync_patiently
    from tiktok_organic.cli.output.progress_display import showing_many
    from tiktok_organic.sync.run import Run

    everyone = app.connectors.all()
    wanted = [connector for connector in everyone if connector.state != "paused"]
    for connector in everyone:
        if connector.state == "paused":
            say(f"{connector.name}: paused, skipped")
    documents: dict[str, Any] = {}
    well = True
    with showing_many(len(wanted)) as shown:

        def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
            progress = shown.progress(connector.name)
            return sync_patiently(
                app,
                connector,
                progress,
                wait=wait,
                curves=curves,
                stop=stop,
                loading_slot=loading_slot,
            )

        with contextlib.closing(sync_all(app, wanted, one, at_once=at_once)) as results:
            for connector, ended in results:
                well = well and isinstance(ended, Run) and ended.succeeded
                with shown.ended():
                    documents[connector.id] = _shown_document(connector, ended, output)
    return [documents[connector.id] for connector in wanted], well


def _shown_document(
    connector: Connector, ended: Run | TikTokOrganicError, output: Output
) -> dict[str, Any]:
    """Return its document; also print it for people."""
    from tiktok_organic.sync.run import Run

    if not isinstance(ended, Run):
        error = error_document(ended, connector=connector.id)
        say(f"{connector.name}: {ended.message}\n{error['advice']}")
        return {
            "connector": {"id": connector.id, "name": connector.name},
            "error": error,
        }
    if not output.json:
        out.show(connector.name)
        print_run(ended)
    explain(ended)
    return document_of(ended)
