"""Step 4 of connecting: name, dataset and destination, as entered and as checked."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Response

from tiktok_organic.actions.connectors import connector_choices
from tiktok_organic.actions.connectors.drafts import (
    Draft,
)
from tiktok_organic.connector_rules import check_dataset, check_name
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.connect.connect_steps import refused
from tiktok_organic.web.connect.destination_choice import Place, chosen, shown_again
from tiktok_organic.web.connect.destination_form import FIELDS
from tiktok_organic.web.forms import Form
from tiktok_organic.web.site import Site

__all__ = ["entered_values", "problem_of_field", "refused_destination"]


def refused_destination(
    site: Site,
    draft: Draft,
    person: Person,
    form: Form,
    destination: str,
    error: TikTokOrganicError,
) -> Response:
    """Keep another warehouse, with its password, in the draft.

    Not if it is the cause of the refusal.
    """
    entered = {name: form.text(name) for name in ("name", "dataset", "place", *FIELDS)}
    entered["address"] = shown_again(entered["address"])
    about_it = error.code.startswith("destination") or error.code == "bad_value"
    other_field = getattr(error, "name", "") in ("name", "dataset")
    if destination and form.text("place") == "other" and (other_field or not about_it):
        draft = replace(draft, destination=destination)
        entered["place"] = Place(destination).key
    return refused(site, draft, person, 4, error, entered)


def entered_values(site: Site, draft: Draft, known: list[Place]) -> dict[str, str]:
    """Return the values of step 4's form: refused, accepted or suggested ones."""
    empty = dict.fromkeys(FIELDS, "")
    if draft.problem is not None and draft.problem.step == 4:
        return {**empty, **draft.problem.entered}
    if draft.name:
        place = Place(draft.destination).key
        return {**empty, "name": draft.name, "dataset": draft.dataset, "place": place}
    assert draft.consent is not None  # noqa: S101 - step 4 was reached
    name, dataset = connector_choices.suggest(site.app, draft.consent, known[0].address)
    return {**empty, "name": name, "dataset": dataset, "place": known[0].key}


def problem_of_field(
    site: Site, person: Person, draft: Draft, form: Form, field: str
) -> TikTokOrganicError | None:
    """Return the problem of one field; None if none exists.

    The dataset is checked in the same way as by the step itself.
    """
    try:
        if field == "name":
            connector_choices.refuse_name(site.app.connectors, check_name(form.text("name")))
            return None
        destination = chosen(site.app, person, form, draft.destination)
        with site.checks.turn(person.id):
            if field == "dataset":
                dataset = check_dataset(form.text("dataset"))
                choices = connector_choices.Choices(dataset=dataset, destination=destination)
                connector_choices.check_choices(site.app, choices, draft.consent)
            else:
                with site.app.warehouse(destination) as warehouse:
                    warehouse.check(form.text("dataset") or "tiktokorganic")
    except TikTokOrganicError as error:
        return error
    return None
