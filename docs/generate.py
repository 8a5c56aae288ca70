"""Write the pages that are derived from the code: `python docs/generate.py`, or `make docs`.

With `--check` nothing is written; the exit code is 1 when a page differs from what would be
written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator import PAGES

FOLDER = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Write the documentation that is derived from the code."
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    stale = []
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, "utf-8")
    for name in stale:
        sys.stdout.write(f"docs/{name} {'is stale: run `make docs`' if check else 'was written'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
