"""What an attempt prepares to fetch: the archive's file, the transport, the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tiktok_organic.actions.connectors.renew_tokens import TokenKeeper
from tiktok_organic.actions.runs.attempt_consent import AttemptConsent
from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.connector import Connector
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.store.connectors.video_lists import VideoLists
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.stop import Stop
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.warehouse.destinations import prepare

if TYPE_CHECKING:
    from tiktok_organic.tiktok.transport import Transport, Usage

__all__ = ["FetchDependencies", "MakeTransport", "fetch_context"]


class MakeTransport(Protocol):
    """Returns the transport for an API address, as `App.transport` does."""

    def __call__(
        self,
        api_url: str,
        *,
        on_wait: Callable[[float, str], None],
        on_send: Callable[[], None],
        usage: Usage,
    ) -> Transport: ...


@dataclass(frozen=True)
class FetchDependencies:
    """What an attempt may touch while it fetches.

    `token_keeper`: returns the tokens of a connector, which are renewed through the transport.
    """

    clock: Clock
    archive: Archive
    limits: Limits
    video_lists: VideoLists
    transport: MakeTransport
    token_keeper: Callable[[str, Transport], TokenKeeper]


@contextmanager
def fetch_context(
    parts: FetchDependencies,
    connector: Connector,
    task: AttemptTask,
    usage: Usage,
    consent: AttemptConsent,
    progress: Progress,
    stop: Stop,
) -> Iterator[FetchContext]:
    """Yield everything that fetching needs; the archive's file is closed afterwards.

    Requests are counted in `usage`. `consent` receives the token keeper.
    """

    def on_wait(seconds: float, reason: str) -> None:
        stop.check(seconds)
        progress(ProgressEvent(Phase.WAITING, seconds=seconds, reason=reason))

    recording = parts.archive.record(task.connector_id, task.run_id, task.attempt, task.sync_date)
    try:
        # In a thread: importing a warehouse's driver takes up to a second, which the wait for
        # TikTok's answers hides.
        prepare(connector.destination)
        transport = parts.transport(
            connector.api_url, on_wait=on_wait, on_send=recording.sending, usage=usage
        )
        keeper = consent.keeper = parts.token_keeper(task.connector_id, transport)
        tiktok = TikTok(transport, task.account_id, keeper, recording.keep)
        yield FetchContext(
            tiktok,
            recording,
            parts.clock,
            parts.limits,
            progress,
            keeper.scopes,
            stop,
            parts.video_lists.read(connector.id),
        )
    finally:
        recording.close()
