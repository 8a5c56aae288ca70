"""A source for dlt: the same records, for destinations that only dlt supports.

dlt loads table by table: a load that fails leaves some tables updated and others not, and a missing
value of a day replaces a stored one. If both matter, use one of our own destinations.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiktok_organic.app import App
from tiktok_organic.archive import Archive
from tiktok_organic.connector_rules import check_lookback, check_reports
from tiktok_organic.dlt_accounts import ConnectedAccount, ExtractedAccount, GivenAccount, scopes_of
from tiktok_organic.errors import (
    BadValue,
    ReconnectNeeded,
    Refused,
    recorded,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.reports.report import Context
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch import fetch
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.archived_source import ArchivedSource
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.stop import Stop
from tiktok_organic.sync.window import Window
from tiktok_organic.table_definition import Table
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.scopes import SCOPES
from tiktok_organic.tiktok.unusual_data import Findings

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["dlt_source"]


_TYPES = {
    "STRING": "text",
    "INTEGER": "bigint",
    "FLOAT": "double",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
_log = logging.getLogger("tiktok_organic.dlt")


def dlt_source(
    connector: str | None = None,
    *,
    access_token: str | None = None,
    account_id: str | None = None,
    scopes: Sequence[str] | None = None,
    reports: Sequence[str] | None = None,
    lookback: int = 5,
    app: App | None = None,
) -> Any:
    """Return a dlt source with a resource for each report.

    `connector`: the name or id of a connector of this machine, whose tokens are used; or
    `access_token` and `account_id` (open_id) of an account, and `scopes` if its consent granted
    fewer than all. `lookback`: the complete UTC days before today, 1 to 60. Each run of the
    pipeline has one sync date for all resources. A report that cannot be completed is logged and
    omitted; if none can be, its error is raised.

    Raises Refused if dlt is not installed, BadValue, NotFound; while extracting ReconnectNeeded,
    AlreadyRunning.
    """
    try:
        import dlt
    except ImportError:
        raise Refused("dlt is not installed", case="dlt_missing") from None
    wanted = check_reports(list(REPORTS) if reports is None else reports, REPORTS)
    check_lookback(lookback)
    app = app or _app()
    account = _account(app, connector, access_token, account_id, scopes)
    extracted = _Extraction(app, account, wanted, lookback)

    @dlt.source(name="tiktok_organic")
    def tiktok_organic() -> Any:
        return [_resource(dlt, REPORTS[name].table, extracted) for name in wanted]

    return tiktok_organic()


def _account(
    app: App,
    connector: str | None,
    access_token: str | None,
    account_id: str | None,
    scopes: Sequence[str] | None,
) -> ExtractedAccount:
    """Return the account of a connector, or of a given token. Raises BadValue without both."""
    if connector is not None:
        return ConnectedAccount(app, app.connectors.get(connector).id)
    if access_token and account_id:
        return GivenAccount(
            app, access_token, account_id, tuple(SCOPES if scopes is None else scopes)
        )
    raise BadValue(
        "connector",
        "neither a connector nor a token with its account was given",
        example="my-connector",
    )


def _resource(dlt: Any, table: Table, extraction: _Extraction) -> Any:
    return dlt.resource(
        lambda: extraction.batches(table),
        name=table.name,
        primary_key=list(table.matched_on),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns={
            column.name: {
                "name": column.name,
                "data_type": _TYPES[column.type],
                "nullable": not column.required,
                "description": column.about,
            }
            for column in table.columns
        },
        table_format=None,
    )


class _Extraction:
    """One fetch for all resources of a pipeline's run, started by the first resource."""

    def __init__(
        self, app: App, account: ExtractedAccount, reports: tuple[str, ...], lookback: int
    ) -> None:
        self._app = app
        self._account = account
        self._reports = reports
        self._lookback = lookback
        folder = Path(tempfile.mkdtemp(prefix="tiktok-organic-dlt-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._archive = Archive(str(folder), folder)
        self._sync_date = app.clock.now()

    def batches(self, table: Table) -> Iterator[pa.Table]:
        import pyarrow

        fetched = self._fetched
        self._refuse_nothing(fetched)
        error = fetched.failed.get(table.name)
        if error is not None:
            _log.error("%s is left out: %s", table.name, error["message"])
            return
        source = ArchivedSource(self._archive, fetched, Findings())
        username = (
            source.account().username if fetched.account else None
        ) or self._account.username
        context = Context(
            self._account.account_id, username, self._sync_date, self._app.clock.now()
        )
        for batch in table.batches(REPORTS[table.name].rows(source, context)):
            yield pyarrow.Table.from_batches([batch])

    def _refuse_nothing(self, fetched: FetchSummary) -> None:
        """Raise if the consent was revoked or no report was fetched.

        An empty pipeline must not look like a success.
        """
        revoked = [e for e in fetched.failed.values() if e["code"] == ReconnectNeeded.code]
        if revoked:
            self._account.stop_connector(revoked[0]["message"])
            raise recorded(revoked[0])
        if fetched.failed and all(name in fetched.failed for name in self._reports):
            raise recorded(next(iter(fetched.failed.values())))

    @cached_property
    def _fetched(self) -> FetchSummary:
        transport = self._app.transport(self._account.api_url)
        today = self._sync_date.date()
        task = AttemptTask(
            run_id="dlt",
            connector_id="dlt",
            account_id=self._account.account_id,
            username=self._account.username,
            former_usernames=(),
            reports=self._reports,
            dataset="",
            window=Window(today - timedelta(days=self._lookback), today - timedelta(days=1)),
            sync_date=self._sync_date,
            attempt=1,
            scopes=self._account.scopes,
        )
        recording = self._archive.record("dlt", "dlt", 1, self._sync_date)
        with self._account.tokens(transport) as tokens:
            asked = scopes_of(tokens, self._account.scopes)
            tiktok = TikTok(transport, self._account.account_id, tokens, recording.keep)
            clock = self._app.clock
            fetching = FetchContext(
                tiktok, recording, clock, self._app.limits, silent, asked, Stop(clock)
            )
            return fetch(task, fetching)


def _app() -> App:
    import os

    from tiktok_organic.settings import Settings, environment

    return App(Settings.read(environment(Path.cwd(), os.environ)))
