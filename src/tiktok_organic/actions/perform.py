"""One attempt at a run: fetch unless that is done, load, record. Whoever calls holds the connector's lock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tiktok_organic.actions.kept_progress import Stopped
from tiktok_organic.actions.stopwatch import Stopwatch
from tiktok_organic.actions.token_keeper import TokenKeeper
from tiktok_organic.actions.uncounted import forget, uncounted
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import (
    Defect,
    DestinationBusy,
    ReconnectNeeded,
    Refused,
    TikTokOrganicError,
    WrongKey,
)
from tiktok_organic.retry import next_attempt
from tiktok_organic.store.seal_probe import verify_seal
from tiktok_organic.sync.fetch import Asking, fetch
from tiktok_organic.sync.load import LoadResult, load
from tiktok_organic.sync.order import Fetched, Order, Progress
from tiktok_organic.sync.run import (
    FetchedPart,
    PartState,
    ReportResult,
    ReportStatus,
    Run,
    RunNotes,
    RunStatus,
    cause,
    status_of,
)
from tiktok_organic.sync.window import (
    DOUBTFUL,
    DayRecord,
    Window,
    earliest,
    read_again,
    without_rows,
)
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.transport import Usage
from tiktok_organic.warehouse.destinations import prepare

__all__ = ["perform"]

_DAILY = "profile_daily_metric"


def perform(app: App, run: Run, progress: Progress) -> Run:
    """Attempt the run; the run as it stands afterwards. Errors of the attempt are recorded, not raised; Stopped and
    WrongKey are, and the run waits for another process then."""
    watch = Stopwatch(progress, app.clock)
    try:
        _attempt(app, run, watch)
    finally:
        _count(app, run, watch)
    return app.runs.get(run.id)


def _attempt(app: App, run: Run, progress: Progress) -> None:
    attempt = _Attempt(app, run, app.connectors.get(run.connector_id), progress)
    try:
        attempt.work()
    except Stopped:
        attempt.handed_back()
        raise
    except WrongKey as error:
        if _holds_the_key(app):  # it is this connector's secret alone that nobody here can open
            attempt.failed(error)
            return
        attempt.handed_back()
        raise
    except TikTokOrganicError as error:
        attempt.failed(error)
    except Exception as error:
        attempt.failed(Defect(f"{type(error).__name__}: {error}"))
        raise


def _count(app: App, before: Run, watch: Stopwatch) -> None:
    """What the attempt added, for the figures that operators watch. One that was killed is counted by the next."""
    watch.stop()
    with suppress(TikTokOrganicError):  # the run stands; no figure is worth more
        after = app.runs.get(before.id)
        if after.status is RunStatus.RUNNING:
            return
        rows = {
            ("rows", table): result.rows
            for table, result in after.results.items()
            if result.succeeded and table in before.open_reports
        }
        app.counters.add(
            {
                **rows,
                **{("seconds", phase): value for phase, value in watch.seconds.items()},
                ("requests", ""): after.requests - before.requests,
                ("throttled", ""): after.throttled - before.throttled,
                ("attempts", str(after.status)): 1,
            }
        )


def _holds_the_key(app: App) -> bool:
    """Whether this process has the key of the store, as of now."""
    try:
        verify_seal(app.database, app.seal)
    except WrongKey:
        return False
    return True


class _Attempt:
    """One attempt, and what it writes into the store."""

    def __init__(self, app: App, run: Run, connector: Connector, progress: Progress) -> None:
        self._app = app
        self._run = run
        self._connector = connector
        self._progress = progress
        self._usage = Usage(proven=True)  # the account was connected there
        self._keeper: TokenKeeper | None = None
        self._results: dict[str, ReportResult] = dict(run.results)
        self._parts = run.fetched
        self._number = run.attempt + 1
        self._requests = run.requests + uncounted(app, run)

    def work(self) -> None:
        started = self._app.clock.now()
        self._write(
            {
                "status": RunStatus.RUNNING,
                "attempt": self._number,
                "started_at": started,
                "next_attempt_at": None,
            }
        )
        forget(self._app, self._run, self._run.attempt)
        order = self._order()
        fetched = self._parts[-1].fetched if self._run.loadable else self._fetch(order)
        self._refuse_out_of_order()
        with self._app.warehouse(self._connector.destination) as warehouse:
            result = load(
                order, fetched, self._app.archive, warehouse, self._app.clock, self._progress
            )
        self._loaded(order, fetched, result)

    def handed_back(self) -> None:
        """Somebody else completes it; what was asked in vain counts."""
        self._write({"status": RunStatus.WAITING, "progress": None})

    def failed(self, error: TikTokOrganicError) -> None:
        """Nothing of this attempt is in the warehouse."""
        now = self._app.clock.now()
        pause = next_attempt(error, self._number)
        if isinstance(error, ReconnectNeeded) and not self._reconnect_needed(error.message):
            pause = timedelta(0)  # the owner has reconnected meanwhile: try with the new tokens
        told = self._told(error.document())
        for name in self._order().reports:
            self._results[name] = ReportResult(ReportStatus.FAILED, error=told)
        values: dict[str, Any] = {
            "status": self._status(),
            "results": self._results,
            "error": told,
            "finished_at": now,
            "next_attempt_at": now + pause if pause is not None else None,
            "progress": None,
        }
        if self._parts and self._parts[-1].state.loadable:
            values["fetched"] = self._newest_part_is(_after(error))
        self._write(values)

    def _told(self, error: Mapping[str, str]) -> dict[str, str]:
        """An error whose advice names the connector."""
        return {**error, "advice": error["advice"].replace("CONNECTOR", self._connector.id)}

    def _order(self) -> Order:
        """What is to be done: on a repeat, only what has not result."""
        connector = self._connector
        return Order(
            run_id=self._run.id,
            connector_id=connector.id,
            account_id=connector.account_id,
            username=connector.username,
            former_usernames=connector.former_usernames,
            reports=self._run.open_reports,
            dataset=connector.dataset,
            window=Window(self._run.window_start, self._run.window_end),
            sync_date=self._run.sync_date,
            attempt=self._number,
            scopes=connector.scopes,
            curves=self._run.notes.curves,
        )

    def _fetch(self, order: Order) -> Fetched:
        recording = self._app.archive.record(
            order.connector_id, order.run_id, order.attempt, order.sync_date
        )
        transport = self._app.transport(
            self._connector.api_url,
            on_wait=self._progress.waiting,
            on_send=recording.sending,
            usage=self._usage,
        )
        keeper = self._keeper = TokenKeeper(self._app, order.connector_id, transport)
        prepare(self._connector.destination)
        try:
            tiktok = TikTok(transport, order.account_id, keeper, recording.keep)
            asking = Asking(
                tiktok, recording, self._app.clock, self._app.limits, self._progress, keeper.scopes
            )
            fetched = fetch(order, asking)
        finally:
            recording.close()
        if keeper.refused is not None:
            self._reconnect_needed(keeper.refused.message)
        if any(name not in fetched.failed for name in order.reports):
            self._parts = (*self._parts, FetchedPart(fetched))
            self._write({"fetched": self._parts})
        return fetched

    def _refuse_out_of_order(self) -> None:
        """An older sync that waits to be loaded goes first: its older values must not win over newer ones. One that the
        warehouse has refused holds nobody up."""
        for run in self._older():
            if not run.refused:
                why = "" if run.error is None else f": {run.error['message']}"
                raise DestinationBusy(f"the earlier run {run.id} waits to be loaded{why}")

    def _older(self) -> list[Run]:
        pending = self._app.runs.pending(self._connector.id)
        return [run for run in pending if run.loadable and run.sync_date < self._run.sync_date]

    def _set_aside(self, refused: list[Run], connection: Connection) -> None:
        """Older runs that the warehouse refuses while it takes this one: later, they would win over newer values."""
        for run in refused:
            error = {
                **(run.error or {}),
                "advice": "A later sync was loaded instead, so this one never will be. Its answers stay in the "
                f"archive: `tiktok-organic run {run.id} --json` names the file.",
            }
            parts = (*run.fetched[:-1], replace(run.fetched[-1], state=PartState.SET_ASIDE))
            self._app.runs.change(
                run.id, {"fetched": parts, "error": error, "next_attempt_at": None}, connection
            )

    def _newest_part_is(self, state: PartState) -> tuple[FetchedPart, ...]:
        self._parts = (*self._parts[:-1], replace(self._parts[-1], state=state))
        return self._parts

    def _loaded(self, order: Order, fetched: Fetched, result: LoadResult) -> None:
        now = self._app.clock.now()
        for name in order.reports:
            error = fetched.failed.get(name)
            self._results[name] = (
                ReportResult(ReportStatus.FAILED, error=self._told(error))
                if error
                else ReportResult(ReportStatus.SUCCEEDED, result.rows.get(name, 0))
            )
        if result.rows:
            self._newest_part_is(PartState.LOADED)
        refused = self._older()
        with self._app.database.begin() as connection:
            lost = self._write_days(fetched, result, now, connection)
            self._app.chart_data.save(
                self._connector.id, self._run.sync_date, result.figures, connection
            )
            self._write(self._outcome(fetched, result, lost, now), connection)
            self._write_connector(result, connection)
            self._set_aside(refused if result.rows else [], connection)
        revoked = [
            error for error in fetched.failed.values() if error["code"] == ReconnectNeeded.code
        ]
        if revoked:
            self._reconnect_needed(revoked[0]["message"])

    def _outcome(
        self, fetched: Fetched, result: LoadResult, lost: list[str], now: datetime
    ) -> dict[str, Any]:
        warnings = (*fetched.warnings, *self._withheld(fetched), *self._renamed(result))
        notes = RunNotes(
            curves=self._run.notes.curves,
            warnings=warnings,
            findings=result.findings.document(),
            lost_days=tuple(lost),
            refused_fields=tuple(fetched.refused_fields),
            bytes_billed=result.bytes_billed,
        )
        retry = fetched.retry_in if fetched.failed else None
        return {
            "status": self._status(),
            "results": self._results,
            "fetched": self._parts,
            "loaded": any(part.loaded for part in self._parts),
            "error": cause(None, self._results.values())
            if fetched.failed and self._status() is RunStatus.FAILED
            else None,
            "notes": notes,
            "progress": None,
            "finished_at": now,
            "next_attempt_at": now + timedelta(seconds=retry) if retry is not None else None,
        }

    def _status(self) -> RunStatus:
        return status_of(self._results.values())

    def _withheld(self, fetched: Fetched) -> list[str]:
        from tiktok_organic.tiktok.scopes import SCOPES

        missing = [scope for scope in SCOPES if scope not in self._connector.scopes]
        if not missing or fetched.withheld_scopes:
            return []
        return [f"Columns stay empty because these permissions were withheld: {', '.join(missing)}"]

    def _renamed(self, result: LoadResult) -> list[str]:
        if not result.username or result.username == self._connector.username:
            return []
        return [
            f"The account's username changed from {self._connector.username} to {result.username}"
        ]

    def _write_days(
        self, fetched: Fetched, result: LoadResult, now: datetime, connection: Connection
    ) -> list[str]:
        """Record the days that have their rows, those whose rows are gone, and those that TikTok will never give; the
        newly lost ones."""
        if _DAILY not in self._run.reports:
            return []
        known = self._app.days.known(self._connector.id, connection)
        changed: dict[Any, DayRecord] = without_rows(known, result.stored)
        read_at = result.read_at or now
        for day, digest in result.days.items():
            changed[day] = read_again(known.get(day, DayRecord()), digest, day, read_at)
        for day in self._unreachable(fetched, now):
            record = changed.get(day) or known.get(day, DayRecord())
            if record.digest is None and not record.lost:
                changed[day] = DayRecord(lost=True)
        self._app.days.save(self._connector.id, changed.items(), connection)
        return [day.isoformat() for day, record in sorted(changed.items()) if record.lost]

    def _unreachable(self, fetched: Fetched, now: datetime) -> list[Any]:
        """Days since the first one ever asked for that lie beyond TikTok's limit, and wanted ones that it refused."""
        limit = earliest(now.date())
        first = self._connector.first_asked or limit
        days = Window(first, limit - timedelta(days=1)).days() if first < limit else []
        if (
            fetched.window is not None
            and _DAILY not in fetched.failed
            and fetched.window.start > self._run.window_start
        ):
            given_up = Window(
                self._run.window_start, fetched.window.start - timedelta(days=1)
            ).days()
            days += [day for day in given_up if day < limit + timedelta(days=DOUBTFUL)]
        return days

    def _write_connector(self, result: LoadResult, connection: Connection) -> None:
        values: dict[str, Any] = {}
        if result.username and result.username != self._connector.username:
            changed = self._connector.renamed_account(result.username)
            values |= {
                "username": changed.username,
                "former_usernames": list(changed.former_usernames),
            }
        if result.display_name:
            values["display_name"] = result.display_name
        if result.profile_image:
            values["avatar"] = result.profile_image
        if result.followers is not None:
            values["followers"] = result.followers
        if values:
            self._app.connectors.change(self._connector.id, values, connection)

    def _reconnect_needed(self, reason: str) -> bool:
        """Stop the connector. False when its owner has reconnected while the sync ran."""
        refused = None if self._keeper is None else self._keeper.version
        return self._app.connectors.need_reconnect(
            self._connector.id, refused=refused, reason=reason
        )

    def _write(self, values: dict[str, Any], connection: Connection | None = None) -> None:
        counted = {
            "requests": self._requests + self._usage.requests,
            "throttled": self._run.throttled + self._usage.throttled,
        }
        self._app.runs.change(self._run.id, {**values, **counted}, connection)
        if values.get("status") is not RunStatus.RUNNING:
            forget(self._app, self._run, self._number)


def _after(error: TikTokOrganicError) -> PartState:
    """The state of the answers that a load has just failed on."""
    if error.code == "archive_missing":
        return PartState.LOST
    return PartState.REFUSED if isinstance(error, Refused) else PartState.FETCHED
