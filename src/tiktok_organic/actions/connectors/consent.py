"""Steps 1 and 2 of connecting: the owner's consent, and its account."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tiktok_organic.app import App, Portal
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Refused
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.connectors.consent_states import Purpose
from tiktok_organic.store.encryption.key_check import check_key
from tiktok_organic.tiktok.client import Exchange, TikTok
from tiktok_organic.tiktok.consent_address import authorize_address, new_state, redirected
from tiktok_organic.tiktok.oauth import OAuth
from tiktok_organic.tiktok.record_types import Account
from tiktok_organic.tiktok.records import read_account
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, SCOPES, granted_fields, missing_scopes
from tiktok_organic.tiktok.token_pair import TokenPair
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["Consent", "begin", "finish"]


@dataclass(frozen=True)
class Consent:
    """A given consent: the account and the purpose. Nothing of it is stored yet."""

    tokens: TokenPair
    account: Account
    api_url: str

    @property
    def username(self) -> str:
        return self.account.username or ""

    @property
    def display_name(self) -> str:
        return self.account.display_name or self.username

    @property
    def withheld(self) -> tuple[str, ...]:
        return tuple(scope for scope in SCOPES if scope not in self.tokens.scopes)


def begin(
    app: App,
    bound_to: str,
    connector: Connector | None = None,
    portal: Portal | None = None,
    draft_id: str | None = None,
) -> str:
    """Begin a consent, and return the address of TikTok's consent page.

    `bound_to`: the browser session or process that may return the answer. `connector`: the one to
    reconnect, None for a new one. `portal`: the TikTok to ask; by default that of the connector, or
    of the settings. `draft_id`: the draft that the answer belongs to. Raises WrongKey if the tokens
    could not be stored.
    """
    # Before the owner approves: a code that cannot be exchanged and stored would be wasted.
    check_key(app.database, app.cipher)
    portal = portal or app.portal(connector.api_url if connector else None)
    purpose = Purpose(
        api_url=portal.api_url,
        redirect_url=portal.tiktok_app.redirect_url,
        connector_id=connector.id if connector else None,
        draft_id=draft_id,
    )
    state = new_state()
    app.authorizations.begin(state, bound_to, app.clock.now(), purpose)
    return authorize_address(portal.authorize_url, portal.tiktok_app, state)


def finish(app: App, address: str, bound_to: str) -> Consent:
    """Exchange the address at which the browser arrived for tokens, and read the account.

    The purpose of the consent, and the TikTok that the code is sent to, depend on the stored state
    only. Raises Refused (denied, expired, used, Personal account, account of another connector,
    another account than the connector's, missing permission).
    """
    answer = redirected(address)
    purpose = app.authorizations.use(answer.state, bound_to, app.clock.now())
    found = purpose.connector_id
    connector = app.connectors.get(found) if found is not None else None
    portal = _portal_of(app, purpose, connector)
    api_url = portal.api_url
    transport = app.transport(api_url)
    tokens = OAuth(transport, portal.tiktok_app).exchange(answer.code)
    _refuse_scopes(tokens)
    _refuse_holder(app.connectors, tokens, api_url, connector)
    fields = granted_fields(ACCOUNT_FIELDS, tokens.scopes)
    shown = tuple(name for name in _SHOWN if name in fields)
    _, account = TikTok(transport, tokens.account_id, _Once(tokens), _not_archived).business_get(
        shown, None, lambda data: read_account(data, Findings())
    )
    consent = Consent(tokens, account, api_url)
    if not consent.username:
        raise Refused("TikTok did not return the account's username", case="account_not_readable")
    if connector is None and account.is_business_account is None:
        raise Refused(
            f"TikTok did not return whether @{consent.username} is a Business account",
            case="account_not_readable",
        )
    if connector is None and account.is_business_account is False:
        raise Refused(
            f"@{consent.username} is a Personal account",
            code="personal_account",
        )
    return consent


def _portal_of(app: App, purpose: Purpose, connector: Connector | None) -> Portal:
    """Return the TikTok at which a consent began.

    Raises Refused if it is not in use any more, for example after the simulator was restarted on
    another port: no other server may receive its code.
    """
    known = {app.settings.api_url, app.demo_home.api_url, connector.api_url if connector else ""}
    if purpose.api_url not in known:
        raise Refused(
            "this consent began at a TikTok address that is no longer in use",
            code="wrong_state",
        )
    portal = app.portal(purpose.api_url)
    tiktok_app = replace(portal.tiktok_app, redirect_url=purpose.redirect_url)
    return replace(portal, tiktok_app=tiktok_app)


# Enough to show whose consent it is, and to refuse Personal accounts.
_SHOWN = ("username", "display_name", "profile_image", "is_business_account", "followers_count")


def _refuse_scopes(tokens: TokenPair) -> None:
    missing = missing_scopes(tokens.scopes)
    if missing:
        raise Refused(
            f"the consent lacks a required permission: {', '.join(missing)}",
            code="scope_missing",
        )


def _refuse_holder(
    connectors: Connectors, tokens: TokenPair, api_url: str, connector: Connector | None
) -> None:
    holder = connectors.holder(tokens.account_id, api_url)
    if connector is None:
        if holder is not None:
            raise connectors.held(holder)
        return
    if tokens.account_id != connector.account_id:
        raise Refused(
            f"this is another account than @{connector.username}, and {connector.name!r} "
            "cannot change its account",
            code="other_account",
            connector=connector.id,
            username=connector.username,
        )


def _not_archived(exchange: Exchange) -> int:  # noqa: ARG001 - the interface's name
    """Archive nothing: an account's answers are not archived before it is connected."""
    return 0


class _Once:
    """Tokens that are not stored yet and therefore cannot be renewed."""

    def __init__(self, tokens: TokenPair) -> None:
        self._tokens = tokens

    def current(self) -> str:
        return self._tokens.access_token

    def renewed(self, rejected: str) -> str:  # noqa: ARG002 - the interface's name
        return self._tokens.access_token
