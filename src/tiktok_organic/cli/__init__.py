"""The command line."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    import atexit
    import gc
    import os
    import sys

    from tiktok_organic.cli.signals import interruptible
    from tiktok_organic.cli.streams import standard_streams

    # A sync of a small account creates 140,000 objects, and most live as long as the process:
    # looking for garbage among them costs 20 ms, and 30 ms at the end.
    gc.set_threshold(250_000, 50, 1000)
    atexit.register(gc.freeze)
    os.umask(0o077)  # only the user may read files that a command creates
    with interruptible(), standard_streams():
        try:
            from tiktok_organic.cli.assembly import asked_for, assemble, refuse_undecodable

            refuse_undecodable(sys.argv[1:])
            assemble(asked_for(sys.argv[1:]))()
        except KeyboardInterrupt:  # before the command had begun
            from tiktok_organic.cli.output.output import INTERRUPTED, Output

            Output(json="--json" in sys.argv).interrupted()
            raise SystemExit(INTERRUPTED) from None
