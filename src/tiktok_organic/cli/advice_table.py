"""The terminal's texts for each error code: commands, options, settings."""

# Long, because it is one table with an entry for every code of `errors.py` (a test compares them).

from __future__ import annotations

from tiktok_organic.advice_text import Table

__all__ = ["ADVICE"]

_AGAIN = "Start again with `tiktok-organic connect`"
_RECONNECT = (
    "Run `tiktok-organic reconnect {connector}` and let the owner of the account approve again.",
    "Reconnect the account (`tiktok-organic reconnect`) and let its owner approve again.",
)
_STORED = (
    "The fetched data is in the archive: `tiktok-organic sync {connector}` loads it without "
    "asking TikTok again."
)
_EXAMPLE = ("A valid value is, for example: {example}", "Correct the value and try again.")
_BUG = (
    "This is a bug of tiktok-organic. With TIKTOK_ORGANIC_LOG_LEVEL=debug the log says more; "
    "please report that."
)

ADVICE: Table = {
    "access_denied": f"{_AGAIN}, and choose to allow on TikTok's page within 10 minutes.",
    "account_held": (
        "Use that connector ({connector}), reconnect it, or remove it first.",
        "Use that connector, reconnect it, or remove it first.",
    ),
    "address_taken": "Choose another --port; 0 selects a free one.",
    "already_running": "Wait for it to end, or order the sync with `--wait`.",
    "app_not_configured": (
        "Set them to the values of your app in TikTok's developer portal, here or on the page "
        "under Settings (`tiktok-organic doctor` checks them), or try everything with invented "
        "data: `tiktok-organic demo`."
    ),
    "app_refused": (
        "Check TIKTOK_ORGANIC_CLIENT_KEY and TIKTOK_ORGANIC_CLIENT_SECRET, and in TikTok's "
        "developer portal that the app is approved for TikTok Accounts."
    ),
    "archive_away": (
        "Check that the archive (TIKTOK_ORGANIC_ARCHIVE_URL) can be reached and read from this "
        "machine, then sync again. Nothing is lost."
    ),
    "archive_driver_missing": (
        "Install it beside tiktok-organic (s3fs for s3://, gcsfs for gs://, adlfs for abfs://), "
        "or name another place in TIKTOK_ORGANIC_ARCHIVE_URL."
    ),
    "archive_missing": "It may have been pruned (TIKTOK_ORGANIC_ARCHIVE_DAYS) or moved "
    "(TIKTOK_ORGANIC_ARCHIVE_URL).",
    "archive_unwritable": "Free space on the disk, or make the folder writable; then sync again.",
    "authorization_failed": (
        f"{_AGAIN} and approve on TikTok's page within 10 minutes. Each address works once."
    ),
    "bad_address": _EXAMPLE,
    "bad_setting": _EXAMPLE,
    "bad_value": _EXAMPLE,
    "check.clock": "Set this machine's clock (NTP).",
    "check.no_redirect_address": (
        "Set it to the address registered with the app, here or on the page under Settings."
    ),
    "check.other_api": "Unset it unless that host is yours.",
    "check.readable_env_file": "Run: chmod 600 .env",
    "check.redirect_address": "Register another address.",
    "check.rows_gone": (
        "Run `tiktok-organic replay {connector} --dataset {dataset}`.",
        "`tiktok-organic replay` writes them again.",
    ),
    "check.test_notifications": "`tiktok-organic doctor --notify` sends a test.",
    "check.trusts_everyone": "Name the address or the network of your proxy.",
    "check.unknown_settings": "Check their spelling.",
    "clock_wrong": "Set this machine's clock (NTP), then sync again. Nothing was loaded.",
    "code_wrong": (
        "Type the code that the app shows now, or a recovery code. The clock of the phone must be "
        "right."
    ),
    "conflict": "Choose another one, and try again.",
    "connector_paused": (
        (
            "`tiktok-organic sync {connector}` syncs it now, `tiktok-organic resume {connector}` "
            "resumes its schedule. The fetched data is not fetched again."
        ),
        "`tiktok-organic resume` resumes its schedule. The fetched data is not fetched again.",
    ),
    "connector_removed": "Connect the account again if you want to sync it.",
    "dataset_taken": "A dataset belongs to one connector: choose another one with --dataset.",
    "dataset_taken.replay": (
        "Replay into a dataset of its own, for example `--dataset {free_dataset}`, and compare.",
        "Replay into a dataset of its own, and compare.",
    ),
    "defect": (
        "This is a bug of tiktok-organic. Please report it with the run's id ({run}).",
        _BUG,
    ),
    "destination_busy": (
        f"{{remedy}} {_STORED}",
        _STORED,
        "{remedy}",
        "Check that the warehouse is running and that its address is right, then try again.",
    ),
    "destination_refused": ("{remedy}", "Correct the destination and try again."),
    "destination_refused.page": (
        "TIKTOK_ORGANIC_ALLOWED_DESTINATIONS names the destinations that the page accepts; the "
        "command line accepts any."
    ),
    "disk_full": "Free space on the disk, then try again.",
    "draft_gone": "Start again.",
    "email_taken": "Use another address, or change that person's role.",
    "error": "Run `tiktok-organic doctor` and read the log.",
    "file_unusable": "Name another file.",
    "home_unwritable": (
        "Make the folder and the files in it writable, or set TIKTOK_ORGANIC_HOME to another "
        "folder."
    ),
    "interrupted": "Nothing is half written. The next sync completes the run.",
    "invalid_scope": (
        "Enable these scopes for the app in TikTok's developer portal: {scopes}",
        "Enable the scopes of the product for the app in TikTok's developer portal.",
    ),
    "invitation_ended": (
        "An invitation works once, for 7 days. Log in, or ask an owner for another one; for the "
        "very first start, restart `tiktok-organic serve`, which prints a new address."
    ),
    "last_owner": "Make another person an owner first.",
    "login_busy": "Try again in a few seconds.",
    "login_ended": "Log in again.",
    "login_failed": "Check both. An administrator of the server can reset a lost password with "
    "`tiktok-organic people reset`.",
    "login_slowed": ("Try again in {seconds} seconds.", "Try again in a few minutes."),
    "name_taken": "Choose another name with --name.",
    "no_account": (
        "Ask an owner for an invitation to this e-mail address, which the provider must have "
        "verified."
    ),
    "no_address": (
        "Paste the whole address that the browser shows after the consent, and press Enter."
    ),
    "no_backup": "Name a file that `tiktok-organic backup` wrote.",
    "no_views": (
        "The next sync creates the views, unless they are switched off for this connector or a "
        "table of yours has that name."
    ),
    "not_confirmed": "Add --yes to --delete-data to confirm it.",
    "not_found": "`tiktok-organic connectors` and `tiktok-organic runs` list what exists.",
    "not_permitted": (
        (
            "Run `tiktok-organic reconnect {connector}` and leave every permission on TikTok's "
            "page on."
        ),
        "Reconnect the account (`tiktok-organic reconnect`), every permission on TikTok's page on.",
    ),
    "nothing_to_replay": (
        "`tiktok-organic runs {connector}` shows what happened.",
        "`tiktok-organic runs` shows what happened.",
    ),
    "notify_failed": (
        "Check the addresses and their passwords; `tiktok-organic doctor --notify` sends a test."
    ),
    "notify_missing": "Run: pip install 'tiktok-organic[notify]'",
    "notify_unset": (
        "Set it to one or more apprise addresses, for example mailto://user@example.com, here or "
        "on the page under Settings."
    ),
    "other_account": (
        (
            "Log in at TikTok as @{username} and reconnect, or make another connector for this "
            "account."
        ),
        (
            "Log in at TikTok as the right account and reconnect, or make another connector for "
            "this one."
        ),
    ),
    "own_file": ("Name another place, such as {free_place}.", "Name a file outside that folder."),
    "personal_account": (
        "Only Business accounts can be connected. In the TikTok app: Settings → Manage account → "
        "Switch to Professional account → Business. Then try again."
    ),
    "reconnect_needed": _RECONNECT,
    "refused": "Correct it and try again.",
    "refused.account_not_confirmed": "Log in at TikTok as the right account and start again.",
    "refused.account_not_readable": "Try again in a few minutes.",
    "refused.days_and_from": "Use one of them, for example --days 60.",
    "refused.dlt_missing": "Run: pip install 'tiktok-organic[dlt]'",
    "refused.no_past": (
        "Add it first: tiktok-organic edit {connector} --reports {reports}",
        "Add it to --reports, or omit --recover.",
    ),
    "refused.nothing_to_change": (
        "For example: tiktok-organic edit {connector} --hour 6",
        "For example: --hour 6",
    ),
    "refused.same_place": "Name another destination or dataset.",
    "refused.waits_to_be_loaded": (
        "Run `tiktok-organic sync {connector}`, then move.",
        "Run `tiktok-organic sync`, then move.",
    ),
    "request_refused": (
        "TikTok changed what may be asked for. Update tiktok-organic, or report this text."
    ),
    "request_refused.days": (
        "Check this machine's clock, and update tiktok-organic. The next sync asks again."
    ),
    "scope_missing": (
        "Start again, and leave these permissions switched on on TikTok's consent page."
    ),
    "second_factor_on": "Switch it off first.",
    "served_already": "Use that server or stop it first. `tiktok-organic worker` adds processing "
    "capacity to it; another TIKTOK_ORGANIC_HOME is another installation.",
    "set_aside": (
        (
            "A later sync was loaded instead, so this one never will be. Its answers stay in the "
            "archive: `tiktok-organic run {run} --json` names the file."
        ),
        (
            "A later sync was loaded instead, so this one never will be. Its answers stay in the "
            "archive."
        ),
    ),
    "setting_given": "Change it there and start again, or unset it there to choose it here.",
    "sign_on_away": "Try again in a moment, or log in with a password.",
    "sign_on_failed": "Begin again from the login page. If it fails again, compare OIDC_ISSUER, "
    "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET with the provider's settings.",
    "sign_on_failed.proxy": "The proxy must replace this header, not add to what the client sent.",
    "state_expired": f"{_AGAIN}.",
    "state_used": f"An address can be used once. {_AGAIN}.",
    "store_away": "Nothing is lost. Check TIKTOK_ORGANIC_STORE_URL and the server, then try again.",
    "store_busy": "Nothing is lost. Try again in a few minutes.",
    "store_older": "Restore it with the version that created it, then upgrade that installation: "
    "the store is migrated at its first start.",
    "store_newer": "Run the newer version: pip install --upgrade tiktok-organic",
    "store_not_empty": "Restore into a new TIKTOK_ORGANIC_HOME (or an empty database, "
    "TIKTOK_ORGANIC_STORE_URL).",
    "store_not_encrypted": "Switch TLS on at the server. Where the network between is private, add "
    "?sslmode=disable to TIKTOK_ORGANIC_STORE_URL.",
    "store_refused": "Correct user, password and database in TIKTOK_ORGANIC_STORE_URL, or let the "
    "server's pg_hba.conf admit this machine. `createdb NAME` creates a missing database.",
    "store_unusable": (
        "Restore a good copy (`tiktok-organic restore`), or set TIKTOK_ORGANIC_HOME to another "
        "folder."
    ),
    "store_value": "Correct the value and try again.",
    "system": "Check space and permissions of the folders that `tiktok-organic doctor` lists.",
    "throttled": "TikTok limits the number of requests. Nothing is lost; try again later.",
    "tiktok_error": "Run `tiktok-organic doctor` and read the log.",
    "tiktok_error.not_tiktok": "Check that TIKTOK_ORGANIC_API_URL is TikTok's.",
    "tiktok_unavailable": "TikTok has a problem. Nothing is lost; try again later.",
    "tiktok_unavailable.firewall": "TikTok, or a firewall or login page between this machine and "
    "TikTok, refuses at the moment. Nothing is lost; try again later.",
    "token_rejected": _RECONNECT,
    "too_many_checks": "Wait some seconds, then try again.",
    "too_many_streams": "Close some of them, and reload the page.",
    "try_again": "Nothing is lost. Try again in a few minutes.",
    "unknown_address": "It may have been changed or removed. The list shows all that exist.",
    "unknown_column": ("Its columns: {columns}.", "The documentation lists its columns."),
    "unknown_connector": (
        "`tiktok-organic connectors` lists them: {names}.",
        "`tiktok-organic connectors` lists them.",
    ),
    "unknown_connector.removed": "Connect the account again if you want to sync it.",
    "unknown_key": (
        "Its rows have {key} from {first} to {last}.",
        "Give the key of a row that exists.",
    ),
    "unknown_key.account": (
        "It is '{username}' ({account_id}); you may omit it from the key.",
        "You may omit the account from the key.",
    ),
    "unknown_key.no_rows": (
        "The next sync writes it, unless its report is not selected or views are switched off."
    ),
    "unknown_person": "`tiktok-organic people list` lists them.",
    "unknown_run": "`tiktok-organic runs` lists them, newest first.",
    "unknown_table": ("The tables and views are: {tables}.", "The documentation lists the tables."),
    "unknown_token": "The list of tokens shows all that exist.",
    "unreachable": "Check this machine's network and proxy, then try again.",
    "unreadable": (
        "TikTok sent an answer that cannot be read. It is stored in the archive. Try again later."
    ),
    "unreadable.not_archived": (
        "TikTok sent an answer that cannot be read. Nothing is lost; try again later."
    ),
    "unreadable.too_large": (
        "The answer is larger than TikTok's normal ones and is not stored. Try again later."
    ),
    "unknown_video": "The list of videos shows all that exist.",
    "wrong_address": "Check TIKTOK_ORGANIC_API_URL; its default is "
    "https://business-api.tiktok.com/open_api/v1.3",
    "wrong_passphrase": "Enter the passphrase of the backup.",
    "wrong_secret_key": "Set the key that encrypted it: TIKTOK_ORGANIC_SECRET_KEY, or the file "
    "secret.key in the home folder. Without it every account must be connected again.",
    "wrong_secret_key.unreadable": "Run as the user who owns it.",
    "wrong_state": (
        "Open the address that was printed last, and paste the one that the browser shows after "
        f"the consent. Or start again: {_AGAIN.partition(' with ')[2]}."
    ),
}
