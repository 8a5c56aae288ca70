"""`settings.md`: every setting, its sources, and the message for a wrong value."""

from __future__ import annotations

from generator import markdown
from generator.markdown import code, table
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue
from tiktok_organic.settings import CHANGEABLE, PREFIX, SETTINGS, Setting, Settings
from tiktok_organic.settings.tiktok_rate_limits import APP_LEVELS

INTRODUCTION = f"""
Settings are environment variables whose names begin with `{PREFIX}`. Other settings are read from a
file `.env` in the working directory; the environment has precedence. Values in `.env` are literal:
`$NAME` is not replaced. If a line with a setting cannot be read (for example, a quotation mark is
not closed), every command stops with the number of that line.

```sh
tiktok-organic doctor
```

lists every setting with its value, and warns of a variable with this prefix that is not a setting,
such as a typing error. An empty variable counts as not set; the value in `.env` is then used.
"""

PAGE = """
On the web page, under *Settings*, an owner can set {names}. Changes apply at once in every process
that shares the store. A value from the environment or `.env` has precedence, and the page shows it.
Values from the page are checked first (the destination is tested, and TikTok is asked whether it
knows the app), are stored encrypted, and are part of a backup.
"""

SECRETS = """
Settings marked *secret* are never printed, logged or stored as plain text. `doctor` shows `(set)`
instead, and addresses without their password. Make `.env` readable by its owner only (`chmod 600
.env`): a file that another user owns or may write is refused, and `doctor` warns if other users may
read it.

Each secret can be read from a file, such as a secret of Docker, Kubernetes or systemd:
`CLIENT_SECRET_FILE` is the path of a file with the value of `CLIENT_SECRET`, and so on. Only one of
the two may be set.
"""

KEY = """
The key is created at the first start, in the file `secret.key` in `HOME`, readable by its owner
only. Set `SECRET_KEY` to use a key from another place (such as a secret manager), and on all
machines that share a store: they need the same key.

<!-- not run: it prints a key -->
```sh
python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
```

The first process that uses a store sets its key; a process with another key is refused before it
writes anything. **Without the key every account must be connected again.** Back it up separately
from the store.

To change the key, set several keys separated by commas: the first one encrypts, all of them
decrypt.

1. Set `old,new` on every machine and in every service, and restart each. Nothing is encrypted with
   the new key yet.
2. Set `new,old` in the same way. At its start, each `serve` and `worker` encrypts all values with
   the new key.
3. Set `new` when all processes run with step 2. An earlier backup needs the key of its time.

On one machine with one process, begin with step 2. If a process has only the old key while the new
one is in use, it releases its runs, starts no others, and reports this in its log and at `/readyz`.
"""

LEVEL = """
TikTok limits the requests of a developer app. Its level determines the limits; new apps are
`basic`. The product does not exceed them. `QPS`, `QPM` and `ACCOUNT_QPM` replace single numbers if
yours differ. A number above 10,000 switches our limit off; pauses that TikTok requests are always
respected.
"""

WRONG = """
If a setting is invalid, every command stops with exit code 1 before it does anything. The message
names the setting, the problem, and a valid value. For example:
"""


def page() -> str:
    rows = [
        (
            code(setting.name),
            _default(setting.shown_default),
            f"{setting.meaning}{_marks(setting)} Example: {code(setting.example)}",
        )
        for setting in SETTINGS
    ]
    levels = [
        (code(name), str(second), str(minute)) for name, (second, minute) in APP_LEVELS.items()
    ]
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
    """Format a default: a value as code, a description as text."""
    if not text:
        return "–"
    return text if " " in text else code(text)


def _wrong() -> str:
    try:
        Settings.read({f"{PREFIX}TIMEZONE": "Berlin"})
    except BadValue as error:
        return f"Error: {error.message}\n{advice_of(error)}"
    raise AssertionError("that time zone was expected to be refused")
