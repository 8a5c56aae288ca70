"""The meaning of each member of the `--json` documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.markdown import code, table

__all__ = ["CONNECTOR", "RUN", "documented"]

CONNECTOR = {
    "id": "Its permanent id.",
    "name": "Its name; `edit --name` changes it.",
    "username": "The account's username at the last sync.",
    "former_usernames": "Former usernames of the account, oldest first.",
    "display_name": "The name that the profile shows.",
    "account_id": "TikTok's id of the account (`open_id`): `_quanti_ad_account` in the tables.",
    "dataset": "The dataset (schema) in the warehouse.",
    "destination": "The address of the warehouse, without its password.",
    "reports": "The selected reports.",
    "schedule": "`daily`, `weekly` or `off`.",
    "hour": "The hour of a scheduled sync, 0 to 23, in `timezone`.",
    "weekday": "The day of a weekly schedule; null for others.",
    "timezone": "The time zone of the schedule.",
    "lookback": "The number of complete days that every sync reads again.",
    "views": "Whether every sync creates the views.",
    "state": "`active`, `paused` or `reconnect_needed`.",
    "state_reason": "Why a reconnect is needed; null otherwise.",
    "followers": "Followers at the last sync.",
    "withheld_scopes": "Permissions that the owner did not grant; their columns are null.",
    "api_url": "The API of the account: TikTok's, or a simulator's.",
    "created_at": "When it was connected.",
    "last_run": "Id, status, sync date and end of its newest run; null before the first.",
    "next_due": (
        "The next scheduled sync; null if the connector is paused, off, or must be reconnected."
    ),
    "consent_ends": "When the owner's consent ends: 365 days after it was given.",
}

RUN = {
    "run_id": "Its id, which begins with the time of the order (UTC).",
    "connector": "Id and name of the connector.",
    "kind": "`sync` or `recovery`.",
    "requested_by": "`person` or `schedule`.",
    "status": (
        "`waiting`, `running`, `succeeded`, `partial` (some reports failed, the others "
        "were loaded) or `failed`."
    ),
    "sync_date": "The sync date: `_quanti_sync_date` in the tables.",
    "window": "The first and the last requested day, `from` and `to`.",
    "reports": (
        "For each report its `status` (`succeeded`, `failed`, `skipped`), its `rows`, "
        "and its `error` if it has one."
    ),
    "requests": "HTTP requests to TikTok in all attempts, including renewals and repeats.",
    "throttled": "The number of requests that TikTok refused because of its limits.",
    "attempts": "The number of attempts.",
    "error": "Why the whole run failed: `code`, `message`, `advice`; null otherwise.",
    "warnings": (
        "Problems that did not stop the run, such as withheld permissions or a changed username."
    ),
    "findings": (
        "Counts of unusual data in TikTok's answers: `unreadable_values` (became null; one of "
        "each in `examples`), `dropped_records` (without a usable key), `repeated_records` "
        "(written once), `unknown_fields` (new at TikTok), `replaced_characters` (became U+FFFD)."
    ),
    "lost_days": "Days that TikTok no longer returned in this run.",
    "refused_fields": "Fields that TikTok refused; the request was repeated without them.",
    "bytes_billed": "The bytes that BigQuery billed for the commit; null elsewhere.",
    "archive": "The archive files with the answers that the rows come from.",
    "created_at": "When it was ordered.",
    "started_at": "When its last attempt began.",
    "finished_at": "When its last attempt ended.",
    "next_attempt_at": (
        "The time of the next retry; null if the run is done or a retry cannot help."
    ),
}


def documented(document: Mapping[str, Any], meanings: Mapping[str, str]) -> str:
    """Return a table of the document's members.

    Raises KeyError for a member without a meaning, ValueError for a meaning without a member.
    """
    stale = sorted(set(meanings) - set(document))
    if stale:
        raise ValueError(f"these are explained and do not exist: {', '.join(stale)}")
    return table(("Member", "Meaning"), [(code(name), meanings[name]) for name in document])
