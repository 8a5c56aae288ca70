"""The tables of the store. A change here needs a migration; a test compares the two."""

# Long, because it is the whole schema: one table after the other, and no logic.

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    true,
)
from sqlalchemy.types import Date, TypeDecorator

from tiktok_organic.replaced_values import storable, storable_text

__all__ = [
    "HEAD",
    "Moment",
    "api_tokens",
    "attempts",
    "authorizations",
    "commit_jobs",
    "connectors",
    "counters",
    "days",
    "devices",
    "drafts",
    "events",
    "figure_days",
    "figure_moments",
    "figure_videos",
    "invitations",
    "meta",
    "metadata",
    "notices",
    "people",
    "preferences",
    "runs",
    "sends",
    "sessions",
    "tokens",
    "video_lists",
]

HEAD = "0003"
"""The migration that creates this schema."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return the stored form of a time: microseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, stored as microseconds since 1970: exact in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Text(TypeDecorator[str]):
    """Text that every store can hold; also in conditions, so that another text is never found."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else storable_text(value)


class Json(TypeDecorator[Any]):
    """A JSON value that every store can hold."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's
        return storable(value)


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# The `…_key` columns have what must be unique among the connectors that were not removed, and null
# for removed ones. (A partial index would be more direct, but costs 45 ms of every start:
# SQLAlchemy imports both dialects for it.)
connectors = Table(
    "connectors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, unique=True),
    Column("account_key", Text, unique=True),
    Column("place_key", Text, unique=True),
    Column("account_id", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("former_usernames", Json, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("avatar", Text, nullable=False),
    Column("followers", BigInteger),
    Column("dataset", Text, nullable=False),
    Column("destination", LargeBinary, nullable=False),
    Column("destination_key", Text, nullable=False),
    Column("reports", Json, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("weekday", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("lookback", Integer, nullable=False),
    Column("views", Boolean, nullable=False, server_default=true()),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("api_url", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("first_asked", Date),
    Column("next_due", Moment),
    Column("removed_at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("access_token", LargeBinary, nullable=False),
    Column("access_expires", Moment, nullable=False),
    Column("refresh_token", LargeBinary, nullable=False),
    Column("consent_ends", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("connector_id", ForeignKey("connectors.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("sync_date", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("reports", Json, nullable=False),
    Column("window_start", Date, nullable=False),
    Column("window_end", Date, nullable=False),
    Column("results", Json, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("throttled", BigInteger, nullable=False),
    Column("fetched", Json(none_as_null=True)),
    Column("loaded", Boolean, nullable=False),
    Column("error", Json(none_as_null=True)),
    Column("notes", Json, nullable=False),
    Column("progress", Json(none_as_null=True)),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("next_attempt_at", Moment),
    Index("runs_of_connector", "connector_id", "sync_date"),
    Index("runs_by_status", "status"),
    Index("runs_by_date", "sync_date", "id"),
    Index("runs_to_try", "next_attempt_at"),
)

days = Table(
    "days",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("digest", Text),
    Column("mature_on", Date),
    Column("final", Boolean, nullable=False),
    Column("lost", Boolean, nullable=False),
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("bound_to", Text, nullable=False),
    Column("draft_id", Text),
    Column("connector_id", Text),
    Column("api_url", Text, nullable=False),
    Column("redirect_url", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
)

commit_jobs = Table(
    "commit_jobs",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("job", Text, nullable=False),
)

sends = Table(
    "sends",
    metadata,
    Column("name", Text, primary_key=True),
    Column("times", Json, nullable=False),
    Column("held_until", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger),
    Column("recovery_codes", JSON(none_as_null=True)),
    Column("sso_subject", String),
    Index("people_by_sso_subject", "sso_subject", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("address", String),
    Column("browser", String),
    Column("expects_code", Boolean),
    Column("ends_at", Moment),
    Index("sessions_of_person", "person_id"),
)

devices = Table(
    "devices",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("seen_at", Moment, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("who", String, nullable=False),
    Column("address", String, nullable=False),
    Column("what", String, nullable=False),
    Index("events_by_time", "at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("who", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("inviter_id", String),
    Column("resets", String),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    Column("ends_at", Moment),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("drafts_of_person", "person_id"),
)

figure_days = Table(
    "figure_days",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("views", BigInteger),
    Column("figures", Json, nullable=False),
)

figure_moments = Table(
    "figure_moments",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("moment", Moment, primary_key=True),
    Column("figures", Json, nullable=False),
)

figure_videos = Table(
    "figure_videos",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("moment", Moment, nullable=False),
    Column("figures", Json, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("value", Float, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("event", Text, primary_key=True),
    Column("said_at", Moment, nullable=False),
)

video_lists = Table(
    "video_lists",
    metadata,
    Column("connector_id", ForeignKey("connectors.id"), primary_key=True),
    Column("known", JSON, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Text, nullable=False),
)
