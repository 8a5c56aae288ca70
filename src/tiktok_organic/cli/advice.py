"""The terminal's advice for an error, composed from its code and facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiktok_organic.advice_text import compose
from tiktok_organic.cli.advice_table import ADVICE
from tiktok_organic.errors import Fact, Facts, TikTokOrganicError, facts_of

__all__ = ["advice_for", "advice_of", "error_document"]


def advice_for(code: str, facts: Facts) -> str:
    """Return the terminal's advice for a code and facts."""
    return compose(ADVICE, code, facts)


def advice_of(error: TikTokOrganicError) -> str:
    """Return the terminal's advice for an error."""
    return advice_for(error.code, error.facts)


def error_document(error: TikTokOrganicError | Mapping[str, Any], **about: Fact) -> dict[str, str]:
    """Return an error as `--json` shows it. `about`: facts of the run that recorded it."""
    document = error.document() if isinstance(error, TikTokOrganicError) else error
    code, message = document["code"], document["message"]
    return {
        "code": code,
        "message": message,
        "advice": advice_for(code, about | facts_of(document)),
    }
