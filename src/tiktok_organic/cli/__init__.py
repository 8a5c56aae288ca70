"""The terminal's face of the product."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    from tiktok_organic.cli.command_line import run

    run()
