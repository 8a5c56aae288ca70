"""Build what a release consists of: `python release/build.py dist`, or `make release`.

Writes the wheel, the source archive, a CycloneDX list of the parts (SBOM) with the versions and
hashes that the image installs, and SHA256SUMS.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "server.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build wheel, source archive, SBOM and hashes.")
    parser.add_argument("folder", type=Path, help="where the files go")
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    old = [path for path in folder.iterdir() if path.is_file()]
    for path in old:
        path.unlink()
    run("hatchling", "build", "-d", str(folder))
    sbom = folder / "tiktok-organic.cdx.json"
    run(
        "cyclonedx_py", "requirements", str(LOCK), "--pyproject", str(ROOT / "pyproject.toml"),
        "--of", "JSON", "--sv", "1.6", "--output-reproducible",
        "--output-file", str(sbom),
    )  # fmt: skip
    made = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")
    print("".join(sums), end="")
    return 0


def run(module: str, *arguments: str) -> None:
    """Run a module of this environment. Raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
