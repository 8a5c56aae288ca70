"""The HTML of the consent page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORDS = {
    "user.info.basic": "Display name and picture",
    "user.info.username": "Username",
    "user.info.profile": "Profile link, bio and verification",
    "user.info.stats": "Follower, like and video counts",
    "user.account.type": "Whether this is a Business account",
    "user.insights": "Daily insights and audience of the account",
    "video.list": "Public posts and their counts",
    "video.insights": "Insights of each post",
    "comment.list": "Comments on posts",
}
_STYLE = """
body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#f4f4f5;color:#161823;
display:grid;place-items:center;min-height:100vh}
main{background:#fff;border-radius:16px;padding:32px;width:min(420px,calc(100vw - 32px));
box-sizing:border-box;box-shadow:0 8px 40px #0001}
h1{font-size:22px;margin:0 0 4px}p{color:#5a5b66;margin:0 0 20px}
fieldset{border:0;padding:0;margin:0 0 20px}legend{font-weight:600;margin-bottom:6px}
label{display:block;padding:5px 0}small{color:#8a8b95}
button{font:inherit;font-weight:600;padding:11px 20px;border-radius:8px;border:1px solid #d0d1d6;
background:#fff;cursor:pointer}button.main{background:#fe2c55;border-color:#fe2c55;color:#fff}
.row{display:flex;gap:12px}.row button{flex:1}input{accent-color:#fe2c55}
.note{background:#fff8e1;border-radius:8px;padding:8px 12px;font-size:14px;color:#6b5900}
@media(prefers-color-scheme:dark){body{background:#121212;color:#eee}main{background:#1f1f22}p{color:#aaa}
button{background:#2c2c30;color:#eee;border-color:#444}.note{background:#3a3414;color:#eadb9a}}
"""


def render_consent(
    usernames: Iterable[str], scopes: Iterable[str], parameters: Mapping[str, str]
) -> str:
    """Return a form that sends `parameters` and the choice to the same address."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in parameters.items()
    )
    accounts = "".join(
        f'<label><input type="radio" name="simulator_account" value="{escape(name)}"'
        f"{' checked' if number == 0 else ''}> @{escape(name)}</label>"
        for number, name in enumerate(usernames)
    )
    boxes = "".join(
        f'<label><input type="checkbox" name="simulator_scopes" value="{escape(name)}" checked> '
        f"{escape(_WORDS.get(name, name))} <small>{escape(name)}</small></label>"
        for name in scopes
    )
    return _document(
        "Authorize",
        '<h1>Connect your TikTok account</h1><p class="note">This is the simulator. All data is '
        "invented.</p>"
        f'<form method="get">{hidden}<input type="hidden" name="simulator_form" value="1">'
        f"<fieldset><legend>Log in as</legend>{accounts}</fieldset>"
        f"<fieldset><legend>The app asks for</legend>{boxes}</fieldset>"
        '<div class="row"><button name="simulator_decision" value="deny">Deny</button>'
        '<button class="main" name="simulator_decision" value="allow">Allow</button></div></form>',
    )


def render_error(message: str) -> str:
    """Return a page for requests that TikTok does not redirect back."""
    return _document("Error", f"<h1>We could not log you in</h1><p>{escape(message)}</p>")


def _document(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · simulator</title><style>{_STYLE}</style></head>"
        f"<body><main>{content}</main></body></html>"
    )
