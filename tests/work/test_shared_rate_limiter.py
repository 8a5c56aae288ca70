"""The rate_limiter on PostgreSQL: several processes, so to speak, at once."""

from __future__ import annotations

import threading

from work_store import MovedClock

from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.store.database import Database
from tiktok_organic.store.shared_rate_limiter import StoreRateLimiter
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key, keys_for


def test_together_they_keep_the_limit(store_url: str) -> None:
    """The reservations count; nothing waits for them here."""
    keys: list[Key] = [("app:second", 5, 1.0)]
    due: list[float] = []
    databases = [Database(store_url) for _ in range(3)]
    databases[0].engine()

    def take(database: Database) -> None:
        # Its clock stands still after the server's time is known, so that waits are exact.
        rate_limiter = StoreRateLimiter(database, MovedClock())
        for _ in range(10):
            wait = rate_limiter.reserve(keys)
            due.append(rate_limiter._now() / 1_000_000 + wait)

    threads = [threading.Thread(target=take, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert len(due) == 30
    late = sorted(due)
    assert late[-1] - late[0] > 4.5


def test_a_large_account_keeps_nobody_waiting(store_url: str) -> None:
    database = Database(store_url)
    rate_limiter = StoreRateLimiter(database, MovedClock())
    limits = Limits(second=1000, minute=1000)
    large = [
        rate_limiter.reserve(keys_for(limits, "k", "large", "business/video/list/"))
        for _ in range(120)
    ]
    small = [
        rate_limiter.reserve(keys_for(limits, "k", f"small{n}", "business/video/list/"))
        for n in range(100)
    ]
    database.close()
    assert max(large) > 60
    assert max(small) < 1


def test_a_hold_of_one_account_slows_that_account_alone(store_url: str) -> None:
    database = Database(store_url)
    rate_limiter = StoreRateLimiter(database, MovedClock())
    rate_limiter.block("account:alice:x", 300)
    assert rate_limiter.reserve(keys_for(Limits(), "k", "alice", "x")) > 250
    assert rate_limiter.reserve(keys_for(Limits(), "k", "bob", "x")) < 1
    database.close()


def test_a_hold_of_the_app_slows_everybody(store_url: str) -> None:
    database = Database(store_url)
    StoreRateLimiter(database, MovedClock()).block("app:k:minute", 300)
    assert (
        StoreRateLimiter(database, MovedClock()).reserve(keys_for(Limits(), "k", "bob", "x")) > 250
    )
    database.close()
