"""The command line."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    import gc
    import os
    import sys

    from tiktok_organic.cli.signals import interruptible
    from tiktok_organic.cli.streams import standard_streams

    # Imports create a hundred thousand objects that live as long as the process: collecting them
    # costs 50 ms.
    gc.set_threshold(100_000, 50, 1000)
    os.umask(0o077)  # only the user may read files that a command creates
    with interruptible(), standard_streams():
        try:
            from tiktok_organic.cli.assembly import asked_for, assemble, refuse_undecodable

            refuse_undecodable(sys.argv[1:])
            assemble(asked_for(sys.argv[1:]))()
        except KeyboardInterrupt:  # before the command had begun
            from tiktok_organic.cli.output import INTERRUPTED, Output

            Output(json="--json" in sys.argv).interrupted()
            raise SystemExit(INTERRUPTED) from None
