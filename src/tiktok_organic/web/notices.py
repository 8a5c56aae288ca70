"""What a page says after something was done, and the page's own words for what went wrong.

The product's errors advise in the terminal's words; a person in front of a page has buttons instead.
"""

from __future__ import annotations

from tiktok_organic.errors import (
    AlreadyRunning,
    BadValue,
    Conflict,
    NotFound,
    Refused,
    TikTokOrganicError,
    TryAgain,
)

__all__ = ["NOTICES", "advice", "status_of"]

NOTICES = {
    "saved": "Saved.",
    "paused": "Paused. No scheduled sync runs until you resume it.",
    "resumed": "Resumed. The next scheduled sync is shown above.",
    "reconnected": "Connected again. The next sync heals the gap, up to 60 days back.",
    "removed": "The connector was removed. Its tables stay in your warehouse.",
    "erased": "The connector was removed, and its tables and archive were deleted.",
    "running": "A sync of this connector is under way already: here it is.",
    "dropped": "The half made connection was dropped.",
    "left": "You are logged out.",
    "left_everywhere": "You are logged out on every device.",
    "password": "Your password was changed. Log in with the new one.",
    "invited": "Invited.",
    "person_removed": "The person was removed and logged out everywhere.",
    "token_revoked": "The token was revoked. Programs that use it are refused from now on.",
    "withdrawn": "The invitation was withdrawn.",
    "forgotten": "Saved: the default counts again.",
    "notified": "The test message was sent. Look where you expect it.",
}

_ADVICE = {
    "access_denied": "Nothing was connected. Start again and choose to allow on TikTok's page.",
    "authorization_failed": "Start again, and approve on TikTok's page within 10 minutes.",
    "invalid_scope": "Enable the permissions that are listed on the set-up page for your app in TikTok's developer "
    "portal.",
    "state_expired": "The address is good for 10 minutes. Start again.",
    "state_used": "Each address is good once. Start again.",
    "wrong_state": "It was made for another browser or another attempt. Start again in this window.",
    "no_address": "After you approve, copy the whole address from your browser's address bar and paste it here.",
    "scope_missing": "Start again, and leave these permissions switched on on TikTok's consent page.",
    "account_held": "Open that connector instead, or connect another account.",
    "name_taken": "Choose another name.",
    "dataset_taken": "A dataset belongs to one connector. Choose another one.",
    "reconnect_needed": "Use Reconnect and let the owner of the account approve again. The gap is healed then, up to "
    "60 days back.",
    "destination_busy": "What was fetched is kept. The next sync loads it without asking TikTok again.",
    "connector_paused": "Resume the connector, or sync it now. What was fetched is not fetched twice.",
    "interrupted": "Nothing of it was written; the next sync fetches it anew.",
    "already_running": "Wait for it to end, then try again.",
    "unknown_connector": "It may have been removed. The list shows all there are.",
    "unknown_run": "The list of runs shows all there are.",
    "app_not_configured": "An owner can enter the app under Settings → TikTok app. Or try everything with demo data.",
    "app_refused": "Compare the app ID and the secret with those in TikTok's developer portal, and see there that the "
    "app is approved for TikTok Accounts.",
    "notify_unset": "Enter the addresses of those who are to be told, then send the test.",
}


def advice(error: TikTokOrganicError) -> str:
    """What to do next, on a page."""
    return advice_for(error.code, error.advice)


def advice_for(code: str, otherwise: str) -> str:
    return _ADVICE.get(code, otherwise)


def status_of(error: TikTokOrganicError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Conflict | AlreadyRunning):
        return 409
    if isinstance(error, BadValue):
        return 422
    if error.code == "login_slowed":
        return 429
    if isinstance(error, TryAgain):
        return 503
    return 400 if isinstance(error, Refused) else 409
