"""`commands.md`: every command with its options, the exit codes, and the documents that `--json`
prints.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import typer.main

from generator import markdown
from generator.documents import CONNECTOR, RUN, documented
from generator.markdown import code, link, table
from tiktok_organic.actions.documents import connector_document, run_document
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.command_line import command_line
from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.sync.run import Run, RunNotes, RunStatus

INTRODUCTION = """
`CONNECTOR` is a connector's name or its id; capitals do not matter. `tiktok-organic COMMAND --help`
says in the terminal what is said here.
"""

OUTPUT = """
Results go to standard output; progress, questions, logs and errors go to standard error. With
`--json` a command prints one JSON document on one line and nothing else, and asks no questions.
`serve`, `worker` and `simulator` print theirs when they are ready, and then stay.

A refusal prints `{"error": {"code": …, "message": …, "advice": …}}` and ends with exit code 1.
[Errors](errors.md) lists the codes. A run that failed is no refusal: it prints its document, and
ends with exit code 1 too. Where standard output cannot be written (closed, a full disk), a sentence
on standard error says so, with exit code 1; where its reader has left, as `head` does, nothing is
said.
"""

EXIT_CODES = (
    ("0", "Done."),
    (
        "1",
        (
            "Refused or failed: a report failed, the connector is unknown or being synced already, "
            "a value is wrong."
        ),
    ),
    (
        "2",
        (
            "The command line cannot be parsed: an unknown command or option, a missing argument, "
            "text for a number."
        ),
    ),
    (
        "130",
        "Interrupted with Ctrl-C. Nothing is half written; the next sync completes what was begun.",
    ),
)

NOTES = {
    "demo": """
Starts the [simulator](#simulator), connects an invented account through its consent page as of 90
days ago, recovers 60 days, syncs every day since, and shows what happened, the tables, and
questions with their answers. Only the clock is the demo's own: each sync takes the same path as any
other. The account lives through a rename, a removed video, a correction by TikTok, and three days
on which TikTok is away. Nothing leaves your machine. Without `--home` it works in a new temporary
folder, and the last lines say where the DuckDB file is. In a home that has a demo already it syncs
once, as of now. `--keep-running` serves the web page afterwards, with the invented account in it.
Later commands with the same home start the simulator again when they need it. With `--json`:
`connector`, the last `run`, the number of rows in `tables`, the file in `database`, `first_sync`,
the number of `syncs` by status, `events` (`date`, `text`) and `answers` (`question`, `query`,
`columns`, `rows`); with `--keep-running` as well they come when the page can be opened,
together with its `url`, and `first_account` as of [`serve`](#serve).
""",
    "doctor": """
Tries each part and changes nothing: one line each, `✓` good, `!` a warning, `✗` failed, with what
to do. The exit code is 1 when something failed. With `--json`: `checks`, each with `name`,
`status`, `message`, `advice`, and `settings`, each with `name`, `value`, `default`, `meaning`, and
as `source` where the value comes from: `environment`, `page` (an owner chose it under *Settings*)
or `default`. To tell whether TikTok knows your app it exchanges a code that cannot exist: TikTok
answers a wrong secret otherwise than a wrong code.
""",
    "simulator": """
TikTok's organic API with invented accounts, for tests and for trying things out. Its first line is
`listening on URL`; with `--json` it is `{"url": …}`.
""",
    "connect": """
Prints the address of TikTok's consent page and reads, from standard input, the address that the
browser landed on afterwards. That address is good once, for 10 minutes, and only for the process
that printed it. In a terminal it then asks what no option answered. Without a terminal the defaults
serve: all reports, a daily schedule, a free name and dataset. Nothing is synced unless `--recover`
or `--sync` asks for it.

With `--json` it prints two lines: `{"authorize_url": …}` at once, and the connector, or the error,
at the end.
""",
    "reconnect": """
For a connector whose consent was revoked or has ended, or from which permissions were withheld.
Only the same account is accepted. The connector goes on where it stopped: the next sync fetches the
days that are missing.
""",
    "edit": """
Give at least one option. Account, dataset and destination stay. A report that is taken away keeps
its table; one that is added gets its table at the next sync.
""",
    "pause": (
        "No scheduled sync until [`resume`](#resume). `sync CONNECTOR` still works; `sync "
        "--all` leaves it out."
    ),
    "resume": (
        "Days that were missed meanwhile are fetched by the next sync, as far as TikTok's "
        "60 days reach."
    ),
    "remove": """
Gives the consent back at TikTok and deletes the tokens. The tables, the archive and the record of
its runs stay, unless `--delete-data` asks for the tables and the archive to go; then a terminal
asks for the dataset's name, and without a terminal `--yes` must stand beside it. **What is deleted
so, TikTok cannot give again.** With `--json` it prints the connector as it was, but for `next_due`,
which is null, and besides `removed`, `removed_at`, `data_deleted` and `consent_revoked`.
""",
    "sync": """
Waits for the end and shows the run. A sync that was left unfinished, or fetched and not loaded, is
completed first: see [sync rules](sync.md#when-something-goes-wrong). `--all` syncs the connectors
that are not paused, eight side by side within TikTok's limits; one that fails stops no other. With
`--all --json` it prints an array of runs, by name.
""",
    "recover": """
Writes `profile_daily_metric` over the days you name, and takes the other reports as of now. More
than 60 days back is refused: TikTok has forgotten them. Recovering the same days twice does no
harm.
""",
    "coverage": """
With `--json`: `summary` counts the days by status, `days` lists each with `date`, `status`,
`days_left`.

From the earliest day that was ever asked for: `final` (read twice, the same both times),
`provisional` (stored, may still change), `missing` (TikTok has not told it yet), `lost` (TikTok can
no longer tell it). *Days left* says how many more days TikTok will answer for a day that is not
final.
""",
    "replay": """
Reads the archive oldest moment first and builds the tables in a dataset of their own, at the
connector's destination. TikTok is not asked. The rows equal the loaded ones, apart from
`_quanti_loaded_at`. A dataset that belongs to a connector is refused. With `--json`: `connector`,
`dataset`, `runs` (how many were replayed) and `rows` per table.
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

The account (`username`, `account_id`) may stand in front and may be left out. Without a sync date
the newest snapshot is meant, with a day instead of it the newest one of that day. An unknown table,
column or key is refused with those that exist.

With `--json`: `connector`, `table`, `key` (the key columns of the row), `column`, `meaning`,
`value`; `day_state`, how the day stands; `run_id`, `sync_date` and TikTok's `request_id`; `answer`,
the archived answer that the value came from (`file`, `member` from 1, `endpoint`, `received_at`,
and `sent`, the value's JSON text, null when TikTok left it out), or in `answer_missing` why the
archive lacks it; `earlier`, the values before, newest first (`value`, `sync_date`, and of a
corrected day `replaced_at`; of snapshots the ten before); `empty`, null unless the value is empty,
with the `reason` by the view `absence` and a `sentence`; `computed_from` and `inputs`, for a view:
the tables that it reads, and the values to ask for next.

A day's value came from the newest sync that sent one: a later answer without it replaces nothing.
""",
    "reconcile": """
With `--json` three comparisons: `videos` (`listed`, `counted`; `syncs` has every sync in which they
differed), `followers` (`change` between snapshots, `new_minus_lost` of the days) and `views`
(`account`, `videos`, and the same for each day in `days`). Each has `from`, `to`, `difference`, an
`explanation`, and a `verdict`: `equal` (views within 1 %), `explained`, `flagged`, or
`not_comparable` when one side is absent. A flagged difference does not fail the command: its exit
code is 0.
""",
    "move": """
Copies the tables with their whole history, compares rows and checksums, and only then changes the
connector: see [moving](warehouses.md#moving). The tables at the former place stay. With `--json` it
prints the connector, and besides `moved_rows` per table and `moved_from`.
""",
    "serve": """
Stays, and does everything by itself: orders a sync for each connector that is due, works on it,
tries again what failed for a passing reason, and serves the web page. Its first line is `listening
on URL`. As long as nobody has an account, the second one is an address, good once, at which the
first account is made. It listens to this machine alone unless `--host` says otherwise. On one
machine one process serves a home; when several share a store on PostgreSQL, any number may, and no
sync is ordered twice. With `--json` one document takes the place of these lines: `url`, and as long
as nobody has an account `first_account`.

Asked to stop, it begins nothing more and lets running syncs finish for `--patience` seconds. What
is not done then is handed back, and completed by another process or at the next start, under its
moment.
""",
    "worker": """
Works on what `serve` has ordered. With `STORE_URL=postgresql://…` it may run on another machine; it
needs the same `SECRET_KEY`, and refuses to start without. With `--json`: `store` (`sqlite` or
`postgresql`), `at_once`, and `process`, its number.
""",
}

_MOMENT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def page() -> str:
    group = typer.main.get_command(command_line)
    commands: dict[str, Any] = group.commands  # type: ignore[attr-defined]  # a group has them
    contents = table(
        ("Command", "Does"),
        [(f"[`{name}`]({link(name)})", _sentence(command)) for name, command in commands.items()],
    )
    return markdown.page(
        "Commands",
        INTRODUCTION,
        contents,
        "## Output and exit codes",
        OUTPUT,
        table(("Exit code", "Means"), EXIT_CODES),
        f"Before the command: {', '.join(code(p.opts[0]) for p in group.params)} and `--help`.",
        *(_section(name, command) for name, command in commands.items()),
        "## The document of a connector",
        "What `show`, `edit`, `pause`, `resume` and `reconnect` print; `connectors` prints an "
        "array of them.",
        documented(connector_document(_connector(), _run()), CONNECTOR),
        "## The document of a run",
        "What `sync`, `recover` and `run` print; `runs` prints an array of them.",
        documented(run_document(_run(), advice_for), RUN),
    )


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
    """What follows the option, in capitals."""
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
