"""The second factor: a code from an authenticator app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tiktok_organic.app import App
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import People, Person

__all__ = [
    "Enrollment",
    "begin",
    "is_missing",
    "remove_second_factor",
    "switch_on",
    "verify_code",
]

# Seconds; the value that authenticator apps use (RFC 6238).
_STEP = 30
_CODES = 10
"""Recovery codes. Each has 118 random bits, so that a plain hash of it cannot be reversed."""
# Without i, l, o, 0 and 1, which people confuse when they type a code.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Enrollment:
    """Input for an authenticator app: `secret` to type, `address` (otpauth://…) as a QR code."""

    secret: str
    address: str

    @property
    def picture(self) -> str:
        """The QR code as an SVG in a data: address."""
        import segno

        return segno.make(self.address, error="m").svg_data_uri(scale=4, border=3)


def begin(email: str, secret: str = "") -> Enrollment:
    """Return a new secret for that person, or that of a form that is shown again; store nothing."""
    import pyotp

    known = secret if _is_secret(secret) else pyotp.random_base32()
    address = pyotp.TOTP(known).provisioning_uri(name=email, issuer_name="TikTok Organic")
    return Enrollment(known, address)


def switch_on(app: App, person: Person, secret: str, code: str) -> list[str]:
    """Store the secret if the app's code is right; return the recovery codes, which are shown once.

    Raises Refused for a wrong code, and if a second factor is already on.
    """
    if not _is_secret(secret):
        raise _wrong()
    step = _step_of(secret, code, app.clock.now())
    if step is None:
        raise _wrong()
    codes = ["-".join(_random(4) for _ in range(6)) for _ in range(_CODES)]
    values = {
        "totp": app.cipher.encrypt(secret),
        "totp_step": step,
        "recovery_codes": [_hash(each) for each in codes],
    }
    with app.database.begin() as connection:
        if app.people.locked(person.id, connection).has_second_factor:
            raise Refused(
                "a second factor is on already",
                code="second_factor_on",
            )
        app.people.change(person.id, values, connection)
    return codes


def is_missing(app: App, person: Person) -> bool:
    """Whether the person has to set up a second factor before anything else.

    A person without a password signs on through a provider, which has its own second factor.
    """
    if not person.password_hash or person.has_second_factor:
        return False
    return app.settings_for("SECOND_FACTOR").second_factor == "required"


def verify_code(app: App, person_id: str, code: str) -> bool:
    """Whether the app's code, or an unused recovery code, is right. Each is valid once."""
    typed = "".join(code.split()).lower()
    with app.database.begin() as connection:
        person = app.people.locked(person_id, connection)
        if person.totp is None:
            return False
        if typed.isascii() and typed.isdigit():
            return _use_step(app, person, person.totp, typed, connection)
        return _use_recovery_code(app.people, person, typed, connection)


def remove_second_factor(people: People, person_id: str) -> None:
    """Switch it off."""
    people.change(person_id, {"totp": None, "totp_step": None, "recovery_codes": None})


def _use_step(app: App, person: Person, totp: bytes, code: str, connection: Connection) -> bool:
    step = _step_of(app.cipher.decrypt(totp), code, app.clock.now())
    # A code that was used, or an older one, is refused: it may have been observed.
    if step is None or step <= person.totp_step:
        return False
    app.people.change(person.id, {"totp_step": step}, connection)
    return True


def _use_recovery_code(people: People, person: Person, code: str, connection: Connection) -> bool:
    digest = _hash(code)
    if digest not in person.recovery_codes:
        return False
    left = [each for each in person.recovery_codes if each != digest]
    people.change(person.id, {"recovery_codes": left}, connection)
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step of the code: the present one or a neighbour (clocks differ a little)."""
    import pyotp

    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // _STEP
    typed = "".join(code.split())
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def _is_secret(text: str) -> bool:
    return len(text) == 32 and all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" for c in text)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _hash(code: str) -> str:
    return hashlib.sha256(code.replace("-", "").encode()).hexdigest()


def _wrong() -> Refused:
    return Refused(
        "this code is not right",
        code="code_wrong",
    )
