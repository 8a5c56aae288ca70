"""A reconnect meets renewals, syncs and revocations, in any order, and a store that is full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx2
import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.actions.connectors import connect, consent
from tiktok_organic.actions.connectors.renew_tokens import TokenKeeper, token_keeper
from tiktok_organic.actions.connectors.save_unsaved_tokens import store_unsaved_pairs
from tiktok_organic.actions.operation.engine_setup import ProductCallbacks
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TryAgain
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.connectors.tiktok_tokens import TokenStore
from tiktok_organic.sync.progress import silent

RENEW = "/tt_user/oauth2/refresh_token/"
TEAROOM = "tiny.tearoom"


class Interrupted(httpx2.BaseTransport):
    """The network, with an event at the instants that `events` names.

    Instant 0 is before the first request, 1 after its answer, 2 before the second one, and so on.
    """

    def __init__(self) -> None:
        self._network = httpx2.HTTPTransport()
        self.events: dict[int, list[Callable[[], object]]] = {}
        self._instant = 0

    def begin(self, events: dict[int, list[Callable[[], object]]]) -> None:
        self.events, self._instant = events, 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._pass()
        answer = self._network.handle_request(request)
        answer.read()
        self._pass()
        return answer

    def end(self) -> None:
        """What was to happen at an instant that did not come happens now."""
        for instant in sorted(self.events):
            for event in self.events[instant]:
                event()
        self.events = {}

    def _pass(self) -> None:
        for event in self.events.pop(self._instant, []):
            event()
        self._instant += 1

    def close(self) -> None:
        self._network.close()


@pytest.fixture
def network() -> Interrupted:
    return Interrupted()


@pytest.fixture
def app(alice: Alice, time: StoryTime, network: Interrupted) -> Iterator[App]:
    values = {f"TIKTOK_ORGANIC_{name}": value for name, value in alice.settings.items()}
    app = App(Settings.read(values), clock=time, transport=network)
    yield app
    app.close()


@pytest.fixture
def connector(alice: Alice, app: App) -> Connector:
    return app.connectors.get(alice.connects("--reports", "profile", account=TEAROOM)["id"])


@pytest.fixture
def reconnects(alice: Alice, browser: Browser, connector: Connector) -> Callable[[], None]:
    """The owner approves again, in another process."""

    def reconnect() -> None:
        with alice.app() as other:
            address = consent.begin(other, "the test", connector)
            given = consent.finish(other, browser.visit(address, TEAROOM), "the test")
            connect.reconnect(other, connector, given)

    return reconnect


def state(app: App, connector: Connector) -> str:
    return app.connectors.get(connector.id).state


@pytest.mark.parametrize("alive", [True, False], ids=["token alive", "token expired"])
def test_reconnect_and_revocation_at_any_instant_of_a_sync_end_as_the_last_of_them_says(
    app: App,
    connector: Connector,
    network: Interrupted,
    reconnects: Callable[[], None],
    keeper: Callable[[], TokenKeeper],
    simulator: Simulator,
    time: StoryTime,
    alive: bool,
) -> None:
    def revokes() -> None:
        simulator.world.revoke(TEAROOM)

    orders = [(revokes, reconnects), (reconnects, revokes)]
    for number, (first, second) in enumerate(product(range(4), repeat=2)):
        for events in orders if first == second else orders[first > second :][:1]:
            time.passes(hours=1 if alive else 30)
            happening: dict[int, list[Callable[[], object]]] = {}
            for instant, event in zip(sorted((first, second)), events, strict=True):
                happening.setdefault(instant, []).append(event)
            network.begin(happening)
            sync(app, app.connectors.get(connector.id), silent)
            network.end()
            story = (number, first, second, [event.__name__ for event in events])
            if events[-1] is revokes:
                if state(app, connector) == "active":
                    sync(app, app.connectors.get(connector.id), silent)
                assert state(app, connector) == "reconnect_needed", story
                reconnects()
            assert state(app, connector) == "active", story
            assert app.connectors.get(connector.id).next_due is not None, story
            assert keeper().scopes(), "TikTok accepts the stored tokens"


def test_a_renewal_that_ends_after_a_reconnect_does_not_bring_the_old_consent_back(
    app: App,
    connector: Connector,
    network: Interrupted,
    reconnects: Callable[[], None],
    time: StoryTime,
) -> None:
    time.passes(days=300)
    network.begin({1: [reconnects]})
    assert sync(app, connector, silent).status == "succeeded"
    ends = app.connectors.get(connector.id).consent_ends
    assert ends is not None
    assert ends.year == 2028


def test_a_sync_whose_old_consent_ends_while_the_owner_reconnects_goes_on_with_the_new_one(
    app: App,
    connector: Connector,
    network: Interrupted,
    reconnects: Callable[[], None],
    simulator: Simulator,
    time: StoryTime,
) -> None:
    time.passes(hours=30)
    network.begin({0: [lambda: simulator.world.revoke(TEAROOM)], 1: [reconnects]})
    assert sync(app, connector, silent).status == "succeeded"
    assert state(app, connector) == "active"


def test_a_reconnect_that_began_before_the_connector_stopped_makes_it_active(
    alice: Alice, browser: Browser, connector: Connector, simulator: Simulator, time: StoryTime
) -> None:
    def after_a_sync(printed: str) -> str:
        address = printed.split("\n")[0]
        simulator.world.revoke(TEAROOM)
        with alice.app() as app:
            sync(app, app.connectors.get(connector.id), silent)
            assert state(app, connector) == "reconnect_needed"
        return browser.allows(TEAROOM)(address)

    said = alice.types("reconnect", connector.id, "--json", answer=after_a_sync)
    assert said.exit == 0, said
    assert said.documents[1]["state"] == "active"
    assert said.documents[1]["next_due"] is not None
    assert alice.syncs(connector.id)["status"] == "succeeded"


def test_a_reconnect_in_the_terminal_syncs_at_once_and_clears_the_old_failure(
    alice: Alice, browser: Browser, connector: Connector, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.revoke(TEAROOM)
    assert alice.syncs(connector.id)["status"] == "failed"
    time.passes(days=3)
    said = alice.types("reconnect", connector.id, "--json", answer=browser.allows(TEAROOM))
    document = said.documents[1]
    assert (said.exit, document["state"], document["state_reason"]) == (0, "active", None)
    assert document["last_run"]["status"] == "succeeded"


def test_a_connector_that_was_removed_during_its_reconnect_is_not_brought_back(
    alice: Alice, browser: Browser, connector: Connector
) -> None:
    def after_a_removal(printed: str) -> str:
        assert alice.types("remove", connector.id, "--yes").exit == 0
        return browser.allows(TEAROOM)(printed)

    said = alice.types("reconnect", connector.id, "--json", answer=after_a_removal)
    assert (said.exit, said.error["code"]) == (1, "unknown_connector")
    assert alice.types("connectors", "--json").document == []


class FullStore(TokenStore):
    """A store that takes no pair, as long as `full`."""

    full = True

    def replace(self, *words: Any, **values: Any) -> Any:
        if self.full:
            raise TryAgain("the disk is full", code="disk_full")
        return super().replace(*words, **values)


@pytest.fixture
def keeper(app: App, connector: Connector) -> Callable[[], TokenKeeper]:
    def make() -> TokenKeeper:
        return token_keeper(app, connector.id, app.transport(connector.api_url))

    return make


def test_a_pair_that_a_full_store_cannot_take_is_used_and_stored_later_and_never_renewed_twice(
    app: App,
    connector: Connector,
    keeper: Callable[[], TokenKeeper],
    simulator: Simulator,
    time: StoryTime,
) -> None:
    app.tokens = FullStore(app.database, app.cipher)
    time.passes(hours=30)
    before, began = app.tokens.read(connector.id), time.monotonic()
    token = keeper().current()
    assert time.monotonic() - began < 60
    assert token != before.access_token
    assert app.tokens.read(connector.id) == before
    assert keeper().current() == token, "the next attempt finds the pair"
    app.tokens.full = False
    assert keeper().current() == token
    assert app.tokens.read(connector.id).access_token == token
    assert simulator.world.journal.count(RENEW) == 1
    assert list((app.settings.home / "renewals").iterdir()) == []


def test_without_room_for_the_new_pair_tiktok_is_not_asked(
    app: App, keeper: Callable[[], TokenKeeper], simulator: Simulator, time: StoryTime
) -> None:
    (app.settings.home / "renewals").write_text("no folder can be made here")
    time.passes(hours=30)
    with pytest.raises(TryAgain) as caught:
        keeper().current()
    assert caught.value.code == "disk_full"
    assert simulator.world.journal.count(RENEW) == 0


def test_an_unsaved_pair_of_a_former_consent_is_not_used(
    app: App,
    connector: Connector,
    keeper: Callable[[], TokenKeeper],
    reconnects: Callable[[], None],
    simulator: Simulator,
    time: StoryTime,
) -> None:
    app.tokens = FullStore(app.database, app.cipher)
    time.passes(hours=30)
    keeper().current()
    reconnects()
    simulator.world.expire(TEAROOM)
    app.tokens.full = False
    new = keeper().renewed(app.tokens.read(connector.id).access_token)
    assert app.tokens.read(connector.id).access_token == new
    assert (
        app.connectors.get(connector.id).consent_ends == app.tokens.read(connector.id).consent_ends
    )


def test_an_unsaved_pair_is_encrypted_and_for_its_owner_alone(
    app: App, keeper: Callable[[], TokenKeeper], time: StoryTime
) -> None:
    app.tokens = FullStore(app.database, app.cipher)
    time.passes(hours=30)
    token = keeper().current()
    (file,) = (app.settings.home / "renewals").iterdir()
    assert token.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_an_unsaved_pair_is_stored_as_soon_as_the_store_takes_it_and_undoes_a_stop_for_the_old_one(
    app: App,
    connector: Connector,
    keeper: Callable[[], TokenKeeper],
    simulator: Simulator,
    time: StoryTime,
) -> None:
    """Another machine has only the pair from before, which TikTok refuses."""
    app.tokens = FullStore(app.database, app.cipher)
    time.passes(hours=30)
    token, stored = keeper().current(), app.tokens.stored(connector.id)
    app.connectors.need_reconnect(connector.id, refused=stored.version, reason="40107")
    store_unsaved_pairs(app)
    assert state(app, connector) == "reconnect_needed", "the store is still full"
    app.tokens.full = False
    with app.locks.hold(f"tokens:{connector.id}"):
        store_unsaved_pairs(app)
        assert app.tokens.stored(connector.id) == stored, "a renewal is under way"
    ProductCallbacks(app, advice_for).housekeeping()
    assert app.tokens.read(connector.id).access_token == token
    found = app.connectors.get(connector.id)
    assert (found.state, found.state_reason, found.next_due is None) == ("active", "", False)
    assert list((app.settings.home / "renewals").iterdir()) == []
    assert sync(app, found, silent).status == "succeeded"
    assert simulator.world.journal.count(RENEW) == 1


def test_an_unsaved_pair_of_a_former_consent_does_not_replace_the_new_one(
    app: App,
    connector: Connector,
    keeper: Callable[[], TokenKeeper],
    reconnects: Callable[[], None],
    time: StoryTime,
) -> None:
    app.tokens = FullStore(app.database, app.cipher)
    time.passes(hours=30)
    keeper().current()
    reconnects()
    app.tokens.full = False
    stored = app.tokens.stored(connector.id)
    store_unsaved_pairs(app)
    assert app.tokens.stored(connector.id) == stored
    assert list((app.settings.home / "renewals").iterdir()) == []
