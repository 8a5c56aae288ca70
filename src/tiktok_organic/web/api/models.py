"""The documents of the API, as its description shows them. They are those of the command line's `--json`."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Change", "Connector", "Coverage", "Figures", "Recovery", "Removed", "Run", "RunStatus"]

RunStatus = Literal["waiting", "running", "succeeded", "partial", "failed"]


class _Document(BaseModel):
    """Later versions may add members."""

    model_config = ConfigDict(extra="allow")


class BriefRun(_Document):
    run_id: str
    status: RunStatus
    sync_date: str
    finished_at: str | None


class Connector(_Document):
    id: str
    name: str
    username: str
    display_name: str
    account_id: str
    dataset: str
    destination: str = Field(description="The warehouse's address; passwords are hidden.")
    reports: list[str]
    schedule: Literal["daily", "weekly", "off"]
    hour: int
    weekday: str | None
    timezone: str
    lookback: int
    views: bool
    state: Literal["active", "paused", "reconnect_needed"]
    state_reason: str | None
    followers: int | None
    created_at: str
    last_run: BriefRun | None
    next_due: str | None
    consent_ends: str | None


class Removed(Connector):
    """`state` is the last one it had."""

    removed: bool
    removed_at: str
    data_deleted: bool
    consent_revoked: bool


class Run(_Document):
    run_id: str
    connector: dict[str, str]
    kind: Literal["sync", "recovery"]
    requested_by: str
    status: RunStatus
    sync_date: str = Field(description="The sync moment: the same in every row of this sync.")
    window: dict[str, str]
    reports: dict[str, dict[str, Any]]
    requests: int
    error: dict[str, str] | None
    warnings: list[str]
    created_at: str | None
    started_at: str | None
    finished_at: str | None


class CoverageDay(_Document):
    date: date
    status: Literal["final", "provisional", "missing", "lost"]
    days_left: int | None


class Coverage(_Document):
    connector: dict[str, str]
    summary: dict[str, int]
    days: list[CoverageDay]


class Figures(_Document):
    connector: dict[str, str]
    as_of: str | None = Field(description="The sync moment of the newest figures.")
    account: dict[str, Any]
    days: list[dict[str, Any]]
    videos: list[dict[str, Any]]


class Change(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    reports: list[str] | None = Field(None, min_length=1)
    schedule: Literal["daily", "weekly", "off"] | None = None
    hour: int | None = Field(None, ge=0, le=23)
    weekday: str | None = None
    timezone: str | None = None
    lookback: int | None = Field(None, ge=1, le=60)
    views: bool | None = None


class Recovery(BaseModel):
    """`days` back from yesterday, or a window of days; 60 days when nothing is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "not": {
                "properties": {"days": {"type": "integer"}, "start": {"type": "string"}},
                "required": ["days", "start"],
            }
        },
    )
    days: int | None = Field(None, ge=1, le=60)
    start: date | None = None
    end: date | None = None
