"""Decide what happens next with a run. Pure: the run, the other runs and the time are the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from tiktok_organic.errors import Refused, TikTokOrganicError
from tiktok_organic.sync.run import Run

__all__ = [
    "ADOPTED",
    "MOST_ATTEMPTS",
    "STALE",
    "Circumstances",
    "Decision",
    "Step",
    "adopted",
    "next_step",
    "waits_for",
]

ADOPTED = timedelta(hours=1)
"""A user's sync completes a run that began within this time, with its sync date.

A user who syncs later than that expects current numbers.
"""
STALE = timedelta(hours=24)
"""An engine does not begin a run that was ordered longer ago and has fetched nothing.

Its sync date would put a wrong date on today's numbers.
"""
MOST_ATTEMPTS = 20
"""A run whose process was killed this often probably causes it."""


class Step(Enum):
    """The next step of a run."""

    FETCH = "fetch"
    """Ask TikTok, then load."""
    LOAD = "load"
    """Everything is fetched: load without asking TikTok."""
    GIVE_UP = "give up"
    """End it as failed, with the decision's `reason`."""
    RETIRE = "retire"
    """It has a result and is not retried: a newer run replaces it."""
    LEAVE = "leave"
    """Do nothing now."""


@dataclass(frozen=True)
class Decision:
    """The next step of a run, and the reason of GIVE_UP."""

    step: Step
    reason: TikTokOrganicError | None = None

    @property
    def attempts(self) -> bool:
        """Whether an attempt is made."""
        return self.step in (Step.FETCH, Step.LOAD)


@dataclass(frozen=True)
class Circumstances:
    """The input of the decision, without the run.

    `state`: the connector's. `newest`: the id of the connector's newest run. `by_person`: whether a
    user waits for the result; otherwise an engine decides.
    """

    now: datetime
    state: str
    newest: str
    by_person: bool


def next_step(run: Run, about: Circumstances) -> Decision:
    """Decide about a run.

    The caller holds the connector's lock, so no other process works on it.
    """
    # A pause ends what the schedule ordered; a user who waits for a result has asked since then.
    if about.state == "paused" and run.requested_by == "schedule" and not about.by_person:
        return Decision(Step.GIVE_UP, _paused())
    # A user does not wait for the time of the next retry.
    if not run.unfinished and not about.by_person and not _due(run, about.now):
        return Decision(Step.LEAVE)
    # Before the rules about age: answers in the archive keep their sync date, however late they are
    # loaded.
    if run.loadable:
        return Decision(Step.LOAD)
    if not run.unfinished:
        # The newer run requests what this one lacks, and without a consent TikTok refuses every
        # request.
        superseded = run.id != about.newest or about.state == "reconnect_needed"
        return Decision(Step.RETIRE if superseded else Step.FETCH)
    if _too_old(run, about) or run.attempt >= MOST_ATTEMPTS:
        return Decision(Step.GIVE_UP, _interrupted())
    return Decision(Step.FETCH)


def adopted(run: Run, now: datetime) -> bool:
    """Whether a run is recent enough to be the result of a user's order."""
    return run.sync_date >= now - ADOPTED


def waits_for(run: Run, pending: Sequence[Run]) -> Run | None:
    """Return the earlier run that has to be loaded before this one.

    Its older values must not replace newer ones. A run that the warehouse refused does not delay
    others.
    """
    for other in pending:
        if other.loadable and not other.refused and other.sync_date < run.sync_date:
            return other
    return None


def _due(run: Run, now: datetime) -> bool:
    return run.next_attempt_at is not None and run.next_attempt_at <= now


def _too_old(run: Run, about: Circumstances) -> bool:
    if about.by_person:
        return not adopted(run, about.now) or about.state == "reconnect_needed"
    return about.now - run.sync_date > STALE


def _interrupted() -> TikTokOrganicError:
    return TikTokOrganicError(
        "the process that worked on it ended before everything was fetched",
        code="interrupted",
    )


def _paused() -> TikTokOrganicError:
    return Refused(
        "the connector was paused before this sync was over",
        code="connector_paused",
    )
