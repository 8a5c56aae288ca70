"""The settings, read once from the environment or a `.env` file in the working directory.

pydantic-settings was rejected: importing it costs 0.27 s of CPU, as much as a whole small sync.
"""

from __future__ import annotations

from tiktok_organic.settings.checks import listed
from tiktok_organic.settings.definitions import (
    CHANGEABLE,
    PREFIX,
    SETTINGS,
    Setting,
    setting_named,
)
from tiktok_organic.settings.environment import env_file_warning, environment, unknown_settings
from tiktok_organic.settings.hidden_passwords import hide_password, hide_passwords_in
from tiktok_organic.settings.values import Settings

__all__ = [
    "CHANGEABLE",
    "PREFIX",
    "SETTINGS",
    "Setting",
    "Settings",
    "env_file_warning",
    "environment",
    "hide_password",
    "hide_passwords_in",
    "listed",
    "setting_named",
    "unknown_settings",
]
