"""Messages are really sent: to a webhook that listens here."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from work_hook import Hook

from tiktok_organic.errors import BadValue, TryAgain
from tiktok_organic.message_channels import Apprise

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*imghdr:DeprecationWarning"
)  # a plug-in of apprise's own


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.close()


def test_a_message_arrives(hook: Hook) -> None:
    Apprise(hook.address).send("A title", "What happened.")
    (taken,) = hook.taken
    assert (taken["title"], taken["message"]) == ("A title", "What happened.")


def test_a_comma_in_an_address_is_written_as_percent_2c(hook: Hook) -> None:
    Apprise(f"{hook.address}one%2Ctwo,{hook.address}three").send("A title", "What happened.")
    assert sorted(unquote(path) for path in hook.paths) == ["/one,two", "/three"]


def test_an_address_that_takes_nothing_is_told_without_its_password(hook: Hook) -> None:
    hook.status = 500
    with pytest.raises(TryAgain) as error:
        Apprise(hook.address).send("A title", "What happened.")
    assert "hidden-word" not in str(error.value.document())


def test_addresses_can_be_told_one_by_one_and_keep_their_numbers(hook: Hook) -> None:
    one, two = Apprise(f"{hook.address},nonsense://user:hidden-word@nowhere").each().values()
    one.send("A title", "What happened.")
    assert len(hook.taken) == 1
    with pytest.raises(BadValue, match="address number 2"):
        two.send("A title", "What happened.")


def test_an_address_that_nobody_understands_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadValue) as error:
        Apprise("nonsense://user:hidden-word@nowhere").send("A title", "What happened.")
    assert "hidden-word" not in str(error.value.document())
