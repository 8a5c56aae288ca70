"""Why a sync failed, on standard error: a cron job that discards the result still mails it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_organic.cli.advice import error_document
from tiktok_organic.cli.output.output import say

if TYPE_CHECKING:
    from tiktok_organic.sync.run import Run

__all__ = ["explain"]


def explain(run: Run) -> None:
    """Print one line that says what failed and why, and one that says what to do."""
    error = run.cause
    if run.succeeded or error is None:
        return
    what = "in part" if run.rows else "altogether"
    say(f"Error: {run.connector_name}: the {run.kind} failed {what}: {error['message']}")
    say(error_document(error, **run.about)["advice"])
