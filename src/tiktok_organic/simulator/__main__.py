"""`python -m tiktok_organic.simulator`: run the simulator."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING

from tiktok_organic.simulator.server.server import Simulator, serve
from tiktok_organic.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the arguments and serve; the first line printed is `listening on URL`."""
    parser = argparse.ArgumentParser(
        prog="simulator", description="TikTok's organic API with invented data."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    parser.add_argument("--videos", type=int, default=57, help="posts of the demo account")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to each API request")
    parser.add_argument("--limits", choices=("on", "off"), default="on", help="rate limits")
    parser.add_argument("--seed", type=int, default=1, help="another seed invents other data")
    parser.add_argument(
        "--anchor", type=date.fromisoformat, help="day around which data is invented; default today"
    )
    options = parser.parse_args(arguments)
    world = World(seed=options.seed, anchor=options.anchor, videos=options.videos)
    world.settings.update(latency=options.latency_ms / 1000, limits=options.limits == "on")
    serve(options.host, options.port, _announce, world=world)


def _announce(simulator: Simulator) -> None:
    sys.stdout.write(f"listening on {simulator.url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
