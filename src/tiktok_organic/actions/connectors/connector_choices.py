"""The choices for a connector: check them, and suggest what is not chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tiktok_organic.actions.connectors.consent import Consent
from tiktok_organic.app import App
from tiktok_organic.caseless import caseless
from tiktok_organic.connector_rules import (
    check_dataset,
    check_name,
    check_reports,
    check_schedule,
    check_timezone,
    default_dataset,
    default_name,
)
from tiktok_organic.errors import (
    Conflict,
    DestinationBusy,
    DestinationRefused,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.sync.loading.dataset_owner import refuse_strangers
from tiktok_organic.warehouse.contract import OpenWarehouse
from tiktok_organic.warehouse.destinations import absolute

__all__ = ["Choices", "check_choices", "refuse_data", "refuse_dataset", "refuse_name", "suggest"]


@dataclass(frozen=True)
class Choices:
    """A user's choices; None for the default. `recover_from`: first day of a chosen recovery."""

    name: str | None = None
    dataset: str | None = None
    reports: Sequence[str] | None = None
    destination: str | None = None
    schedule: str = "daily"
    timezone: str | None = None
    recover_from: date | None = None
    views: bool = True


def check_choices(app: App, choices: Choices, consent: Consent | None = None) -> Choices:
    """Return the choices as they will be stored, after all possible checks.

    Without `consent` the account is unknown, so the check for another account's rows in the dataset
    is omitted. Raises BadValue, Conflict, DestinationRefused, DestinationBusy.
    """
    address = (
        app.settings_for("DESTINATION").warehouse
        if choices.destination is None
        else choices.destination
    )
    destination = absolute(address, app.folder)
    checked = Choices(
        name=check_name(choices.name) if choices.name is not None else None,
        dataset=check_dataset(choices.dataset) if choices.dataset is not None else None,
        reports=check_reports(
            choices.reports if choices.reports is not None else list(REPORTS), REPORTS
        ),
        destination=destination,
        schedule=check_schedule(choices.schedule),
        timezone=None if choices.timezone is None else check_timezone(choices.timezone),
        recover_from=choices.recover_from,
        views=choices.views,
    )
    if checked.name is not None:
        refuse_name(app.connectors, checked.name)
    if checked.dataset is not None:
        refuse_dataset(app.connectors, destination, checked.dataset)
    with app.warehouse(destination) as warehouse:
        warehouse.check(checked.dataset or "tiktokorganic")
    if checked.dataset is not None and consent is not None:
        refuse_data(app.warehouse, destination, checked.dataset, consent)
    return checked


def refuse_name(connectors: Connectors, name: str) -> None:
    """Raise Conflict if another connector has that name."""
    for other in connectors.all():
        if caseless(name) in (caseless(other.name), other.id):
            raise Conflict(
                f"a connector named {other.name!r} already exists",
                code="name_taken",
            )


def refuse_dataset(connectors: Connectors, destination: str, dataset: str) -> None:
    """Raise Conflict if the dataset belongs to another connector."""
    holder = connectors.dataset_holder(destination, dataset)
    if holder is not None:
        raise Conflict(
            f"the dataset {dataset!r} belongs to the connector {holder.name!r}",
            code="dataset_taken",
        )


def refuse_data(
    open_warehouse: OpenWarehouse, destination: str, dataset: str, consent: Consent
) -> None:
    """Raise Conflict if the dataset has another account's rows.

    Also raises DestinationRefused, DestinationBusy.
    """
    with open_warehouse(destination) as warehouse:
        refuse_strangers(warehouse, dataset, consent.tokens.account_id, [consent.username])


def suggest(app: App, consent: Consent, destination: str) -> tuple[str, str]:
    """Return a free default name and dataset for an account.

    A dataset with a removed connector's data is not free for another account. Problems of the
    destination are ignored here; `check_choices` reports them.
    """
    names = [part for connector in app.connectors.all() for part in (connector.name, connector.id)]
    return default_name(consent.display_name, names), _free_dataset(app, consent, destination)


def _free_dataset(app: App, consent: Consent, destination: str) -> str:
    used = app.connectors.datasets(destination)
    while True:
        dataset = default_dataset(consent.username, used)
        try:
            refuse_data(app.warehouse, destination, dataset, consent)
        except Conflict:
            # The dataset is not used by a connector, but holds another account's rows, for example
            # those of a removed connector.
            used.add(dataset)
        # The suggestion must not fail because of the warehouse; `check_choices` reports the problem
        # at the field of the destination.
        except (DestinationBusy, DestinationRefused):
            return dataset
        else:
            return dataset
