"""The notices that a page shows after an action."""

from __future__ import annotations

__all__ = ["NOTICES"]

NOTICES = {
    "saved": "Saved.",
    "paused": "Paused. No scheduled sync runs until you resume it.",
    "resumed": "Resumed. The next scheduled sync is shown above.",
    "connected": "Connected. The first sync comes with the schedule, or when you start it.",
    "reconnected": "Connected again. A sync now fetches the missing days, up to 60 days back.",
    "logged_out": "You were logged out, and nothing was saved. Log in to return to the form.",
    "removed": "The connector was removed. Its tables stay in your warehouse.",
    "erased": "The connector was removed, and its tables and archive were deleted.",
    "running": "A sync of this connector is already running: here it is.",
    "dropped": "The unfinished connection was discarded.",
    "left": "You are logged out.",
    "left_everywhere": "You are logged out on every device.",
    "password": "Your password was changed. Log in with the new one.",
    "invited": "Invited.",
    "person_removed": "The person was removed and logged out everywhere.",
    "token_revoked": "The token was revoked. Programs that use it are refused from now on.",
    "token_gone": "This token has already been revoked.",
    "session_ended": "That session has ended.",
    "sessions_ended": "The person was logged out everywhere.",
    "withdrawn": "The invitation was withdrawn.",
    "forgotten": "Saved. The default applies again.",
    "notified": "The test message was sent. Check that it arrived.",
}
