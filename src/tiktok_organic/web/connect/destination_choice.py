"""The warehouses to choose from in a form: no password of an address reaches a browser."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote

from tiktok_organic.actions.connectors.typed_destination import typed_destination
from tiktok_organic.app import App
from tiktok_organic.connector import UNREADABLE
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import hide_password
from tiktok_organic.store.people.people import Person
from tiktok_organic.warehouse.destinations import absolute, identity
from tiktok_organic.warehouse.reader_programs import readers
from tiktok_organic.web.connect.destination_form import entered_address
from tiktok_organic.web.forms import Form
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import refuse_unless_owner

__all__ = ["Place", "chosen", "describe", "described", "places", "shown_again"]

_KINDS = {
    "duckdb": "DuckDB file",
    "bigquery": "BigQuery",
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
}


@dataclass(frozen=True)
class Place:
    """A choice.

    `key` identifies the address in a form, and no other one, however the list changes in the
    meantime.
    """

    address: str

    @property
    def key(self) -> str:
        return sha256(identity(self.address).encode()).hexdigest()[:16]

    @property
    def kind(self) -> str:
        return _KINDS.get(self.address.partition("://")[0], "Warehouse")

    @property
    def shown(self) -> str:
        return describe(self.address)


def describe(address: str) -> str:
    """Return the address without secrets; for a file, its path."""
    if address == UNREADABLE:
        return "cannot be decrypted with the key of this server"
    if address.startswith("duckdb:///"):
        return unquote(address.removeprefix("duckdb:///").partition("?")[0])
    return hide_password(address)


def described(address: str) -> str:
    """Return the address without secrets, and which versions of DuckDB can open the file."""
    if address == UNREADABLE:
        return describe(address)
    return ", ".join(filter(None, [describe(address), readers(address)]))


def shown_again(address: str) -> str:
    """Return what a field shows of an address that was typed into it: nothing if it has a password.

    It must then be typed again.
    """
    return address if "@" not in address and hide_password(address) == address else ""


def places(app: App, own: str = "") -> list[Place]:
    """Return the default first, then those of other connectors, then `own`, of a draft."""
    default = absolute(app.settings_for("DESTINATION").warehouse, app.folder)
    used = [connector.destination for connector in app.connectors.all()]
    found: dict[str, str] = {}
    for address in [default, *used, own]:
        if address in ("", UNREADABLE):
            continue
        found.setdefault(identity(address), address)
    return [Place(address) for address in found.values()]


def chosen(app: App, person: Person, form: Form, own: str = "") -> str:
    """Return the chosen address.

    Raises BadValue, also if it is not one of the present choices, and NotAllowed if a person who is
    not an owner enters a new one.
    """
    wanted = form.text("place")
    if wanted == "other":
        refuse_unless_owner(person)
        return typed_destination(app.settings, entered_address(form))
    known = places(app, own)
    for place in known:
        if place.key == wanted:
            return place.address
    raise BadValue("warehouse", "it is not one of the present choices", example=known[0].shown)
