"""`commands.md`: every command with its options, the exit codes, and the `--json` documents."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import typer.main

from generator import markdown
from generator.documents import CONNECTOR, RUN, documented
from generator.markdown import code, link, table
from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.actions.runs.run_document import run_document
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.command_line import command_line
from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.sync.run import Run, RunNotes
from tiktok_organic.sync.run_status import RunStatus

INTRODUCTION = """
`CONNECTOR` is the name (in upper or lower case) or the id of a connector.
`tiktok-organic COMMAND --help` prints the same information in the terminal.
"""

OUTPUT = """
Results go to standard output; progress, questions, logs and errors go to standard error. With
`--json` a command prints one JSON document on one line and nothing else, and asks no questions.
`serve`, `worker` and `simulator` print it when they are ready, and continue to run.

A refused command prints `{"error": {"code": …, "message": …, "advice": …}}` and ends with exit
code 1. [Errors](errors.md) lists the codes. A failed run is not a refusal: its document is printed,
and the exit code is 1. If standard output cannot be written (closed, or the disk is full), the
command prints an error to standard error and ends with exit code 1. If the reader closed the pipe,
as `head` does, it prints nothing.
"""

EXIT_CODES = (
    ("0", "Done."),
    (
        "1",
        (
            "Refused or failed: for example, a report failed, the connector is unknown or is "
            "already being synced, or a value is invalid."
        ),
    ),
    (
        "2",
        (
            "The command line cannot be parsed: an unknown command or option, a missing argument, "
            "or text instead of a number."
        ),
    ),
    (
        "130",
        "Interrupted with Ctrl-C. Nothing is half written; the next sync completes the run.",
    ),
)

NOTES = {
    "demo": """
Starts the [simulator](#simulator), connects an invented account through its consent page 90 days
ago, recovers 60 days, syncs every day since then, and prints the events, the tables, and questions
with their answers. Only the clock is simulated: each sync runs the same code as any other. The
account has a rename, a removed video, a correction by TikTok, and three days without an answer from
TikTok. No data leaves your machine. Without `--home` it uses a new temporary folder, and the last
lines show the path of the DuckDB file. In a home with an existing demo it syncs once, at the
current time. `--keep-running` then serves the web page with the invented account. Later commands
with the same home start the simulator again when they need it. With `--json` it prints
`connector`, the last `run`, the number of rows in `tables`, the file in `database`, `first_sync`,
the number of `syncs` by status, `events` (`date`, `text`) and `answers` (`question`, `query`,
`columns`, `rows`). With `--keep-running` it prints them when the page is available, with its `url`
and `first_account` (see [`serve`](#serve)).
""",
    "doctor": """
Checks each part and changes nothing. It prints one line per check (`✓` passed, `!` warning, `✗`
failed) with advice. The exit code is 1 if a check failed. With `--json` it prints `checks`, each
with `name`, `status`, `message`, `advice`, and `settings`, each with `name`, `value`, `default`,
`meaning` and `source`: `environment`, `page` (an owner chose it under *Settings*) or `default`.
To check your TikTok app, it exchanges a code that cannot exist: TikTok answers a wrong secret
differently from a wrong code.
""",
    "simulator": """
Serves TikTok's organic API with invented accounts, for tests and experiments. The first line is
`listening on URL`; with `--json` it is `{"url": …}`.
""",
    "connect": """
Prints the address of TikTok's consent page and reads, from standard input, the address at which the
browser arrived afterwards. That address is valid once, for 10 minutes, and only for the process
that printed it. In a terminal it then asks for values that no option sets. Without a terminal it
uses the defaults: all reports, a daily schedule, a free name and dataset. It syncs only with
`--recover` or `--sync`.

With `--json` it prints two lines: `{"authorize_url": …}` at once, and at the end the connector or
the error.
""",
    "reconnect": """
Use it for a connector whose consent was revoked, has ended, or lacks permissions. Only the same
account is accepted. The next sync fetches the missing days.
""",
    "edit": """
Give at least one option. Account, dataset and destination do not change. The table of a deselected
report is not deleted; an added report gets its table at the next sync.
""",
    "pause": (
        "Stops scheduled syncs until [`resume`](#resume). `sync CONNECTOR` still works; "
        "`sync --all` omits the connector."
    ),
    "resume": (
        "The next sync fetches the days that were missed during the pause, up to TikTok's 60 days."
    ),
    "remove": """
Revokes the consent at TikTok and deletes the tokens. The tables, the archive and the runs remain.
`--delete-data` also deletes the tables and the archive; in a terminal, you confirm it with the
dataset's name, without a terminal with `--yes`. **TikTok cannot return the deleted data again.**
With `--json` it prints the connector before its removal, with `next_due` null, and additionally
`removed`, `removed_at`, `data_deleted` and `consent_revoked`.
""",
    "sync": """
Runs the sync and prints its result. An interrupted sync, or one that was fetched and not loaded, is
completed first: see [sync rules](sync.md#when-something-goes-wrong). `--all` syncs all connectors
that are not paused, eight in parallel within TikTok's limits; a failure does not stop the others.
With `--all --json` it prints an array of runs, sorted by connector name.
""",
    "recover": """
Writes `profile_daily_metric` for the given days, and the other reports with their current values.
Days that are more than 60 days ago are refused, because TikTok does not return them. You can
recover the same days again.
""",
    "coverage": """
With `--json`: `summary` counts the days by status, `days` lists each with `date`, `status`,
`days_left`.

It lists all days from the earliest requested one: `final` (read twice with the same values),
`provisional` (stored, may still change), `missing` (not returned by TikTok yet), `lost` (TikTok no
longer returns it). *Days left* is the number of days for which TikTok still returns a day that is
not final.
""",
    "replay": """
Reads the archive, oldest sync date first, and writes the tables into the given dataset at the
connector's destination. TikTok is not asked. The rows equal the loaded ones, except for
`_quanti_loaded_at`. A dataset of another connector is refused. With `--json` it prints `connector`,
`dataset`, `runs` (the number of replayed runs) and `rows` per table.
""",
    "why": r"""
`TABLE` is one of the [four tables](tables.md), or a history table or view of the same dataset.
`KEY` has the row's key columns, joined by `|`:

| Table | Key | Example |
| --- | --- | --- |
| `profile_daily_metric`, `account_daily` | day | `2026-11-01` |
| `profile_snapshot_metric` | sync date | `2026-11-01T03:00:00Z` |
| `video_snapshot_metric` | video, sync date | `7412345678901234567\|2026-11-01T03:00:00Z` |
| `video_latest` | video | `7412345678901234567` |
| `profile` | none: there is one row | `demo.bakery` |

The key may begin with the account (`username`, `account_id`). Without a sync date, the newest
snapshot is used; with a day instead, the newest snapshot of that day. For an unknown table, column
or key, the error lists the existing ones.

With `--json` it prints `connector`, `table`, `key` (the key columns of the row), `column`,
`meaning`, `value`; `day_state`, the state of the day; `run_id`, `sync_date` and TikTok's
`request_id`; `answer`, the archived answer that contains the value (`file`, `member` from 1,
`endpoint`, `received_at`, and `sent`, the value's JSON text, null if TikTok omitted it), or
`answer_missing`, the reason why the archive lacks it; `earlier`, the former values, newest first
(`value`, `sync_date`, and for a corrected day `replaced_at`; for snapshots the ten before);
`empty`, null unless the value is empty, with the `reason` from the view `absence` and a `sentence`;
and for a view `computed_from` and `inputs`: the tables that it reads, and the values to query next.

The value of a day is from the newest sync that received one: a later answer without it replaces
nothing.
""",
    "reconcile": """
With `--json` it prints three comparisons: `videos` (`listed`, `counted`; `syncs` has every sync
with a difference), `followers` (`change` between snapshots, `new_minus_lost` of the days) and
`views` (`account`, `videos`, and the same for each day in `days`). Each has `from`, `to`,
`difference`, an `explanation`, and a `verdict`: `equal` (views within 1 %), `explained`, `flagged`,
or `not_comparable` if one side is missing. A flagged difference does not fail the command: the exit
code is 0.
""",
    "move": """
Copies the tables with their whole history, compares rows and checksums, and then changes the
connector: see [moving](warehouses.md#moving). The former tables are not deleted. With `--json` it
prints the connector, and additionally `moved_rows` per table and `moved_from`.
""",
    "serve": """
Runs until it is stopped: it orders and runs the syncs of due connectors, retries syncs that failed
for a temporary reason, and serves the web page. The first line is `listening on URL`. Until the
first account exists, the second line is an address, valid once, at which you create it. It listens
on this machine only unless `--host` is set. On one machine, one process can serve a home. With a
store on PostgreSQL, several processes can serve, and no sync is ordered twice. With `--json` it
prints one document instead of these lines: `url`, and until the first account exists
`first_account`.

After a signal to stop, it starts no further syncs and lets running ones finish for `--patience`
seconds. Unfinished syncs are then released and completed by another process or at the next start,
with the same sync date.
""",
    "worker": """
Runs the syncs that `serve` ordered. With `STORE_URL=postgresql://…` it may run on another machine;
it needs the same `SECRET_KEY` and does not start without it. With `--json` it prints `store`
(`sqlite` or `postgresql`), `at_once`, and `process`, its process id.
""",
}

_MOMENT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def page() -> str:
    group = typer.main.get_command(command_line)
    commands: dict[str, Any] = group.commands  # type: ignore[attr-defined]  # a group has them
    contents = table(
        ("Command", "What it does"),
        [(f"[`{name}`]({link(name)})", _sentence(command)) for name, command in commands.items()],
    )
    return markdown.page(
        "Commands",
        INTRODUCTION,
        contents,
        "## Output and exit codes",
        OUTPUT,
        table(("Exit code", "Meaning"), EXIT_CODES),
        f"Options before the command: {_names(group)} and `--help`.",
        *(_section(name, command) for name, command in commands.items()),
        "## The document of a connector",
        "`show`, `edit`, `pause`, `resume` and `reconnect` print it; `connectors` prints an "
        "array of them.",
        documented(connector_document(_connector(), _run()), CONNECTOR),
        "## The document of a run",
        "`sync`, `recover` and `run` print it; `runs` prints an array of them.",
        documented(run_document(_run(), advice_for), RUN),
    )


def _names(group: Any) -> str:
    return ", ".join(code(parameter.opts[0]) for parameter in group.params)


def _sentence(command: Any) -> str:
    return " ".join((command.help or "").split())


def _section(name: str, command: Any) -> str:
    parameters = [p for p in command.params if "--help" not in p.opts]
    rows = [(_spelling(p), _help(p)) for p in parameters]
    usage = f"```text\ntiktok-organic {' '.join([name, *map(_usage, parameters)])}\n```"
    parts = [f"### {name}", _sentence(command), usage, NOTES.get(name, "").strip()]
    parts.append(table(("Argument or option", "Meaning"), rows) if rows else "")
    return "\n\n".join(part for part in parts if part)


def _value(parameter: Any) -> str:
    """Return the placeholder of the option's value, in capitals."""
    if getattr(parameter, "is_flag", False):
        return ""
    return str(parameter.metavar or parameter.name.strip("_").upper())


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(_argument(parameter))
    return code(f"{', '.join(parameter.opts)} {_value(parameter)}".strip())


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper()).strip("[]")


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = _argument(parameter)
        return name if parameter.required else f"[{name}]"
    text = f"{parameter.opts[0]} {_value(parameter)}".strip()
    return text if parameter.required else f"[{text}]"


def _help(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    default = parameter.default
    if default in (None, False, "", ()) or callable(default) or parameter.required:
        return text
    return f"{text} Default: {code(str(default))}."


def _connector() -> Connector:
    return Connector(
        id="c-00000000",
        name="",
        account_id="",
        username="",
        former_usernames=(),
        display_name="",
        avatar="",
        dataset="",
        destination="",
        reports=(),
        schedule=Schedule(),
        lookback=5,
        state="active",
        state_reason="",
        scopes=(),
        api_url="",
        created_at=_MOMENT,
        first_asked=None,
        next_due=None,
        consent_ends=None,
    )


def _run() -> Run:
    values: dict[str, Any] = dict.fromkeys(Run.__dataclass_fields__)
    values |= {
        "reports": (),
        "results": {},
        "notes": RunNotes(),
        "status": RunStatus.WAITING,
        "fetched": (),
        "requests": 0,
        "throttled": 0,
        "attempt": 1,
    }
    values |= {
        "sync_date": _MOMENT,
        "created_at": _MOMENT,
        "window_start": date.min,
        "window_end": date.max,
    }
    return Run(**values)
