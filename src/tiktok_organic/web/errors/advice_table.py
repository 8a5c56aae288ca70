"""The texts of the page for each error code: what to do, and a plain sentence for some."""

from __future__ import annotations

from tiktok_organic.advice_text import Table

__all__ = ["ADVICE", "PLAIN"]

PLAIN = {
    "reconnect_needed": "TikTok no longer accepts the permission that the account's owner gave",
    "token_rejected": "TikTok no longer accepts the permission that the account's owner gave",
    "unreachable": "TikTok could not be reached",
    "tiktok_unavailable": "TikTok had a problem",
    "throttled": "TikTok's limit of requests was reached",
    "unreadable": "TikTok sent an answer that could not be read",
    "not_permitted": "The account's owner withheld the permission for this data",
    "request_refused": "TikTok refused a part of the request",
    "tiktok_error": "TikTok answered with an error",
    "defect": "TikTok rejected the request of this product",
    "archive_away": "The archive could not be reached",
    "archive_unwritable": "The archive could not be written",
    "disk_full": "The disk is full",
    "interrupted": "The sync was interrupted",
    "notify_failed": "The message did not arrive at every address",
    "notify_unset": "No address for messages is set",
}
"""For these codes, this sentence is shown; the message of the error becomes the details."""

_SERVER = "An administrator of this server can find the details in its log."
_LATER = "Nothing is lost. Try again in a few minutes."
_LIST = "It may have been changed or removed. The list shows all that exist."
_EXAMPLE = ("A valid value is, for example: {example}", "Correct the value and try again.")
_STORED = (
    "The fetched data is in the archive. The next sync of {connector_name} loads it without "
    "asking TikTok again."
)

ADVICE: Table = {
    "access_denied": "Nothing was connected. Start again and choose to allow on TikTok's page.",
    "account_held": "Open that connector instead, or connect another account.",
    "address_taken": _SERVER,
    "already_running": "Wait for it to end, then try again.",
    "app_not_configured": "An owner can enter the app under Settings → TikTok app. Demo data "
    "works without one.",
    "app_refused": "Compare the app ID and the secret with those in TikTok's developer portal, "
    "and check there that the app is approved for TikTok Accounts.",
    "archive_away": "An administrator can make the archive's disk or storage readable again. "
    "Nothing is lost; sync again afterwards.",
    "archive_driver_missing": "An administrator can install the package beside tiktok-organic.",
    "archive_missing": "It may have been deleted after its time, or moved.",
    "archive_unwritable": "Free some space on the server, then sync again.",
    "authorization_failed": "Start again, and approve on TikTok's page within 10 minutes.",
    "bad_address": "Copy the whole address from your browser's address bar and paste it here.",
    "bad_setting": _EXAMPLE,
    "bad_value": _EXAMPLE,
    "clock_wrong": "An administrator must set the server's clock (NTP). Then sync again; nothing "
    "was loaded.",
    "code_wrong": "Type the code that the app shows now, or a recovery code. The clock of your "
    "phone must be right.",
    "conflict": "Choose another one, and try again.",
    "connector_paused": "Resume the connector, or sync it now. The fetched data is not fetched "
    "again.",
    "connector_removed": "Connect the account again if you want to sync it.",
    "dataset_taken": "A dataset belongs to one connector. Choose another one.",
    "dataset_taken.replay": "Replay into a dataset of its own, and compare.",
    "defect": "This is a bug of tiktok-organic. Please report it with the text under Details.",
    "destination_busy": (
        f"{{remedy}} {_STORED}",
        _STORED,
        "{remedy}",
        "Check that the warehouse is running and that its address is right, then try again.",
    ),
    "destination_refused": ("{remedy}", "Correct the destination and try again."),
    "destination_refused.page": "Name a file or a warehouse that this server allows. An "
    "administrator can allow others (TIKTOK_ORGANIC_ALLOWED_DESTINATIONS).",
    "disk_full": "Free some space on the server, then sync again.",
    "draft_gone": "Start again.",
    "email_taken": "Log in, use another address, or change that person's role under Settings → "
    "People.",
    "error": _SERVER,
    "file_unusable": _SERVER,
    "home_unwritable": "An administrator must make the server's folder writable.",
    "interrupted": "Nothing was written. The next sync fetches the data again.",
    "invalid_scope": "Enable the permissions listed on the set-up page for your app in TikTok's "
    "developer portal.",
    "invitation_ended": "An invitation works once, for 7 days. Log in, or ask an owner for another "
    "one. Before the first account exists, restart the server: it prints a new address.",
    "last_owner": "Make another person an owner first.",
    "login_busy": "Try again in a few seconds.",
    "login_ended": "Log in again.",
    "login_failed": "Check both. An administrator with access to the server can reset a password.",
    "login_slowed": ("Try again in {seconds} seconds.", "Try again in a few minutes."),
    "name_taken": "Choose another name.",
    "no_account": "Ask an owner for an invitation to this e-mail address, which the provider must "
    "have verified.",
    "no_address": "After you approve, copy the whole address from your browser's address bar and "
    "paste it here.",
    "no_backup": "Choose a file that a backup wrote.",
    "no_views": (
        "The next sync creates the views, unless they are switched off for this connector or a "
        "table of yours has that name."
    ),
    "not_confirmed": (
        "Add confirm={confirm} to delete_data=true to confirm it.",
        "Confirm it, and send the form again.",
    ),
    "not_found": "It may have been removed. The list shows all that exist.",
    "not_permitted": "Use Reconnect, and leave every permission on TikTok's page switched on.",
    "nothing_to_replay": "The list of runs shows what happened.",
    "notify_failed": "Check the addresses and their passwords under Settings → Notifications.",
    "notify_missing": "The server lacks the package for notifications: install "
    "tiktok-organic[notify].",
    "notify_unset": "Add an address under Settings → Notifications, then send the test.",
    "other_account": (
        "Log in at TikTok as @{username} and reconnect, or connect this account separately.",
        "Log in at TikTok as the right account and reconnect, or connect this one separately.",
    ),
    "own_file": "Name a file outside the folder in which the server stores its data.",
    "personal_account": "Only Business accounts can be connected. In the TikTok app: Settings → "
    "Manage account → Switch to Professional account → Business. Then try again.",
    "reconnect_needed": "Use Reconnect and let the owner of the account approve again. The next "
    "sync then fetches the missing days, up to 60 days back.",
    "refused": "Correct it and try again.",
    "refused.account_not_confirmed": "Log in at TikTok as the right account and start again.",
    "refused.account_not_readable": "Try again in a few minutes.",
    "refused.days_and_from": "Use one of them.",
    "refused.dlt_missing": _SERVER,
    "refused.no_past": "Add this report under Settings of the connector first.",
    "refused.nothing_to_change": "Change a value, and save again.",
    "refused.same_place": "Name another destination or dataset.",
    "refused.waits_to_be_loaded": "Sync it first, then move it.",
    "request_refused": "TikTok changed what may be asked for. Update tiktok-organic, or report the "
    "text under Details.",
    "request_refused.days": "An administrator should check the server's clock, and update "
    "tiktok-organic. The next sync asks again.",
    "scope_missing": "Start again, and leave these permissions switched on on TikTok's page.",
    "second_factor_on": "Switch it off first.",
    "served_already": _SERVER,
    "set_aside": "A later sync was loaded instead, so this one never will be. Its answers stay in "
    "the archive.",
    "setting_given": "An administrator can change it there, or unset it there so that it can be "
    "chosen here.",
    "sign_on_away": "Try again in a moment, or log in with your password.",
    "sign_on_failed": "Begin again from the login page. If it fails again, an administrator should "
    "compare OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET with the provider's settings.",
    "sign_on_failed.proxy": "The proxy must replace this header, not add to what the client sent.",
    "state_expired": "The address is valid for 10 minutes. Start again.",
    "state_used": "Each address works once. Start again.",
    "store_away": _LATER,
    "store_busy": _LATER,
    "store_older": (
        "An administrator must restore it with the version that created it, then upgrade."
    ),
    "store_newer": "An administrator must install the newer version again.",
    "store_not_empty": _SERVER,
    "store_not_encrypted": _SERVER,
    "store_refused": _SERVER,
    "store_unusable": _SERVER,
    "store_value": "Correct the value and try again.",
    "system": "An administrator should check space and permissions of the server's folders.",
    "throttled": _LATER,
    "tiktok_error": _SERVER,
    "tiktok_error.not_tiktok": "An administrator should check that TIKTOK_ORGANIC_API_URL is "
    "TikTok's.",
    "tiktok_unavailable": "TikTok has a problem. Nothing is lost; try again later.",
    "tiktok_unavailable.firewall": "TikTok, or a firewall between this server and TikTok, refuses "
    "at the moment. Nothing is lost; try again later.",
    "token_rejected": "Use Reconnect and let the owner of the account approve again.",
    "too_many_checks": "Wait some seconds, then try again.",
    "too_many_streams": "Close some of them, and reload this page.",
    "try_again": _LATER,
    "unknown_address": _LIST,
    "unknown_column": ("Its columns: {columns}.", "The documentation lists its columns."),
    "unknown_connector": "It may have been removed. The list shows all that exist.",
    "unknown_connector.removed": "Connect the account again if you want to sync it.",
    "unknown_key": (
        "Its rows have {key} from {first} to {last}.",
        "Choose a row that exists.",
    ),
    "unknown_key.account": "You may omit the account from the key.",
    "unknown_key.no_rows": (
        "The next sync writes it, unless its report is not selected or views are switched off."
    ),
    "unknown_person": _LIST,
    "unknown_run": "The list of runs shows all that exist.",
    "unknown_table": ("The tables and views are: {tables}.", "The documentation lists the tables."),
    "unknown_token": _LIST,
    "unreachable": "Check this server's network, then try again.",
    "unreadable": "The answer is in the archive. Try again later.",
    "unreadable.not_archived": _LATER,
    "unreadable.too_large": (
        "The answer is larger than TikTok's normal ones and is not stored. Try again later."
    ),
    "unknown_video": "The list of videos shows all that exist.",
    "wrong_address": "An administrator should check TIKTOK_ORGANIC_API_URL.",
    "wrong_passphrase": "Enter the passphrase of the backup.",
    "wrong_secret_key": "An administrator must give the server the key that encrypted it "
    "(TIKTOK_ORGANIC_SECRET_KEY). Without it every account must be connected again.",
    "wrong_secret_key.unreadable": "An administrator must let the server read the file.",
    "wrong_state": "It was made for another browser or another attempt. Start again in this "
    "window.",
}

# For a refused value: the name of its form field, its label on the page, and advice.
