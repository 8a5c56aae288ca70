"""Look for known vulnerabilities of the locked versions: `python release/audit.py FILE`, or `make
audit`.

Exit codes: 0 none known, 1 some are known, 3 not every version could be checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

NOT_CHECKED = 3


def main() -> int:
    lock = sys.argv[1]
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--disable-pip"]
    options = ["--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{lock}: not checked.\n{done.stderr.strip()[-2000:]}", file=sys.stderr)
        return NOT_CHECKED
    known = [
        f"{found['name']} {found['version']}: {', '.join(each['id'] for each in found['vulns'])}"
        for found in dependencies
        if found.get("vulns")
    ]
    if known:
        print("\n".join(known))
    skipped = [found["name"] for found in dependencies if "skip_reason" in found]
    if skipped:
        print(
            f"{lock}: {len(skipped)} of {len(dependencies)} versions were not checked, because the "
            f"advisory data of PyPI cannot be reached from here ({', '.join(skipped[:3])}, …)",
            file=sys.stderr,
        )
    if known:
        return 1
    if skipped:
        return NOT_CHECKED
    print(f"{lock}: no vulnerability is known of {len(dependencies)} versions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
