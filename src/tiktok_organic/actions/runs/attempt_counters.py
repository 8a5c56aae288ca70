"""What an attempt adds to the counters of the metrics."""

from __future__ import annotations

from contextlib import suppress

from tiktok_organic.actions.runs.phase_timer import Stopwatch
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.runs.metric_counters import Counters
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus

__all__ = ["count_attempt"]


def count_attempt(runs: Runs, counters: Counters, before: Run, watch: Stopwatch) -> None:
    """Add the attempt's results to the counters of the metrics.

    The next attempt counts one that was killed.
    """
    with suppress(TikTokOrganicError):  # the run is recorded; the counters matter less
        after = runs.get(before.id)
        if after.status is RunStatus.RUNNING:
            return
        rows = {
            ("rows", table): result.rows
            for table, result in after.results.items()
            if result.succeeded and table in before.open_reports
        }
        counters.add(
            {
                **rows,
                **{("seconds", phase): value for phase, value in watch.seconds.items()},
                ("requests", ""): after.requests - before.requests,
                ("throttled", ""): after.throttled - before.throttled,
                ("attempts", str(after.status)): 1,
            }
        )
