"""A warehouse that a person describes in a form: its fields become the stored address."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tiktok_organic.errors import BadValue
from tiktok_organic.web.forms import Form

__all__ = ["FIELDS", "entered_address"]

FIELDS = (
    "kind",
    "address",
    "file",
    "bq_project",
    "bq_location",
    "bq_key_file",
    "pg_host",
    "pg_port",
    "pg_database",
    "pg_user",
)
"""All fields except `pg_password`, which no page shows again."""


def entered_address(form: Form) -> str:
    """Return the address of the form. Raises BadValue with the name of an empty field."""
    kind = form.text("kind")
    if kind == "bigquery":
        return _bigquery(form)
    if kind == "postgresql":
        return _postgresql(form)
    if kind == "duckdb":
        return f"duckdb:///{quote(_needed(form, 'file', 'File', 'bakery.duckdb'))}"
    address = form.text("address").strip()
    # Passwords have a field that is not shown again; an address is stored encrypted as typed.
    if not address:
        raise BadValue("destination", "it is empty", example="bigquery://my-project?location=EU")
    return address


def _bigquery(form: Form) -> str:
    project = _needed(form, "bq_project", "Project", "my-project")
    options = {
        "location": form.text("bq_location").strip(),
        "credentials": form.text("bq_key_file").strip(),
    }
    given = {name: value for name, value in options.items() if value}
    return f"bigquery://{quote(project)}{'?' if given else ''}{urlencode(given)}"


def _postgresql(form: Form) -> str:
    host = _needed(form, "pg_host", "Host", "db.example.com")
    database = _needed(form, "pg_database", "Database", "warehouse")
    user = _needed(form, "pg_user", "User", "tiktok")
    port = form.text("pg_port").strip() or "5432"
    if not port.isascii() or not port.isdigit() or not 1 <= int(port[:6]) <= 65_535:
        raise BadValue(
            "PostgreSQL port", f"{port!r} is not a number from 1 to 65,535", example="5432"
        )
    password = form.text("pg_password")
    secret = f":{quote(password, safe='')}" if password else ""
    where = f"[{host.strip('[]')}]" if ":" in host else host
    return f"postgresql://{quote(user, safe='')}{secret}@{where}:{port}/{quote(database, safe='')}"


def _needed(form: Form, field: str, label: str, example: str) -> str:
    text = form.text(field).strip()
    if not text:
        raise BadValue(label, "it is empty", example=example)
    return text
