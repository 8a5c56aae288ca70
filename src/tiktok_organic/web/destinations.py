"""The warehouses that a connector can be sent to, as choices of a form: no password of an address reaches a browser."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from tiktok_organic.app import App
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import hide_password
from tiktok_organic.warehouse.destinations import absolute, identity
from tiktok_organic.web.forms import Form

__all__ = ["Place", "chosen", "describe", "places"]

_KINDS = {"duckdb": "DuckDB file", "bigquery": "BigQuery", "postgresql": "PostgreSQL", "postgres": "PostgreSQL"}


@dataclass(frozen=True)
class Place:
    """`key` stands for the address in a form."""

    key: str
    address: str

    @property
    def kind(self) -> str:
        return _KINDS.get(self.address.partition("://")[0], "Warehouse")

    @property
    def shown(self) -> str:
        return describe(self.address)


def describe(address: str) -> str:
    """The address as people may see it; of a file, its path."""
    if address.startswith("duckdb:///"):
        return unquote(address.removeprefix("duckdb:///"))
    return hide_password(address)


def places(app: App) -> list[Place]:
    """The default first, then those that other connectors use."""
    default = absolute(app.settings_for("DESTINATION").warehouse, app.folder)
    addresses = [default, *(connector.destination for connector in app.connectors.all())]
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(identity(address), address)
    return [Place(f"known-{number}", address) for number, address in enumerate(found.values())]


def chosen(app: App, form: Form) -> str:
    """The address that a form means. Raises BadValue."""
    if form.text("place") == "other":
        if not form.text("address").strip():
            raise BadValue("destination", "it is empty", example="bigquery://my-project?location=EU")
        return absolute(form.text("address").strip(), app.folder)
    for place in places(app):
        if place.key == form.text("place"):
            return place.address
    return places(app)[0].address
