"""What the five steps of connecting share: their names and addresses, and the page around each."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from tiktok_organic.actions.drafts import Draft
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.problems import Problem, problem, status_of
from tiktok_organic.web.site import Site

__all__ = ["STEPS", "behind", "step_page", "told"]

STEPS = (
    ("Authorize", "/connect"),
    ("Account", "/connect/account"),
    ("Reports", "/connect/reports"),
    ("Destination", "/connect/destination"),
    ("Finish", "/connect/finish"),
)


def behind(site: Site, draft: Draft, step: int) -> Response | None:
    """To the first step that is not done, when it is an earlier one."""
    return site.go(STEPS[draft.step - 1][1]) if draft.step < step else None


def told(error: TikTokOrganicError) -> Problem:
    """The error as a page shows it."""
    return problem(error)


def step_page(
    site: Site,
    request: Request,
    step: int,
    draft: Draft,
    values: dict[str, Any],
    error: TikTokOrganicError | None = None,
) -> Response:
    invented = draft.consent is not None and site.is_invented(draft.consent.api_url)
    shared = {
        "step": step,
        "steps": STEPS,
        "done": draft.step - 1,
        "draft": draft,
        "invented": invented,
    }
    problem = {"error": told(error) if error else None}
    return site.page(
        request,
        f"connect_{step}.html",
        {**shared, **problem, **values},
        status_of(error) if error else 200,
    )
