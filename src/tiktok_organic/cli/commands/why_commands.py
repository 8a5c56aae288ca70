"""The commands that explain numbers: `why` and `reconcile`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tiktok_organic.cli.options import CONNECTOR, JSON, open_app, within
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors

__all__ = ["reconcile", "why"]

_LONGEST = 300


def why(
    connector: CONNECTOR,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table or view of the dataset.")],
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="The row's key columns, joined by |. You may omit the account; without a sync "
            "date the newest row is meant.",
        ),
    ],
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="A column of it.")],
    json: JSON = False,
) -> None:
    """Explain a value: its source, its earlier values, or why it is empty."""
    from tiktok_organic.actions.data.why.explain_value import why as explain

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        document = explain(app, app.connectors.get(connector), table, key, column)
        output.document(document, lambda: _show_why(document))


def reconcile(
    connector: CONNECTOR,
    days: Annotated[int, typer.Option(help="How many days of views to compare, 1 to 366.")] = 28,
    json: JSON = False,
) -> None:
    """Compare what TikTok returns in two places: videos, followers, views."""
    from tiktok_organic.actions.data.compare_with_tiktok import reconcile as compare

    output = Output(json=json)
    with reporting_errors(output):
        within("--days", days, 1, 366, example="28")
        app = open_app()
        document = compare(
            app.warehouse, app.connectors.get(connector), days, app.clock.now().date()
        )
        output.document(document, lambda: _show_reconciled(document))


_COMPARED = (
    ("videos", "listed", "counted", "Videos listed, and counted by TikTok"),
    ("followers", "change", "new_minus_lost", "Followers: change, and new minus lost"),
    ("views", "account", "videos", "Views: of the account, and of its videos"),
)


def _show_reconciled(document: dict[str, Any]) -> None:
    for name, first, second, title in _COMPARED:
        part = document[name]
        out.show(f"{title}: {part['verdict'].replace('_', ' ')}")
        if part["difference"] is not None:
            figures = f"{part[first]:,} and {part[second]:,}, difference {part['difference']:+,}"
            out.show(f"  {figures} ({part['from']} to {part['to']})")
        out.show(f"  {part['explanation']}")
    differing = [day for day in document["views"]["days"] if day["verdict"] != "equal"]
    if differing:
        rows = [
            (day["date"], day["state"], f"{day['account']:,}", f"{day['videos']:,}", day["verdict"])
            for day in differing
        ]
        names = ("DAY", "STATE", "ACCOUNT", "VIDEOS", "VERDICT")
        out.show_table("Days whose views differ", names, rows, right=("ACCOUNT", "VIDEOS"))


def _show_why(document: dict[str, Any]) -> None:
    key = "|".join(str(value) for value in document["key"].values() if value is not None)
    out.show(f"{document['table']} {key} {document['column']}: {_as_shown(document['value'])}")
    out.show(document["meaning"])
    if document["empty"]:
        out.show(f"It is empty: {document['empty']['sentence']}")
    if document["day_state"]:
        out.show(f"The day is {document['day_state']}.")
    facts = [("sync date", document["sync_date"]), ("run", document["run_id"])]
    facts.append(("TikTok's request id", document["request_id"]))
    answer = document["answer"]
    if answer:
        facts += [
            ("archived answer", f"{answer['file']}, member {answer['member']}"),
            ("asked", answer["endpoint"]),
            ("received", answer["received_at"]),
            ("as TikTok sent it", "left out" if answer["sent"] is None else answer["sent"]),
        ]
    for name, value in facts:
        if value is not None:
            out.show(f"  {name}: {_as_shown(value)}")
    if document["answer_missing"]:
        out.show(f"  archived answer: {document['answer_missing']}")
    if document["computed_from"]:
        out.show(f"  computed from: {', '.join(document['computed_from'])}")
    for one in document["inputs"]:
        out.show(f"  ask next: {one['table']} {one['key']} {one['column']}")
    if document["earlier"]:
        rows = [
            (_as_shown(one["value"]), one["sync_date"], one["replaced_at"])
            for one in document["earlier"]
        ]
        out.show_table("Earlier values", ("VALUE", "READ AT", "REPLACED AT"), rows)


def _as_shown(value: object) -> str:
    text = "(empty)" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
