"""`settings.md`: every setting, where it comes from, and what is said of a wrong one."""

from __future__ import annotations

from generator import markdown
from generator.markdown import code, table
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import CHANGEABLE, LEVELS, PREFIX, SETTINGS, Setting, Settings

INTRODUCTION = f"""
Settings are environment variables whose names begin with `{PREFIX}`. What the environment does not
say is looked up in a file `.env` in the working directory; the environment wins. In `.env` a value
stands as it is: `$NAME` is not replaced. A line that names a setting and cannot be read (a
quotation mark is not closed, say) stops every command, which tells its number.

```sh
tiktok-organic doctor
```

lists every setting with its value, and warns of a variable with our prefix that is no setting:
mostly a typing error. An empty variable counts as not set, and what `.env` says of it counts.
"""

PAGE = """
On the web page, under *Settings*, an owner can choose these as well: {names}. That takes effect at
once, in every process that shares the store. Where the environment or `.env` gives one of them, it
decides, and the page says so. What is chosen on the page is checked first (a destination is tried,
and TikTok is asked whether it knows the app), is kept encrypted in the store, and goes along in a
backup.
"""

SECRETS = """
Settings marked *secret* are never printed, logged or stored in the open. `doctor` shows `(set)` in
their place, and addresses without their password. Keep `.env` readable by its owner alone (`chmod
600 .env`): a file that another user owns, or that others may write, is refused, and `doctor` warns
of one that others may read.

Each of them may be in a file instead, as secrets of Docker, Kubernetes and systemd are:
`CLIENT_SECRET_FILE` names the file that holds `CLIENT_SECRET`, and so on. Only one of the two may
be set.
"""

KEY = """
The key is made at the first start, in the file `secret.key` in `HOME`, readable by its owner alone.
Set `SECRET_KEY` when the key shall live elsewhere (a secret manager), and wherever several machines
share a store: all need the same.

<!-- not run: it prints a key -->
```sh
python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
```

Whoever uses a store first decides which key it is; a process with another one is refused before it
writes anything. **Without the key every account must be connected again.** Back it up apart from
the store.

To change it, give several keys with commas between them: the first one encrypts, all of them open.

1. `old,new`, on every machine and in every service. Restart each. Nothing is encrypted with the new
   key yet.
2. `new,old`, in the same way. Each `serve` and `worker` encrypts again at its start what the old
   key has encrypted.
3. `new`, once all run with step 2. A backup that was made before needs the key of its time.

On one machine with one process, begin with step 2. A process that still has the old key alone when
the new one is in use leaves its runs to others, takes no more of them, and says so in its log and
at `/readyz`.
"""

LEVEL = """
TikTok counts the requests of a developer app. Its level decides how many are allowed; new apps are
`basic`. We stay below the limit rather than run into it. `QPS`, `QPM` and `ACCOUNT_QPM` replace
single numbers, in case yours differ. A number above 10,000 stands for no limit of ours; a pause
that TikTok asks for is kept all the same.
"""

WRONG = """
A setting that cannot be read stops every command with exit code 1, before anything is done. The
message names the setting, says what is wrong, and shows a valid value. For example:
"""


def page() -> str:
    rows = [
        (
            code(setting.name),
            _default(setting.default),
            f"{setting.meaning}{_marks(setting)} Example: {code(setting.example)}",
        )
        for setting in SETTINGS
    ]
    levels = [(code(name), str(second), str(minute)) for name, (second, minute) in LEVELS.items()]
    return markdown.page(
        "Settings",
        INTRODUCTION,
        table((f"Name, after {code(PREFIX)}", "Default", "Meaning"), rows),
        "## On the page",
        PAGE.format(names=f"{', '.join(map(code, CHANGEABLE[:-1]))} and {code(CHANGEABLE[-1])}"),
        "## Secrets",
        SECRETS,
        "## The encryption key",
        KEY,
        "## TikTok's limits",
        LEVEL,
        table(("Level", "Requests a second", "Requests a minute"), levels),
        "## A wrong value",
        WRONG,
        f"```text\n{_wrong()}\n```",
    )


def _marks(setting: Setting) -> str:
    secret = " *Secret.*" if setting.secret else ""
    return secret + (" *On the page too.*" if setting.changeable else "")


def _default(text: str) -> str:
    """A default that is a value is shown as code; one that is a description as words."""
    if not text:
        return "–"
    return text if " " in text else code(text)


def _wrong() -> str:
    try:
        Settings.read({f"{PREFIX}TIMEZONE": "Berlin"})
    except BadValue as error:
        return f"Error: {error.message}\n{advice_of(error)}"
    raise AssertionError("that time zone was expected to be refused")
