"""Ordered faults: which requests they hit, how often, and how."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.faults.damage import DAMAGES
from tiktok_organic.simulator.faults.interference import INTERFERENCES
from tiktok_organic.simulator.faults.substitutes import SUBSTITUTES

if TYPE_CHECKING:
    from tiktok_organic.simulator.server.request import Request

# Faults that a client can only end by changing its request last until they are cleared.
_LASTING = frozenset(
    ("refused_field", "refused_oldest_day", "stuck_cursor", "endless_list", "cursor_seconds")
)


@dataclass
class Fault:
    """Hits the next `count` matching requests (None: all) after letting `skip` pass.

    A request matches when its path ends with `path`, when it concerns `business_id` (if given),
    when it is page `page` of a walk through posts (if given; the first page is 1), and when it
    comes from `since` on and before `until` (ISO 8601 with zone, each if given). `when` says
    whether a substitute answer comes "before" the request took effect or "after" it did.
    """

    name: str
    path: str = ""
    count: int | None = 1
    skip: int = 0
    page: int | None = None
    business_id: str | None = None
    when: str = "before"
    since: str | None = None
    until: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def _is_time(self, now: datetime) -> bool:
        return (self.since is None or datetime.fromisoformat(self.since) <= now) and (
            self.until is None or now < datetime.fromisoformat(self.until)
        )

    def matches(self, request: Request, page: int, now: datetime) -> bool:
        """Whether the request matches."""
        return (
            self.count != 0
            and request.path.endswith(self.path)
            and self.page in (None, page)
            and self.business_id in (None, request.query.get("business_id"))
            and self._is_time(now)
            and (
                self.name not in SUBSTITUTES
                or SUBSTITUTES[self.name].concerns(request, self.parameters, now.date())
            )
        )

    def spend(self) -> bool:
        """Whether a matching request is hit now; counts it."""
        if self.skip > 0:
            self.skip -= 1
            return False
        self.hits += 1
        if self.count is not None:
            self.count -= 1
        return True


@dataclass(frozen=True)
class Hits:
    """The faults that fall on one request."""

    interferences: tuple[Fault, ...] = ()
    substitute: Fault | None = None
    damages: tuple[Fault, ...] = ()

    def names(self) -> str | None:
        """All of them, for the journal."""
        hit = (*self.interferences, *((self.substitute,) if self.substitute else ()), *self.damages)
        return "+".join(fault.name for fault in hit) or None


class Faults:
    """The ordered faults. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._orders: list[Fault] = []

    def add(
        self,
        name: str,
        path: str = "",
        *,
        count: int | str | None = "default",
        skip: int = 0,
        page: int | None = None,
        business_id: str | None = None,
        when: str = "before",
        since: str | None = None,
        until: str | None = None,
        **parameters: Any,
    ) -> Fault:
        """Order one fault of the catalogue.

        Raises ValueError for an unknown name, parameter or impossible value.
        """
        known = catalogue().get(name)
        if known is None:
            raise ValueError(f"unknown fault: {name}")
        if unknown := set(parameters) - set(known):
            raise ValueError(
                f"fault {name} has no parameter {min(unknown)}; it has {sorted(known)}"
            )
        for parameter, value in parameters.items():
            if isinstance(known[parameter], int | float) and isinstance(value, str):
                raise ValueError(  # noqa: TRY004 - every refusal of a control call is a ValueError
                    f"fault {name}: {parameter} must be a number, not {value!r}"
                )
        if count == "default":
            count = None if name in _LASTING else 1
        if isinstance(count, str) or when not in ("before", "after"):
            raise ValueError("count must be a number or None; when must be before or after")
        for instant in filter(None, (since, until)):
            if datetime.fromisoformat(instant).tzinfo is None:
                raise ValueError(f"give the zone of {instant}, such as {instant}+00:00")
        values = {**known, **parameters}
        fault = Fault(name, path, count, skip, page, business_id, when, since, until, values)
        with self._lock:
            self._orders.append(fault)
        return fault

    def hit(self, request: Request, page: int, now: datetime) -> Hits:
        """Return the faults of this request.

        Substitutes queue: only the first that matches is used.
        """
        if not self._orders:
            return Hits()
        with self._lock:
            matching = [fault for fault in self._orders if fault.matches(request, page, now)]
            interferences = [f for f in matching if f.name in INTERFERENCES and f.spend()]
            substitute = next((f for f in matching if f.name in SUBSTITUTES), None)
            if substitute is not None and not substitute.spend():
                substitute = None
            damages = [] if substitute else [f for f in matching if f.name in DAMAGES and f.spend()]
            self._orders = [fault for fault in self._orders if fault.count != 0]
        return Hits(tuple(interferences), substitute, tuple(damages))

    def document(self) -> list[dict[str, Any]]:
        """Return the remaining orders, ready for JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._orders]

    def clear(self) -> None:
        """Cancel all."""
        with self._lock:
            self._orders.clear()


def catalogue() -> dict[str, dict[str, Any]]:
    """Every fault by name, with its parameters and their defaults."""
    return {
        **{name: dict(substitute.parameters) for name, substitute in SUBSTITUTES.items()},
        **{name: dict(damage.parameters) for name, damage in DAMAGES.items()},
        **{name: dict(parameters) for name, parameters in INTERFERENCES.items()},
    }
