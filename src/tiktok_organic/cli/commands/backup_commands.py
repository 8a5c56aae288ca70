"""The commands `backup` and `restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tiktok_organic.cli.options import JSON, open_app
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors

__all__ = ["backup", "restore"]

FILE = Annotated[Path, typer.Argument(metavar="FILE", help="The backup's file.")]


def backup(file: FILE, json: JSON = False) -> None:
    """Write the store and its encryption key into a file, encrypted with a passphrase.

    It asks for the passphrase, or reads the first line of standard input.
    """
    from tiktok_organic.actions.operation.backup import backup as make

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        document = make(app, file, _passphrase(twice=True))
        output.document(
            document,
            lambda: out.show(
                f"{document['connectors']} connectors were saved in {file}. Keep the passphrase."
            ),
        )


def restore(file: FILE, json: JSON = False) -> None:
    """Restore a backup into an empty installation.

    A backup contains neither TikTok's answers nor the warehouse.
    """
    from tiktok_organic.actions.operation.backup import restore as bring_back

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        document = bring_back(app, file, _passphrase(twice=False))
        output.document(
            document,
            lambda: out.show(
                f"{document['connectors']} connectors were restored, as of {document['made_at']}."
            ),
        )


def _passphrase(*, twice: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    from tiktok_organic.errors import BadValue

    typed = getpass("Passphrase: ")
    if twice and getpass("Repeat it: ") != typed:
        raise BadValue("passphrase", "the two entries differ", example="four words by chance")
    return typed
