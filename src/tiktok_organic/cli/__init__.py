"""The terminal's face of the product."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    import gc
    import io
    import sys

    # Imports make a hundred thousand objects that live as long as the process: looking through them costs 50 ms.
    gc.set_threshold(100_000, 50, 1000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that knows no umlauts shows a question mark
            stream.reconfigure(errors="replace")
    from tiktok_organic.cli.assembly import asked_for, assemble

    assemble(asked_for(sys.argv[1:]))()
