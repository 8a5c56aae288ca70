"""Tokens: renewed ahead of time, once on a refusal, gone with the consent.

Reconnecting goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

RENEW = "/tt_user/oauth2/refresh_token/"


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects()["id"])


@pytest.fixture
def renewals(simulator: Simulator) -> Callable[[], int]:
    return lambda: simulator.world.journal.count(RENEW)


def state(alice: Alice, connector: str) -> str:
    return str(alice.types("show", connector, "--json").document["state"])


def test_a_living_token_is_not_renewed(
    alice: Alice, connector: str, renewals: Callable[[], int], time: StoryTime
) -> None:
    time.passes(hours=23)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 0


def test_a_token_is_renewed_before_it_expires(
    alice: Alice, connector: str, renewals: Callable[[], int], time: StoryTime, simulator: Simulator
) -> None:
    time.passes(hours=23, minutes=55)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 1
    assert "40105" not in simulator.world.journal.document()["codes"]


def test_tokens_are_rotated_day_after_day(
    alice: Alice, connector: str, renewals: Callable[[], int], time: StoryTime
) -> None:
    for day in range(1, 5):
        time.passes(days=1)
        assert alice.syncs(connector)["status"] == "succeeded"
        assert renewals() == day


@pytest.mark.parametrize("code", [40102, 40105])
def test_a_refused_token_is_renewed_once(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int], code: int
) -> None:
    simulator.world.settings.update(expired_token_code=code)
    simulator.world.expire()
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 1


@pytest.mark.parametrize("fault", ["http_401_envelope", "http_401_plain"])
def test_an_http_401_is_a_refused_token(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int], fault: str
) -> None:
    simulator.world.faults.add(fault, "/business/get/")
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 1


def test_a_renewed_token_that_is_refused_as_well_ends_it(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int]
) -> None:
    simulator.world.faults.add("code", "/business/get/", code=40105, count=None)
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert renewals() == 1
    assert run["reports"]["profile"]["error"]["code"] == "reconnect_needed"
    assert state(alice, connector) == "reconnect_needed"


def test_a_revoked_consent_stops_the_connector_and_says_so(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.revoke()
    said = alice.types("sync", connector, "--json")
    assert said.exit == 1
    assert said.document["status"] == "failed"
    assert said.document["next_attempt_at"] is None
    assert "reconnect" in said.document["reports"]["profile"]["error"]["advice"]
    shown = alice.types("show", connector, "--json").document
    assert (shown["state"], shown["next_due"]) == ("reconnect_needed", None)
    assert shown["state_reason"]


def test_a_stopped_connector_asks_tiktok_nothing_more(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.revoke()
    alice.syncs(connector)
    simulator.world.journal.clear()
    for words in (
        ["sync", connector],
        ["recover", connector],
        ["sync", "--all"],
        ["resume", connector],
    ):
        said = alice.types(*words, "--json")
        assert said.exit == 1, words
        if words[-1] != "--all":
            assert said.error["code"] == "reconnect_needed"
            assert f"tiktok-organic reconnect {connector}" in said.error["advice"]
    assert simulator.world.journal.count() == 0


SCOPES_NOW = "/tt_user/token_info/get/"
NOT_PERMITTED: dict[str, Any] = {
    "code": 40001,
    "message": "No permission to operate this business account.",
}


def test_what_a_consent_still_grants_is_asked_for_with_a_renewed_token_once(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int]
) -> None:
    simulator.world.faults.add("code", "/business/get/", **NOT_PERMITTED)
    simulator.world.faults.add("code", SCOPES_NOW, code=40105, count=None)
    run = alice.syncs(connector)
    assert (run["status"], renewals()) == ("failed", 1)
    assert run["reports"]["profile"]["error"]["code"] == "reconnect_needed"
    assert state(alice, connector) == "reconnect_needed"


def test_a_revocation_that_the_scopes_show_first_stops_the_connector_too(
    alice: Alice, simulator: Simulator, renewals: Callable[[], int]
) -> None:
    connector = alice.connects("--reports", "profile")["id"]
    simulator.world.faults.add("code", "/business/get/", **NOT_PERMITTED)
    simulator.world.faults.add("revoked", "/business/get/")
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert renewals() == 1
    assert state(alice, connector) == "reconnect_needed"


def test_a_revocation_in_the_middle_keeps_what_was_complete(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("revoked", "/business/video/list/", skip=1)
    run = alice.syncs(connector)
    assert run["status"] == "partial"
    assert run["reports"]["profile_daily_metric"] == {"status": "succeeded", "rows": 4}
    assert run["reports"]["video_snapshot_metric"]["status"] == "failed"
    assert state(alice, connector) == "reconnect_needed"


def test_reconnecting_continues_and_heals_the_gap(
    alice: Alice, connector: str, simulator: Simulator, browser: Browser, time: StoryTime
) -> None:
    alice.syncs(connector)
    simulator.world.revoke()
    time.passes(days=1)
    alice.syncs(connector)
    time.passes(days=20)
    said = alice.types("reconnect", connector, "--json", answer=browser.allows())
    assert said.exit == 0
    assert [set(said.documents[0]), said.documents[1]["state"]] == [{"authorize_url"}, "active"]
    assert said.documents[1]["state_reason"] is None
    assert said.documents[1]["next_due"] is not None
    assert alice.syncs(connector)["status"] == "succeeded"
    days = [
        day
        for (day,) in alice.asks(
            "SELECT date FROM tiktokorganic_demo_bakery.profile_daily_metric ORDER BY 1"
        )
    ]
    assert (days[-1] - days[0]).days == len(days) - 1
    assert days[-1] == time.day(2)


def test_a_consent_ends_after_a_year_whatever_was_renewed(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    ends = alice.types("show", connector, "--json").document["consent_ends"]
    assert ends.startswith("2027-03-11T15:00")
    time.passes(days=100)
    alice.syncs(connector)
    assert alice.types("show", connector, "--json").document["consent_ends"] == ends
    time.passes(days=266)
    said = alice.types("sync", connector, "--json")
    assert said.exit == 1
    assert state(alice, connector) == "reconnect_needed"


def test_a_clock_that_is_a_year_ahead_costs_no_consent(
    alice: Alice, connector: str, renewals: Callable[[], int]
) -> None:
    """TikTok says whether a consent is over; this machine's clock is wrong, and said so."""
    right, alice.time = alice.time, StoryTime()
    alice.time.passes(days=400)
    run = alice.syncs(connector)
    assert renewals() == 1
    assert (run["error"]["code"], state(alice, connector)) == ("clock_wrong", "active")
    alice.time = right
    assert alice.syncs(connector)["status"] == "succeeded"


def test_doctor_warns_ahead_of_the_end_of_a_consent(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    time.passes(days=340)
    said = alice.types("doctor", "--json")
    (check,) = [c for c in said.document["checks"] if c["name"].startswith("tokens of")]
    assert check["status"] == "warning"
    assert "2027-03-11" in check["message"]


def test_a_new_consent_of_the_same_account_prolongs_it(
    alice: Alice, connector: str, browser: Browser, time: StoryTime
) -> None:
    time.passes(days=300)
    document = alice.types("reconnect", connector, "--json", answer=browser.allows()).documents[1]
    assert document["consent_ends"].startswith("2028-01")


def test_reconnecting_can_bring_back_a_withheld_scope(alice: Alice, browser: Browser) -> None:
    connector = alice.connects(withhold=["video.list"])["id"]
    assert alice.syncs(connector)["status"] == "partial"
    assert alice.types("reconnect", connector, "--json", answer=browser.allows()).exit == 0
    assert alice.syncs(connector)["status"] == "succeeded"


@pytest.mark.parametrize("fault", ["http_503", "connection_reset", "not_json", "throttled"])
def test_a_renewal_that_fails_for_now_does_not_cost_the_consent(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime, fault: str
) -> None:
    time.passes(days=2)
    simulator.world.faults.add(fault, RENEW, count=None)
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert state(alice, connector) == "active"
    simulator.world.faults.clear()
    assert alice.syncs(connector)["status"] == "succeeded"


def test_a_renewal_whose_answer_only_drips_is_given_up_and_asked_for_again(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int], time: StoryTime
) -> None:
    time.passes(days=2)
    simulator.world.settings.update(refresh_rotates=False)
    simulator.world.faults.add("dripping", RENEW, seconds=30)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 2


def test_a_renewal_that_fails_while_the_token_still_lives_does_not_stop_the_sync(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(hours=23, minutes=52)
    simulator.world.faults.add("http_503", RENEW, count=None)
    simulator.world.settings.update(access_token_seconds=86_400)
    assert alice.syncs(connector)["status"] == "succeeded"


def test_a_renewal_that_fails_for_now_is_not_tried_at_every_request(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int], time: StoryTime
) -> None:
    time.passes(hours=23, minutes=52)
    simulator.world.faults.add("http_503", RENEW, count=None)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 5  # one, and its repeats


def test_a_consent_that_ends_while_its_token_lives_still_gives_the_days(
    alice: Alice, connector: str, simulator: Simulator, renewals: Callable[[], int], time: StoryTime
) -> None:
    """The pair may have been lost in a crash: what its predecessor can still read is not lost with
    it.
    """
    time.passes(hours=23, minutes=52)
    simulator.world.faults.add("code", RENEW, code=40107, count=None)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert renewals() == 1
    assert state(alice, connector) == "reconnect_needed"


def test_a_wrong_app_secret_later_is_not_a_lost_consent(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    time.passes(days=2)
    good = alice.settings["CLIENT_SECRET"]
    alice.settings["CLIENT_SECRET"] = "a-mistyped-secret"
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert "TIKTOK_ORGANIC_CLIENT_SECRET" in run["reports"]["profile"]["error"]["advice"]
    assert state(alice, connector) == "active"
    alice.settings["CLIENT_SECRET"] = good
    assert alice.syncs(connector)["status"] == "succeeded"


def test_a_refresh_token_that_does_not_rotate_is_fine(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.settings.update(refresh_rotates=False)
    for _ in range(2):
        time.passes(days=1)
        assert alice.syncs(connector)["status"] == "succeeded"


def test_access_tokens_that_die_at_a_renewal_are_no_trouble(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.settings.update(former_access_dies=True)
    time.passes(days=1)
    assert alice.syncs(connector)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("qps", 1, 10), ("unnamed", 1, 10), ("qpm", 300, 400), ("account", 1, 400)],
)
def test_a_throttled_answer_is_waited_out(
    alice: Alice,
    connector: str,
    simulator: Simulator,
    time: StoryTime,
    kind: str,
    least: int,
    most: int,
) -> None:
    simulator.world.faults.add("throttled", "/business/get/", kind=kind)
    run = alice.syncs(connector)
    assert (run["status"], run["throttled"]) == ("succeeded", 1)
    assert least <= sum(time.waits) <= most


def test_a_day_s_limit_is_left_to_tomorrow(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.faults.add("throttled", kind="qpd", count=None)
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert run["next_attempt_at"] >= "2026-03-12T00:00"
    assert sum(time.waits) < 60
    assert "limit" in run["reports"]["profile"]["error"]["message"].lower()


def test_a_retry_after_is_kept(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.faults.add("http_429", "/business/get/", retry_after=45)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert 45 <= sum(time.waits) <= 60


def test_with_tiktoks_limits_on_a_sync_is_never_throttled(
    alice: Alice, simulator: Simulator
) -> None:
    for name in ("QPS", "QPM", "ACCOUNT_QPM"):
        alice.settings[name] = ""
    simulator.world.settings.update(limits=True)
    connector = alice.connects(account="big.outdoors")["id"]
    run = alice.syncs(connector)
    assert (run["status"], run["throttled"]) == ("succeeded", 0)
    assert run["reports"]["video_snapshot_metric"]["rows"] == 2300
    assert simulator.world.limits.throttled == 0
