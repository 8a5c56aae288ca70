"""The whole command line, for whoever wants all of it: documentation, tests."""

from __future__ import annotations

from tiktok_organic.cli.assembly import assemble

__all__ = ["command_line"]

command_line = assemble()
