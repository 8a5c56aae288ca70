"""Deliver messages to several addresses, some of which may fail for a while."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Defect, TikTokOrganicError
from tiktok_organic.message_channels import Messenger

__all__ = ["Delivery"]

_LOG = logging.getLogger(__name__)
# Seconds of pause for an address that failed; the last value repeats.
_PAUSES = (60.0, 300.0, 900.0, 3600.0)
_KEPT_FOR = 86_400.0
_MOST_KEPT = 20


@dataclass
class _Address:
    """The state of an address.

    `late`: messages that others accepted and this one did not, with their time. `error`: its last
    error; it is not tried before `rests_until`.
    """

    late: list[tuple[float, str, str]] = field(default_factory=list)
    failures: int = 0
    error: TikTokOrganicError | None = None
    rests_until: float = 0.0


class Delivery:
    """Delivers each message to each address separately.

    A failing address does not affect the others, and they receive nothing twice. A message that one
    address accepted is delivered. For the others the newest twenty are stored for a day, in this
    process.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses: dict[str, _Address] = {}

    def send(self, messengers: Mapping[str, Messenger], title: str, body: str) -> None:
        """Send to all addresses. Raises the first address's error if none accepted the message."""
        missed: list[_Address] = []
        for name, messenger in messengers.items():
            address = self._addresses.setdefault(name, _Address())
            if not self._bring(address, messenger, title, body):
                missed.append(address)
        if len(missed) == len(messengers) and missed and missed[0].error is not None:
            raise missed[0].error
        for address in missed:
            address.late = [*address.late, (self._clock.monotonic(), title, body)][-_MOST_KEPT:]

    def again(self, messengers: Mapping[str, Messenger]) -> None:
        """Send late messages again. Raises nothing."""
        self._addresses = {
            name: address for name, address in self._addresses.items() if name in messengers
        }
        young = self._clock.monotonic() - _KEPT_FOR
        for name, address in self._addresses.items():
            address.late = [message for message in address.late if message[0] >= young]
            # In their order, up to the first one that fails: the address then rests.
            while address.late and self._bring(address, messengers[name], *address.late[0][1:]):
                del address.late[0]

    def _bring(self, address: _Address, messenger: Messenger, title: str, body: str) -> bool:
        now = self._clock.monotonic()
        if address.error is not None and now < address.rests_until:
            return False
        try:
            messenger.send(title, body)
        except Exception as raised:  # noqa: BLE001 - one address ends no loop over all of them
            error = _error(raised)
            if address.error is None:
                _LOG.warning("%s", error.message)
            address.rests_until = now + _PAUSES[min(address.failures, len(_PAUSES) - 1)]
            address.failures += 1
            address.error = error
            return False
        address.failures, address.error = 0, None
        return True


def _error(raised: Exception) -> TikTokOrganicError:
    """Return our own error; of any other error its type only: the text may contain the address."""
    if isinstance(raised, TikTokOrganicError):
        return raised
    return Defect(f"a notification could not be sent: {type(raised).__name__}")
