"""Tables and columns added since 0002; a comment above each step has the reason."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Each step changes what its comment names."""
    _name_runs_as_the_glossary_does()
    _say_what_a_consent_is_for()
    _store_commit_jobs()
    _remember_lists_of_videos()
    _know_second_factors_devices_and_events()
    _list_runs_by_date()
    _let_views_be_switched_off()
    _compare_names_in_any_unicode_form()


def _name_runs_as_the_glossary_does() -> None:
    """`moment` is the sync date, `landed` is loaded; each fetched part has one state."""
    op.execute(sa.text("ALTER TABLE runs RENAME COLUMN moment TO sync_date"))
    op.execute(sa.text("ALTER TABLE runs RENAME COLUMN landed TO loaded"))
    runs = sa.table("runs", sa.column("id", sa.String), sa.column("fetched", sa.JSON))
    connection = op.get_bind()
    found = connection.execute(sa.select(runs).where(runs.c.fetched.is_not(None))).all()
    for row in found:
        parts = [_part(part) for part in row.fetched or ()]
        connection.execute(sa.update(runs).where(runs.c.id == row.id).values(fetched=parts))


def _part(part: dict[str, object]) -> dict[str, object]:
    summary = dict(part["summary"])  # type: ignore[call-overload]  # JSON that version 0002 wrote
    summary["sync_date"] = summary.pop("moment", "")
    state = "fetched"
    if part.get("landed"):
        state = "loaded"
    elif part.get("set_aside"):
        state = "set_aside"
    elif part.get("refused"):
        state = "refused"
    return {"state": state, "summary": summary}


def _say_what_a_consent_is_for() -> None:
    """Versions of token pairs, purposes of consents, several drafts for one person."""
    # A renewal writes only over the pair that it renewed.
    op.add_column("tokens", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    # What a consent is for is stored with its state. States live ten minutes: those of the
    # former version are given up.
    op.drop_table("authorizations")
    op.create_table(
        "authorizations",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("bound_to", sa.String(), nullable=False),
        sa.Column("draft_id", sa.String(), nullable=True),
        sa.Column("connector_id", sa.String(), nullable=True),
        sa.Column("api_url", sa.String(), nullable=False),
        sa.Column("redirect_url", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    # Several connections can be under way for one person, so each has an id. A half-made
    # connection of the former version has to be begun again.
    op.drop_table("drafts")
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("drafts_of_person", "drafts", ["person_id"])


def _store_commit_jobs() -> None:
    """A commit job of BigQuery is stored before it is sent, and looked up by the next load."""
    op.create_table(
        "commit_jobs",
        sa.Column("connector_id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["connector_id"], ["connectors.id"]),
        sa.PrimaryKeyConstraint("connector_id"),
    )


def _remember_lists_of_videos() -> None:
    """When an account's videos were published, so that the next sync cuts the timeline there."""
    op.create_table(
        "video_lists",
        sa.Column("connector_id", sa.String(), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["connector_id"], ["connectors.id"]),
        sa.PrimaryKeyConstraint("connector_id"),
    )


def _know_second_factors_devices_and_events() -> None:
    """Second factors, sign-on by a provider, who invited by id, known devices, security events."""
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("totp", sa.LargeBinary()))
        people.add_column(sa.Column("totp_step", sa.BigInteger()))
        people.add_column(sa.Column("recovery_codes", sa.JSON()))
        people.add_column(sa.Column("sso_subject", sa.String()))
    op.create_index("people_by_sso_subject", "people", ["sso_subject"], unique=True)
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("confirmed_at", sa.BigInteger()))
        sessions.add_column(sa.Column("address", sa.String()))
        sessions.add_column(sa.Column("browser", sa.String()))
        sessions.add_column(sa.Column("expects_code", sa.Boolean()))
        sessions.add_column(sa.Column("ends_at", sa.BigInteger()))
    op.add_column("api_tokens", sa.Column("ends_at", sa.BigInteger()))
    with op.batch_alter_table("invitations") as invitations:
        invitations.add_column(sa.Column("inviter_id", sa.String()))
        invitations.add_column(sa.Column("resets", sa.String()))
    op.create_table(
        "devices",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_by_time", "events", ["at"])


def _let_views_be_switched_off() -> None:
    """Whether a connector's syncs make the views beside the tables."""
    op.add_column(
        "connectors", sa.Column("views", sa.Boolean(), nullable=False, server_default=sa.true())
    )


def _list_runs_by_date() -> None:
    """The newest runs of all connectors, without reading all of them."""
    op.create_index("runs_by_date", "runs", ["sync_date", "id"])


def _compare_names_in_any_unicode_form() -> None:
    """The key of a name is composed (NFC); two names that differ in nothing else keep theirs."""
    table = sa.table(
        "connectors",
        sa.column("id", sa.String),
        sa.column("name", sa.String),
        sa.column("name_key", sa.String),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(table).where(table.c.name_key.is_not(None))).all()
    taken = {row.name_key for row in rows}
    for row in rows:
        folded = unicodedata.normalize("NFD", row.name).casefold()
        key = unicodedata.normalize("NFC", folded)
        if key not in taken:
            taken.add(key)
            change = sa.update(table).where(table.c.id == row.id).values(name_key=key)
            connection.execute(change)
