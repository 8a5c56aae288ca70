"""What the store keeps besides: see the comment above each step."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Each step changes what its comment names."""
    _name_runs_as_the_glossary_does()


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
    summary = dict(part["summary"])  # type: ignore[call-overload] # JSON that version 0002 wrote
    summary["sync_date"] = summary.pop("moment", "")
    state = "fetched"
    if part.get("landed"):
        state = "loaded"
    elif part.get("set_aside"):
        state = "set_aside"
    elif part.get("refused"):
        state = "refused"
    return {"state": state, "summary": summary}
