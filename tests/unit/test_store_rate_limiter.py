"""The shared rate_limiter: several of them over one file together keep every limit."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select
from unit_clock import FakeClock

from new_store import new_store
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sends
from tiktok_organic.store.shared_rate_limiter import StoreRateLimiter
from tiktok_organic.tiktok.rate_limits.rate_limiter import keys_for

SECOND: tuple[str, int, float] = ("app:k:second", 3, 1.0)
ALICE: tuple[str, int, float] = ("account:alice:x", 2, 5.0)
BOB: tuple[str, int, float] = ("account:bob:x", 2, 5.0)


@contextmanager
def rate_limiters(clock: FakeClock, count: int = 2) -> Iterator[list[StoreRateLimiter]]:
    """Rate limiters with separate connections to one file, like those of several processes."""
    with tempfile.TemporaryDirectory() as folder:
        url = new_store(Path(folder) / "store.db")
        databases = [Database(url) for _ in range(count)]
        try:
            yield [StoreRateLimiter(database, clock) for database in databases]
        finally:
            for database in databases:
                database.close()


def fullest(times: list[float], window: float) -> int:
    return max(
        (sum(1 for time in times if start <= time < start + window) for start in times), default=0
    )


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["alice", "bob", "app"]), st.integers(0, 8)),
        max_size=25,
    )
)
def test_no_window_has_more_requests_than_allowed_from_all_processes(
    requests: list[tuple[int, str, int]],
) -> None:
    clock = FakeClock()
    sent: dict[str, list[float]] = {"alice": [], "bob": [], "app": []}
    with rate_limiters(clock) as both:
        for which, who, later in requests:
            clock.elapsed += later / 4
            keys = [SECOND, *{"alice": [ALICE], "bob": [BOB], "app": []}[who]]
            sent[who].append(clock.elapsed + both[which].reserve(keys))
    everything = [time for times in sent.values() for time in times]
    assert fullest(everything, 1.0) <= 3
    assert fullest(sent["alice"], 5.0) <= 2
    assert fullest(sent["bob"], 5.0) <= 2


def test_a_thousand_requests_of_many_accounts_use_the_limit_and_never_break_it() -> None:
    clock = FakeClock()
    limits = Limits(second=10, minute=600, account_minute=40)
    times = []
    with rate_limiters(clock) as both:
        for number in range(150):
            keys = keys_for(limits, "k", f"account-{number % 50}", "business/get/")
            times.append(clock.elapsed + both[number % 2].reserve(keys))
    assert fullest(times, 1.0) <= 10
    assert max(times) <= 15 * 1.1


def test_a_small_account_never_waits() -> None:
    clock = FakeClock()
    with rate_limiters(clock, 1) as (rate_limiter,):
        assert [
            rate_limiter.reserve(keys_for(Limits(), "k", "alice", "business/get/"))
            for _ in range(8)
        ] == [0.0] * 8


def test_alice_at_her_own_limit_does_not_keep_bob_waiting() -> None:
    clock = FakeClock()
    limits = Limits(second=10, minute=600, account_minute=5)
    with rate_limiters(clock, 1) as (rate_limiter,):
        for _ in range(30):
            rate_limiter.reserve(keys_for(limits, "k", "alice", "business/video/list/"))
        assert rate_limiter.reserve(keys_for(limits, "k", "bob", "business/video/list/")) <= 2


def test_a_block_by_one_process_is_respected_by_all() -> None:
    clock = FakeClock()
    with rate_limiters(clock) as (one, other):
        one.block(SECOND[0], 300)
        one.block(SECOND[0], 10)  # a shorter one does not end the longer one
        assert 299 <= other.reserve([SECOND]) <= 301
        assert other.reserve([ALICE]) == 0
        clock.elapsed += 300
        assert other.reserve([SECOND]) <= 1.1


@pytest.mark.parametrize("hours", [1, 24, 24 * 365])
def test_a_clock_set_back_blocks_no_process_for_long(hours: int) -> None:
    clock = FakeClock()
    with rate_limiters(clock, 1) as (rate_limiter,):
        for _ in range(9):
            rate_limiter.reserve([SECOND])
        clock.set_back = timedelta(hours=hours)
        assert rate_limiter.reserve([SECOND]) <= 16 * 60


def test_a_clock_set_forward_frees_everything() -> None:
    clock = FakeClock()
    with rate_limiters(clock, 1) as (rate_limiter,):
        for _ in range(9):
            rate_limiter.reserve([SECOND])
        clock.set_back = -timedelta(days=1)
        assert rate_limiter.reserve([SECOND]) == 0


class SlowDatabase(Database):
    """A database where others write first: the write lock comes seconds later."""

    clock: FakeClock
    delay = 0.0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as connection:
            self.clock.elapsed += self.delay
            yield connection


def test_the_time_is_read_after_the_wait_for_the_store(tmp_path: Path) -> None:
    clock = FakeClock()
    slow, quick = (
        SlowDatabase(f"sqlite:///{tmp_path / 's.db'}"),
        Database(f"sqlite:///{tmp_path / 's.db'}"),
    )
    slow.clock, slow.delay = clock, 2.0
    times = [StoreRateLimiter(slow, clock).reserve([SECOND]) + clock.elapsed for _ in range(3)]
    slow.delay = 0.0
    times += [StoreRateLimiter(quick, clock).reserve([SECOND]) + clock.elapsed for _ in range(4)]
    assert fullest(times, 1.0) <= 3
    slow.close()
    quick.close()


def test_threads_of_two_rate_limiters_lose_no_reservation(tmp_path: Path) -> None:
    clock = FakeClock()
    url = new_store(tmp_path / "s.db")
    databases = [Database(url) for _ in range(2)]
    both = [StoreRateLimiter(database, clock) for database in databases]
    for database in databases:
        database.engine()
    key = ("one", 5, 60.0)
    due: list[float] = []

    def work(rate_limiter: StoreRateLimiter) -> None:
        due.extend(clock.elapsed + rate_limiter.reserve([key]) for _ in range(6))

    threads = [threading.Thread(target=work, args=(both[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(due) == 24
    assert fullest(due, 60.0) <= 5
    for database in databases:
        database.close()


def test_the_store_does_not_grow_with_the_requests(tmp_path: Path) -> None:
    database = Database(new_store(tmp_path / "s.db"))
    clock = FakeClock()
    rate_limiter = StoreRateLimiter(database, clock)
    for _ in range(100):
        clock.elapsed += rate_limiter.reserve([SECOND])
    with database.read() as connection:
        ((times,),) = connection.exec_driver_sql("SELECT times FROM sends").all()
    assert len(times) < 100
    database.close()


@pytest.mark.parametrize("count", [1000, 1001, 3000])
def test_a_large_limit_is_not_exceeded_either(tmp_path: Path, count: int) -> None:
    database = Database(new_store(tmp_path / "s.db"))
    clock = FakeClock()
    now = int(clock.now().timestamp() * 1_000_000)
    with database.begin() as connection:
        times = [now - 30_000_000 + number for number in range(count - 1)]
        connection.execute(insert(sends).values(name="app:k:minute", times=times, held_until=0))
    rate_limiter = StoreRateLimiter(database, clock)
    keys = keys_for(Limits(minute=count), "k", None, "x")
    assert rate_limiter.reserve(keys) == 0
    assert 30 <= rate_limiter.reserve(keys) <= 32
    database.close()


OFF = Limits(second=1_000_000, minute=1_000_000, account_minute=1_000_000)


@pytest.mark.parametrize("limits", [OFF, Limits(minute=1_000_000)])
def test_a_refusal_by_tiktok_blocks_requests_even_without_a_limit(
    limits: Limits,
) -> None:
    clock = FakeClock()
    keys = keys_for(limits, "k", "alice", "x")
    with rate_limiters(clock) as (one, other):
        assert (other.reserve(keys), other.blocked_for(keys)) == (0, 0)
        one.block("app:k:minute", 300)
        assert 299 <= other.reserve(keys) <= 301
        assert other.blocked_for(keys)
        clock.elapsed += 301
        assert (other.reserve(keys), other.blocked_for(keys)) == (0, 0)


def test_after_a_clock_is_set_back_a_block_without_a_limit_still_ends() -> None:
    clock = FakeClock()
    keys = keys_for(OFF, "k", None, "x")
    with rate_limiters(clock, 1) as (rate_limiter,):
        rate_limiter.block("app:k:minute", 300)
        clock.set_back = timedelta(days=400)
        assert (rate_limiter.reserve(keys), rate_limiter.blocked_for(keys)) == (0, 0)


def test_a_limit_that_is_off_writes_nothing(tmp_path: Path) -> None:
    database = Database(new_store(tmp_path / "s.db"))
    assert StoreRateLimiter(database, FakeClock()).reserve(keys_for(OFF, "k", "alice", "x")) == 0
    with database.read() as connection:
        assert connection.execute(select(sends)).all() == []
    database.close()


def test_a_block_is_known_to_all_processes_while_it_lasts() -> None:
    clock = FakeClock()
    with rate_limiters(clock) as (one, other):
        one.reserve([SECOND, ALICE])
        assert not other.blocked_for([SECOND, ALICE])
        one.block("account:alice:x", 5)
        assert other.blocked_for([SECOND, ALICE])
        assert not other.blocked_for([SECOND, BOB])
        clock.elapsed += 5.1
        assert not other.blocked_for([SECOND, ALICE])
