"""The result of the commit of a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.loading.extract_chart_data import ChartExtract
from tiktok_organic.tiktok.record_types import Account
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["LoadResult"]


@dataclass(frozen=True)
class LoadResult:
    """The result of one commit.

    `rows`: per report; empty if no report was loaded. `days`: the records of days that it changed.
    `loads_missing_since`: the warehouse was an older copy, without the loads since then.
    `account`: the account as TikTok described it; None if it was not requested.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[date, DayRecord] = field(default_factory=dict)
    loads_missing_since: datetime | None = None
    username: str = ""
    account: Account | None = None
    findings: Findings = field(default_factory=Findings)
    figures: ChartExtract = field(default_factory=ChartExtract)
    bytes_billed: int | None = None
    refused_views: Mapping[str, str] = field(default_factory=dict)
    refused_tables: Mapping[str, str] = field(default_factory=dict)
    reports_alone: str = ""
    """Why the companions' tables and the views were left out; empty if they were not."""
