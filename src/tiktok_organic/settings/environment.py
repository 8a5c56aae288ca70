"""The texts of the settings: environment variables, the `.env` file, files with secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tiktok_organic.errors import BadValue
from tiktok_organic.settings.definitions import PREFIX, SETTINGS, Setting

__all__ = ["env_file_warning", "environment", "text_of", "unknown_settings"]


def environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables, completed by those of the `.env` file in `folder`.

    The file also replaces empty variables. Raises BadValue if the file, or a line of it with a
    setting, cannot be read.
    """
    path = folder / ".env"
    if not path.is_file():
        return dict(variables)
    _refuse_foreign(path)
    return {
        **variables,
        **_dotenv(path),
        **{name: value for name, value in variables.items() if value.strip()},
    }


def _dotenv(path: Path) -> dict[str, str]:
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(
            str(path),
            f"it cannot be read: {error}",
            example=f"{PREFIX}TIMEZONE=UTC",
            code="bad_setting",
        ) from None
    for line in lines:
        if line.error and PREFIX in line.original.string:
            skipped = len(line.original.string) - len(line.original.string.lstrip())
            number = line.original.line + line.original.string[:skipped].count("\n")
            raise BadValue(
                str(path),
                f"line {number} cannot be read: a quotation mark is not closed, or = is missing",
                example=f'{PREFIX}TIMEZONE="UTC"',
                code="bad_setting",
            )
        if line.key is not None and line.value is not None:
            found[line.key] = line.value
    return found


_LARGEST_SECRET = 65_536


def text_of(setting: Setting, values: Mapping[str, str]) -> str:
    """Return the text of a setting; a secret may be in the file that `NAME_FILE` names.

    Raises BadValue.
    """
    text = values.get(setting.variable, "").strip()
    file = values.get(f"{setting.variable}_FILE", "").strip() if setting.secret else ""
    if not file:
        return text
    problem = "is set beside the same setting without _FILE" if text else ""
    try:
        with Path(file).open(encoding="utf-8") as opened:
            found = opened.read(_LARGEST_SECRET + 1).strip()
    except (OSError, ValueError) as error:
        found, problem = "", problem or f"{file!r} cannot be read: {error}"
    if not problem and not 0 < len(found) <= _LARGEST_SECRET:
        problem = f"{file!r} is empty or too large"
    if problem:
        example = f"/run/secrets/{setting.name.lower()}"
        raise BadValue(f"{setting.variable}_FILE", problem, example=example, code="bad_setting")
    return found


def env_file_warning(folder: Path) -> str:
    """Return a warning if other users of the machine can read the `.env` file; "" otherwise."""
    path = folder / ".env"
    if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o044:
        return f"{path} can be read by other users of this machine"
    return ""


def _refuse_foreign(path: Path) -> None:
    """Raise BadValue for a `.env` file that another user wrote or may write.

    The file decides where secrets are sent.
    """
    if os.name != "posix":
        return
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        problem = "it belongs to another user of this machine"
    elif found.st_mode & 0o022:
        problem = "other users of this machine may write it"
    else:
        return
    raise BadValue(
        str(path), problem, example=f"chown $USER {path}; chmod 600 {path}", code="bad_setting"
    )


def unknown_settings(values: Mapping[str, str]) -> list[str]:
    """Return variables with our prefix that are not settings, usually typing errors."""
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS if setting.secret}
    return sorted(
        name
        for name in values
        if name.startswith(PREFIX) and name not in known and "_TEST_" not in name
    )
