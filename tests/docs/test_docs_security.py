"""The table of docs/security.md names every requirement once, and tests that exist.

Its inventory of cryptography names what the source uses.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
SOURCE = ROOT / "src" / "tiktok_organic"
REQUIREMENTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4":
    1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2,
    "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4":
    4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2,
    "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2":
    2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3":
    3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2":
    5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3":
    7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3":
    2,
}  # fmt: skip
"""How many requirements of the levels 1 and 2 each section of OWASP ASVS 5.0.0 has. Those of level
3 come last in each section."""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \|(.*)\|$", re.MULTILINE)
VERDICT = re.compile(r"holds|(does not apply|falls short)( for|:).*\w")


def rows() -> list[tuple[str, list[str]]]:
    """The number, then what it is about, the verdict, and what shows it."""
    return [(number, [cell.strip() for cell in rest.split("|")]) for number, rest in
            ROW.findall(PAGE)]  # fmt: skip


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    files = (ROOT / "tests").rglob("test_*.py")
    defined = {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 100
    assert sorted(named - defined) == []


def test_every_requirement_is_in_the_table_once_and_in_order() -> None:
    wanted = [
        f"{section}.{number}"
        for section, count in REQUIREMENTS.items()
        for number in range(1, count + 1)
    ]
    assert len(wanted) == 253
    assert [number for number, _ in rows()] == wanted


def test_no_row_of_the_table_is_empty() -> None:
    for number, cells in rows():
        assert len(cells) == 3, number
        about, verdict, shown = cells
        assert about, number
        assert VERDICT.match(verdict), f"{number}: {verdict}"
        if verdict.startswith("holds"):
            assert re.search(r"`test_\w+`|\[[^]]+\]\(", shown), f"{number} is shown by nothing"


def test_the_page_says_how_many_requirements_fall_short() -> None:
    short = sum(cells[1].startswith("falls short") for _, cells in rows())
    hold = sum(cells[1].startswith("holds") for _, cells in rows())
    counts = f"{hold} hold, {253 - hold - short} do not apply, {short} fall short"
    assert counts in " ".join(PAGE.split())


def test_the_inventory_of_cryptography_names_every_use() -> None:
    section = PAGE.split("## Cryptography")[1].split("\n## ")[0]
    source = "\n".join(
        file.read_text("utf-8") for file in SOURCE.rglob("*.py") if "simulator" not in file.parts
    )
    used = set(re.findall(r"hashlib\.(?!file_digest)(\w+)", source))
    assert used == {"sha256", "blake2b"}
    for word in (*used, "Fernet", "AES-256-GCM", "scrypt", "argon2id", "TOTP", "HMAC-SHA1"):
        assert word.lower().replace("-", "") in section.lower().replace("-", ""), word
    wanted = (
        "cryptography|argon2|pyotp|joserfc|nacl|Crypto|OpenSSL|jwt|hmac|random|uuid|crypt|bcrypt"
    )
    libraries = set(re.findall(rf"^ *(?:from|import) ({wanted})\b", source, re.MULTILINE))
    assert libraries == {"cryptography", "argon2", "pyotp", "joserfc"}
    for library in libraries:
        assert f"`{library}`" in section
