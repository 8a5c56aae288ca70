"""Control calls that return the truth, which TikTok's answers may hide or distort."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.days import correction_stage
from tiktok_organic.simulator.control.call_values import Body, account_of

if TYPE_CHECKING:
    from tiktok_organic.simulator.world import World


def _span(world: World, body: Body) -> tuple[date, date]:
    """The days `start` to `end`; the sixty complete days before today by default."""
    today = world.clock.today()
    return (
        date.fromisoformat(body.get("start", (today - timedelta(days=60)).isoformat())),
        date.fromisoformat(body.get("end", (today - timedelta(days=1)).isoformat())),
    )


def account_truth(world: World, body: Body) -> Body:
    """Return the truth, regardless of permissions: days from `start` to `end`, posts, events."""
    account = account_of(world, body)
    truth, now = world.truth(account.username), world.clock.now()
    settings = world.settings_of(account)
    first, last = _span(world, body)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    posts = account.posts.page(int(now.timestamp() * 1000), len(account.posts))
    return {
        "days": [
            {
                "date": day.isoformat(),
                "stage": correction_stage(settings, day, now),
                **truth.day_metrics(day),
                "followers": truth.followers_on(day),
                "net_likes": truth.account_day(day).likes,
            }
            for day in days
        ],
        "posts": [{"item_id": post.item_id, "create_time": post.create_time} for post in posts],
        "events": [{**asdict(event), "at": event.at.isoformat()} for event in truth.events()],
    }


def video_truth(world: World, body: Body) -> Body:
    """Return the true gains of every video ever published on each day from `start` to `end`."""
    truth = world.truth(account_of(world, body).username)
    return {"videos": [asdict(day) for day in truth.video_days(*_span(world, body))]}
