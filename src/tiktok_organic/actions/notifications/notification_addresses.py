"""The notification addresses, one by one, built from the fields of a form.

The setting NOTIFY has them all as apprise addresses separated by commas. They contain passwords, so
a form receives only the parts that are not secret, and a digest identifies an address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tiktok_organic.errors import BadValue, NotFound

__all__ = [
    "ADDRESS_KINDS",
    "EmailFields",
    "NotificationAddress",
    "chat_address",
    "email_address",
    "email_fields",
    "found",
    "replaced",
    "split",
]

ADDRESS_KINDS = {
    "email": "E-mail",
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "webhook": "Webhook",
    "other": "Other service",
}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_EMAIL = re.compile(r"[^\s@,<>\"]+@[^\s@,<>\"]+")
_MODES = {"starttls": "mailtos", "ssl": "mailtos", "insecure": "mailto"}
_CHAT_HOSTS = {
    "slack": ("hooks.slack.com", "https://hooks.slack.com/services/T000/B000/xxxx"),
    "teams": (".logic.azure.com", "https://prod-11.westeurope.logic.azure.com/workflows/…"),
}
_TEAMS = (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com")


@dataclass(frozen=True)
class NotificationAddress:
    """One apprise address, password included: never print `url`."""

    url: str

    @property
    def key(self) -> str:
        """The digest that identifies the address in forms and reveals nothing."""
        return sha256(self.url.encode()).hexdigest()[:16]

    @property
    def kind(self) -> str:
        """One of ADDRESS_KINDS."""
        scheme, host = self.url.partition("://")[0].lower(), _hostname(self.url)
        if scheme in ("mailto", "mailtos"):
            return "email"
        if scheme == "slack" or host == "hooks.slack.com":
            return "slack"
        if scheme in ("msteams", "workflow", "workflows") or host.endswith(_TEAMS):
            return "teams"
        return "webhook" if scheme in ("json", "jsons") else "other"

    @property
    def shown(self) -> str:
        """The part that identifies the address and is not secret."""
        fields = email_fields(self.url)
        if fields is not None and fields.to:
            return fields.to
        if self.kind == "webhook":
            return _hostname(self.url) or "–"
        return self.url.partition("://")[0]


@dataclass(frozen=True)
class EmailFields:
    """An account at a mail server. `security`: starttls, ssl or insecure."""

    host: str
    port: str
    security: str
    user: str
    password: str
    sender: str
    to: str


def split(addresses: str) -> list[NotificationAddress]:
    """Return the addresses of the setting NOTIFY."""
    return [NotificationAddress(one.strip()) for one in addresses.split(",") if one.strip()]


def found(addresses: Sequence[NotificationAddress], key: str) -> NotificationAddress:
    """Return the address with that key. Raises NotFound."""
    for address in addresses:
        if address.key == key:
            return address
    raise NotFound(
        "this notification address does not exist",
        code="unknown_address",
    )


def replaced(
    addresses: Sequence[NotificationAddress], key: str, url: str | None
) -> list[NotificationAddress]:
    """Return the list with that address replaced, or removed (`url` None)."""
    old = found(addresses, key)
    new = [] if url is None else [NotificationAddress(url)]
    return [one for each in addresses for one in (new if each == old else [each])]


def email_address(fields: EmailFields) -> str:
    """Return the apprise address of a mail account. Raises BadValue with the field."""
    host, port = fields.host.strip(), fields.port.strip()
    if not _HOST.fullmatch(host):
        raise BadValue("Mail server", "it is not the name of a server", example="smtp.example.com")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port[:6]) <= 65_535:
        raise BadValue("Port", "it is not a number from 1 to 65535", example="587")
    if fields.security not in _MODES:
        raise BadValue("Security", "choose one of the list", example="starttls")
    recipients = [one.strip() for one in re.split(r"[,;\s]+", fields.to) if one.strip()]
    for name, values in (("From", [fields.sender.strip()]), ("To", recipients)):
        if not values or not all(_EMAIL.fullmatch(value) for value in values):
            raise BadValue(name, "it is not an e-mail address", example="mia@example.com")
    query = {"from": fields.sender.strip(), "to": ",".join(recipients), "mode": fields.security}
    if fields.user.strip():
        query |= {"user": fields.user.strip(), "pass": fields.password}
    return f"{_MODES[fields.security]}://{host}:{port}?{urlencode(query, quote_via=quote)}"


def email_fields(url: str) -> EmailFields | None:
    """Return the fields of an address that `email_address` built; None for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.scheme not in ("mailto", "mailtos") or "mode" not in query:
        return None
    return EmailFields(
        host=parts.hostname or "",
        port=str(port or 587),
        security=query["mode"],
        user=query.get("user", ""),
        password=query.get("pass", ""),
        sender=query.get("from", ""),
        to=query.get("to", ""),
    )


def chat_address(kind: str, url: str) -> str:
    """Return the apprise address of a Slack, Teams or plain webhook, or a typed apprise address.

    Raises BadValue.
    """
    typed = url.strip().replace(",", "%2C")
    if not typed:
        raise BadValue("Address", "it is empty", example="https://hooks.example.com/tiktok")
    if kind == "other":
        return typed
    scheme, host = typed.partition("://")[0].lower(), _hostname(typed)
    if kind in _CHAT_HOSTS:
        ending, example = _CHAT_HOSTS[kind]
        fits = host.endswith(_TEAMS) if kind == "teams" else host == ending
        if scheme != "https" or not fits:
            raise BadValue(
                "Address", f"it is not a webhook of {ADDRESS_KINDS[kind]}", example=example
            )
        return typed
    if scheme not in ("http", "https") or not host:
        raise BadValue(
            "Address", "it is not a web address", example="https://hooks.example.com/tiktok"
        )
    return ("jsons" if scheme == "https" else "json") + typed[len(scheme) :]


def _hostname(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
