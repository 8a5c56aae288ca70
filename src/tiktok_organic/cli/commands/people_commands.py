"""The users of the web page, for administrators with a shell on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiktok_organic.cli.options import JSON, open_app
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors, say, show_table

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.store.people.people import Person

__all__ = ["people"]

people = typer.Typer(
    name="people",
    help="The accounts of the web page: list, invite, reset, make-owner.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EMAIL = Annotated[str, typer.Argument(metavar="EMAIL", help="E-mail address of a person.")]


@people.command("list")
def list_people(json: JSON = False) -> None:
    """Show all people who may log in, and open invitations."""
    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        everybody = app.people.all()
        invited = [one for one in app.invitations.open(app.clock.now()) if one.email]
        documents = [_document(person) for person in everybody]
        documents += [
            {"email": one.email, "role": one.role, "state": "invited"}
            for one in invited
            if not one.resets
        ]

        def words() -> None:
            if not documents:
                out.show("No account exists yet. `tiktok-organic serve` prints a first address.")
                return
            rows = [
                (one["email"], one["role"], one["state"], "yes" if one.get("second_factor") else "")
                for one in documents
            ]
            show_table("People", ("E-mail", "Role", "State", "Second factor"), rows)

        output.document(documents, words)


@people.command()
def invite(
    email: EMAIL,
    role: Annotated[str, typer.Option(help="owner, editor or viewer.")] = "viewer",
    json: JSON = False,
) -> None:
    """Print an address with which a new person creates their account, once, within 7 days."""
    from tiktok_organic.actions.people.manage_people import SHELL
    from tiktok_organic.actions.people.manage_people import invite as make_invitation

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        token = make_invitation(app, None, email, role, SHELL)
        _show_address(output, app, token, {"email": email.strip(), "role": role})


@people.command()
def reset(
    email: EMAIL,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="Switch the second factor off as well.")
    ] = False,
    json: JSON = False,
) -> None:
    """Print an address with which a person chooses a new password, and end their sessions."""
    from tiktok_organic.actions.people.manage_people import reset as reset_password

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        token = reset_password(app, email, second_factor=second_factor)
        _show_address(output, app, token, {"email": email.strip()})


@people.command("make-owner")
def make_owner(email: EMAIL, json: JSON = False) -> None:
    """Give a person the role owner."""
    from tiktok_organic.actions.people.manage_people import SHELL, change_role, person_named

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        person = person_named(app.people, email)
        change_role(app, SHELL.address, person.id, "owner", SHELL)
        changed = app.people.get(person.id)
        output.document(_document(changed), lambda: out.show(f"{changed.email} is an owner now."))


def _document(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "role": person.role,
        "state": "active",
        "second_factor": person.has_second_factor,
        "created_at": person.created_at.isoformat(),
    }


def _show_address(output: Output, app: App, token: str, about: dict[str, Any]) -> None:
    from tiktok_organic.actions.operation.single_server import page_address

    base = page_address(app.settings)
    address = f"{base}/welcome/{token}"
    output.document({**about, "address": address}, lambda: out.show(address))
    if not app.settings.public_url:
        say(
            "The address works once, within 7 days. PUBLIC_URL is not set: replace the host by "
            "yours."
        )
