"""The complete command line, for documentation and tests."""

from __future__ import annotations

from tiktok_organic.cli.assembly import assemble

__all__ = ["command_line"]

command_line = assemble()
