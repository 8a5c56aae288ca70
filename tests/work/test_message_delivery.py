"""Messages reach every address that takes them, once, whatever the others do."""

from __future__ import annotations

import pytest
from work_store import MovedClock

from tiktok_organic.actions.notifications.message_delivery import Delivery
from tiktok_organic.errors import Defect, TryAgain

MINUTE = 60.0


class Minutes(MovedClock):
    """Moved by hand altogether."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed


class Box:
    """A mailbox. `tried`: the number of deliveries."""

    def __init__(self, *, shut: bool = False) -> None:
        self.shut = shut
        self.tried = 0
        self.taken: list[str] = []

    def send(self, title: str, _body: str) -> None:
        self.tried += 1
        if self.shut:
            raise TryAgain("it is shut")
        self.taken.append(title)

    def check(self) -> None: ...


@pytest.fixture
def clock() -> Minutes:
    return Minutes()


@pytest.fixture
def delivery(clock: Minutes) -> Delivery:
    return Delivery(clock)


def test_what_one_address_refuses_reaches_the_others_once_and_it_later(
    delivery: Delivery, clock: Minutes
) -> None:
    boxes = {"alice": Box(shut=True), "bob": Box()}
    delivery.send(boxes, "first", "")
    delivery.send(boxes, "second", "")
    assert boxes["bob"].taken == ["first", "second"]
    boxes["alice"].shut = False
    clock.passed += MINUTE
    delivery.again(boxes)
    delivery.again(boxes)
    assert boxes["alice"].taken == boxes["bob"].taken == ["first", "second"]


def test_a_dead_address_is_tried_less_and_less_often(delivery: Delivery, clock: Minutes) -> None:
    boxes = {"alice": Box(shut=True), "bob": Box()}
    delivery.send(boxes, "first", "")
    for _ in range(23 * 60):
        clock.passed += MINUTE
        delivery.again(boxes)
    assert 20 <= boxes["alice"].tried <= 30
    assert boxes["bob"].tried == 1


def test_what_could_not_be_brought_for_a_day_is_forgotten(
    delivery: Delivery, clock: Minutes
) -> None:
    boxes = {"alice": Box(shut=True), "bob": Box()}
    delivery.send(boxes, "old", "")
    clock.passed += 25 * 60 * MINUTE
    boxes["alice"].shut = False
    delivery.again(boxes)
    delivery.send(boxes, "new", "")
    assert boxes["alice"].taken == ["new"]


def test_only_the_newest_twenty_are_kept_for_an_address(delivery: Delivery, clock: Minutes) -> None:
    boxes = {"alice": Box(shut=True), "bob": Box()}
    for number in range(25):
        delivery.send(boxes, str(number), "")
    boxes["alice"].shut = False
    clock.passed += MINUTE
    delivery.again(boxes)
    assert boxes["alice"].taken == [str(number) for number in range(5, 25)]


def test_what_nobody_took_is_not_delivered(delivery: Delivery, clock: Minutes) -> None:
    boxes = {"alice": Box(shut=True), "bob": Box(shut=True)}
    for _ in range(2):
        with pytest.raises(TryAgain, match="shut"):
            delivery.send(boxes, "first", "")
    boxes["alice"].shut = boxes["bob"].shut = False
    clock.passed += MINUTE
    delivery.again(boxes)
    assert boxes["alice"].taken == []
    delivery.send(boxes, "first", "")
    assert boxes["alice"].taken == boxes["bob"].taken == ["first"]


def test_nothing_is_brought_to_an_address_that_was_taken_off_the_list(
    delivery: Delivery, clock: Minutes
) -> None:
    alice, bob = Box(shut=True), Box()
    delivery.send({"alice": alice, "bob": bob}, "first", "")
    alice.shut = False
    clock.passed += MINUTE
    delivery.again({"bob": bob})
    delivery.again({"alice": alice, "bob": bob})
    assert alice.taken == []


class Broken(Box):
    """An address whose service breaks in a way that none of our errors describes."""

    def send(self, title: str, _body: str) -> None:
        self.tried += 1
        raise ValueError("https://hooks.example/secret-token cannot be parsed")


def test_an_address_that_breaks_ends_no_delivery_and_its_error_repeats_no_secret(
    delivery: Delivery, clock: Minutes, caplog: pytest.LogCaptureFixture
) -> None:
    boxes = {"broken": Broken(), "bob": Box(), "carol": Box()}
    delivery.send(boxes, "first", "")
    clock.passed += MINUTE
    delivery.again(boxes)
    assert (boxes["bob"].taken, boxes["carol"].taken) == (["first"], ["first"])
    assert boxes["broken"].tried == 2
    assert caplog.messages == ["a notification could not be sent: ValueError"]
    with pytest.raises(Defect):
        delivery.send({"broken": Broken()}, "second", "")
