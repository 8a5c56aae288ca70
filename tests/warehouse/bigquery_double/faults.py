"""Faults of the double, and its errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Faults", "Refusal"]


class Refusal(Exception):
    """An answer other than 200: HTTP status, BigQuery's one-word reason, message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def document(self) -> dict[str, object]:
        detail = {"reason": self.reason, "message": self.message, "domain": "global"}
        return {
            "error": {
                "code": self.status,
                "message": self.message,
                "errors": [detail],
                "status": self.reason,
            }
        }

    def result(self) -> dict[str, str]:
        """The same as the `errorResult` of a job."""
        return {"reason": self.reason, "message": self.message, "location": "query"}


@dataclass
class _Planned:
    pattern: re.Pattern[str]
    refusal: Refusal | None
    times: int


@dataclass
class Faults:
    """Planned answers, and permissions that the caller lacks."""

    denied: set[str] = field(default_factory=set)
    _requests: list[_Planned] = field(default_factory=list)
    _lost: list[_Planned] = field(default_factory=list)
    _jobs: list[_Planned] = field(default_factory=list)

    def fail(
        self, request: str, status: int, reason: str, message: str = "", *, times: int = 1
    ) -> None:
        """The next requests whose `METHOD /path` matches are refused and not carried out."""
        refusal = Refusal(status, reason, message or reason)
        self._requests.append(_Planned(re.compile(request), refusal, times))

    def lose_answer(self, request: str, *, times: int = 1) -> None:
        """The next requests that match are carried out, and answered with 503."""
        self._lost.append(
            _Planned(re.compile(request), Refusal(503, "backendError", "Try again."), times)
        )

    def fail_job(self, job_id: str, reason: str, message: str = "", *, times: int = 1) -> None:
        """The next jobs whose id matches end with an error and without effect."""
        self._jobs.append(
            _Planned(re.compile(job_id), Refusal(400, reason, message or reason), times)
        )

    def forgive(self) -> None:
        """No planned fault is left."""
        for plan in (self._requests, self._lost, self._jobs):
            plan.clear()

    def before(self, request: str) -> None:
        self._raise(self._requests, request)

    def after(self, request: str) -> None:
        self._raise(self._lost, request)

    def job(self, job_id: str) -> None:
        self._raise(self._jobs, job_id)

    def need(self, permission: str, resource: str) -> None:
        """403 when the caller lacks a permission."""
        if permission in self.denied:
            raise Refusal(
                403,
                "accessDenied",
                f"Access Denied: {resource}: Permission {permission} denied on {resource} (or "
                "it may not exist).",
            )

    @staticmethod
    def _raise(plan: list[_Planned], text: str) -> None:
        for planned in plan:
            if planned.times and planned.pattern.search(text):
                planned.times -= 1
                assert planned.refusal is not None
                raise planned.refusal
