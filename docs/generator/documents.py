"""What each member of the documents means that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.markdown import code, table

__all__ = ["CONNECTOR", "RUN", "documented"]

CONNECTOR = {
    "id": "Its id, for good.",
    "name": "Its name; `edit --name` changes it.",
    "username": "The account's username as of the last sync.",
    "former_usernames": "Names that the account had before, oldest first.",
    "display_name": "The name shown on the profile.",
    "account_id": "TikTok's id of the account (`open_id`): `_quanti_ad_account` in the tables.",
    "dataset": "The dataset (schema) in the warehouse.",
    "destination": "The address of the warehouse, without its password.",
    "reports": "The selected reports.",
    "schedule": "`daily`, `weekly` or `off`.",
    "hour": "The hour of a scheduled sync, 0 to 23, in `timezone`.",
    "weekday": "The day of a weekly schedule; null for others.",
    "timezone": "The time zone of the schedule.",
    "lookback": "How many complete days every sync reads again.",
    "views": "Whether every sync makes the views beside the tables.",
    "state": "`active`, `paused` or `reconnect_needed`.",
    "state_reason": "Why a reconnect is needed; null otherwise.",
    "followers": "Followers as of the last sync.",
    "withheld_scopes": "Permissions that the owner did not grant; their columns stay empty.",
    "api_url": "The API that the account lives at: TikTok's, or a simulator's.",
    "created_at": "When it was connected.",
    "last_run": "Id, status, moment and end of its newest run; null before the first.",
    "next_due": (
        "When it is due by its schedule; null when it is paused, off, or has to be reconnected."
    ),
    "consent_ends": "When the owner's consent ends: 365 days after it was given.",
}

RUN = {
    "run_id": "Its id: begins with the time of the order (UTC).",
    "connector": "Id and name of the connector.",
    "kind": "`sync` or `recovery`.",
    "requested_by": "`person` or `schedule`.",
    "status": (
        "`waiting`, `running`, `succeeded`, `partial` (some reports failed, the others "
        "landed) or `failed`."
    ),
    "sync_date": "The moment of the sync: `_quanti_sync_date` in the tables.",
    "window": "First and last day that was wanted, `from` and `to`.",
    "reports": "For each report its `status` (`succeeded`, `failed`, `skipped`), its `rows`, "
    "and its `error` if it has "
    "one.",
    "requests": "HTTP requests to TikTok over all attempts, renewals and repeats included.",
    "throttled": "How many of them TikTok turned away because of its limits.",
    "attempts": "How often it was tried.",
    "error": "Why the whole run failed: `code`, `message`, `advice`; null otherwise.",
    "warnings": (
        "Sentences about what did not stop the run: withheld permissions, a changed username."
    ),
    "findings": "What was odd about TikTok's answers, counted: `unreadable_values` (became "
    "null; one of each in "
    "`examples`), `dropped_records` (without a usable key), `repeated_records` (written once), "
    "`unknown_fields` "
    "(new at TikTok), `replaced_characters` (became U+FFFD).",
    "lost_days": "Days that this run found to be beyond TikTok's reach.",
    "refused_fields": "Fields that TikTok refused; it was asked again without them.",
    "bytes_billed": "What BigQuery billed for the commit; null elsewhere.",
    "archive": "The archive files whose answers the rows come from.",
    "created_at": "When it was ordered.",
    "started_at": "When its last attempt began.",
    "finished_at": "When its last attempt ended.",
    "next_attempt_at": (
        "When it is worth trying again; null when it is done, or trying cannot help."
    ),
}


def documented(document: Mapping[str, Any], meanings: Mapping[str, str]) -> str:
    """A table of the document's members.

    KeyError for one without a meaning, ValueError for a meaning of none.
    """
    stale = sorted(set(meanings) - set(document))
    if stale:
        raise ValueError(f"these are explained and do not exist: {', '.join(stale)}")
    return table(("Member", "Meaning"), [(code(name), meanings[name]) for name in document])
