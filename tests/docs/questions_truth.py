"""The answers to the questions of docs/questions.yaml, calculated from the truth of the world.

What the simulator's truth does not have (reach, watch time, shares) is calculated from the
snapshots, by other means than the views.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from questions_world import DAY, Lived, data_time

from tiktok_organic.history.hashtags import hashtags
from tiktok_organic.simulator.accounts.truth import Truth

__all__ = ["ANSWERS"]

Rows = list[dict[str, Any]]

ANSWERS: dict[str, Callable[[Lived], Rows]] = {}
"""By the question's id: the rows that its query must return, with the columns that are compared."""


def _answers(function: Callable[[Lived], Rows]) -> Callable[[Lived], Rows]:
    ANSWERS[function.__name__] = function
    return function


def _gain(lived: Lived, item: str, days: Iterable[date]) -> int:
    return sum(lived.truth.video_day(item, day).views for day in days)


def _published(lived: Lived) -> dict[str, datetime]:
    events = lived.truth.events()
    return {e.item_id: e.at for e in events if e.kind == "published" and e.item_id}


def _final(lived: Lived, dataset: str) -> list[date]:
    """The final days; which they are is compared by the question `trust`."""
    query = f"SELECT date FROM {dataset}.coverage_day WHERE state = 'final' ORDER BY date"
    return [row["date"] for row in lived.ask(query)]


def _net(truth: Truth, day: date) -> int:
    told = truth.day_metrics(day)
    new, lost = told["daily_new_followers"], told["daily_lost_followers"]
    assert isinstance(new, int)
    assert isinstance(lost, int)
    return new - lost


def _newest(lived: Lived, *columns: str) -> dict[str, dict[str, Any]]:
    """Of each video the last value of each column that was sent."""
    rows = lived.ask(
        f"SELECT item_id, {', '.join(columns)} FROM {lived.dataset}.video_snapshot_metric "
        "ORDER BY _quanti_sync_date"
    )
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        found[row["item_id"]].update({k: v for k, v in row.items() if v is not None})
    return found


def _last_read(lived: Lived, item: str) -> datetime:
    """The data time of the last sync that listed the video."""
    gone = [e.at for e in lived.truth.events() if e.item_id == item and e.kind == "removed"]
    return data_time([at for at in lived.syncs if not gone or at < gone[0]][-1])


def _counters(lived: Lived) -> dict[str, Any]:
    """Of each video the true counters when it was listed last."""
    return {item: lived.truth.counter(item, _last_read(lived, item)) for item in lived.listed}


@_answers
def top_videos(lived: Lived) -> Rows:
    gains = [(_gain(lived, item, lived.counted[-7:]), item) for item in lived.listed]
    best = sorted(gains, key=lambda pair: (-pair[0], pair[1]))[:5]
    return [{"item_id": item, "gained": gained} for gained, item in best]


@_answers
def views_per_video_and_day(lived: Lived) -> Rows:
    born = _published(lived)
    rows: Rows = []
    gone = [e.item_id for e in lived.truth.events() if e.kind == "removed"]
    for day in reversed(lived.counted[-7:]):
        found: Rows = [
            {"date": day, "item_id": item, "video_views": lived.truth.video_day(item, day).views}
            for item in lived.listed
            if born[item].date() <= day and item not in gone
        ]
        rows += sorted(found, key=lambda row: (-row["video_views"], row["item_id"]))
    return rows


@_answers
def week_against_week(lived: Lived) -> Rows:
    days = _final(lived, lived.dataset)[-14:]
    truth = lived.truth
    return [
        {
            "week": name,
            "days": 7,
            "views": sum(truth.account_day(day).views for day in week),
            "likes": sum(truth.account_day(day).gross_likes for day in week),
            "net_followers": sum(_net(truth, day) for day in week),
        }
        for name, week in (("this week", days[7:]), ("week before", days[:7]))
    ]


@_answers
def spike(lived: Lived) -> Rows:
    days = lived.counted[1:]
    best = max(days, key=lambda day: lived.truth.account_day(day).views)
    gains = sorted((-_gain(lived, item, [best]), item) for item in lived.listed)[:3]
    return [{"date": best, "item_id": item, "video_views": -gain} for gain, item in gains]


def _aged(lived: Lived, age: int) -> dict[str, Any]:
    """The counters at that age, of the videos that reached it while they were watched."""
    first, found = data_time(lived.syncs[0]), {}
    for item, born in _published(lived).items():
        instant = born + age * DAY
        if item in lived.listed and first <= instant <= _last_read(lived, item):
            found[item] = lived.truth.counter(item, instant)
    return found


@_answers
def posting_hour(lived: Lived) -> Rows:
    born, hours = _published(lived), defaultdict(list)
    ads = {row["item_id"] for row in lived.ask(f"FROM {lived.dataset}.video") if row["is_ad"]}
    for item, counters in _aged(lived, 14).items():
        if item not in ads:
            hours[born[item].hour].append(counters.views)
    found = [(sum(views) / len(views), hour, len(views)) for hour, views in hours.items()]
    return [
        {"hour": hour, "videos": count, "views_after_14_days": mean}
        for mean, hour, count in sorted(found, key=lambda one: (-one[0], one[1]))
    ]


@_answers
def typical_video(lived: Lived) -> Rows:
    aged = {age: list(_aged(lived, age).values()) for age in (7, 14, 30)}
    return [
        {
            "age_days": age,
            "videos": len(found),
            "views": sum(one.views for one in found) / len(found),
            "likes": sum(one.likes for one in found) / len(found),
        }
        for age, found in aged.items()
        if found
    ]


@_answers
def followers_and_posting(lived: Lived) -> Rows:
    born = _published(lived)
    posted = Counter(born[item].date() for item in lived.listed)
    nets = defaultdict(list)
    for day in _final(lived, lived.dataset):
        nets[posted[day]].append(_net(lived.truth, day))
    return [
        {"posts_published": posts, "days": len(found), "net_followers": sum(found) / len(found)}
        for posts, found in sorted(nets.items())
    ]


@_answers
def followers_at_month_ends(lived: Lived) -> Rows:
    days = [row["date"] for row in lived.ask(f"FROM {lived.dataset}.profile_daily_metric")]
    ends = sorted(day for day in days if (day + DAY).day == 1)
    return [{"date": day, "followers": lived.truth.followers_on(day)} for day in ends]


@_answers
def account_engagement(lived: Lived) -> Rows:
    days = [lived.truth.account_day(day) for day in _final(lived, lived.dataset)[-28:]]
    views = sum(day.views for day in days)
    interactions = sum(day.gross_likes + day.comments + day.shares for day in days)
    return [{"views": views, "interactions": interactions, "engagement_rate": interactions / views}]


@_answers
def video_engagement(lived: Lived) -> Rows:
    rates = [
        (-(one.likes + one.comments + one.shares) / one.views, item, one.views)
        for item, one in _counters(lived).items()
        if one.views >= 100
    ]
    return [
        {"item_id": item, "video_views": views, "engagement_rate": -rate}
        for rate, item, views in sorted(rates)[:5]
    ]


@_answers
def reach_of_the_catalogue(lived: Lived) -> Rows:
    states = {row["item_id"]: row["state"] for row in lived.ask(f"FROM {lived.dataset}.video")}
    reach, views = _newest(lived, "reach"), _counters(lived)
    gone = {e.item_id for e in lived.truth.events() if e.kind == "removed"}
    assert {item for item, state in states.items() if state == "vanished"} == gone & set(states)
    rows = []
    for state in sorted(set(states.values())):
        items = [item for item in states if states[item] == state]
        told = [reach[item]["reach"] for item in items if "reach" in reach[item]]
        rows.append(
            {
                "state": state,
                "videos": len(items),
                "with_reach": len(told),
                "reach": sum(told) if told else None,
                "views": sum(views[item].views for item in items),
            }
        )
    return rows


@_answers
def watch_time(lived: Lived) -> Rows:
    columns = ("video_views", "video_duration", "average_time_watched", "full_video_watched_rate")
    rows = [
        {"item_id": item, **told}
        for item, told in _newest(lived, *columns).items()
        if "full_video_watched_rate" in told and told["video_views"] >= 100
    ]
    best = sorted(rows, key=lambda row: (-row["full_video_watched_rate"], row["item_id"]))[:5]
    return [{k: row[k] for k in ("item_id", *columns[1:])} for row in best]


@_answers
def hashtags_(lived: Lived) -> Rows:
    captions = _newest(lived, "caption")
    items, gains = defaultdict(set), Counter[str]()
    for item in lived.listed:
        gained = _gain(lived, item, lived.counted[-28:])
        for hashtag in hashtags(captions[item].get("caption", "")):
            items[hashtag].add(item)
            gains[hashtag] += gained
    best = sorted(((-gain, hashtag) for hashtag, gain in gains.items() if gain > 0))[:5]
    return [
        {"hashtag": hashtag, "videos": len(items[hashtag]), "gained": -gain}
        for gain, hashtag in best
    ]


ANSWERS["hashtags"] = ANSWERS.pop("hashtags_")


@_answers
def for_you(lived: Lived) -> Rows:
    rows = lived.ask(
        "SELECT _quanti_sync_date AS at, video_views, impression_sources AS sources "
        f"FROM {lived.dataset}.video_snapshot_metric WHERE impression_sources IS NOT NULL"
    )
    days: dict[date, list[tuple[float, int]]] = defaultdict(list)
    for row in rows:
        for source in json.loads(row["sources"]):
            if source["impression_source"] == "For You":
                share = (float(source["percentage"]), row["video_views"])
                days[row["at"].astimezone(UTC).date()].append(share)
    return [
        {
            "day": day,
            "videos": len(told),
            "for_you": sum(share * views for share, views in told)
            / sum(views for _, views in told),
        }
        for day, told in sorted(days.items(), reverse=True)
    ]


@_answers
def audience_shift(lived: Lived) -> Rows:
    rows = lived.ask(
        f"SELECT audience_countries FROM {lived.dataset}.profile_snapshot_metric "
        "ORDER BY _quanti_sync_date"
    )
    before, now = (
        {one["country"]: float(one["percentage"]) for one in json.loads(row["audience_countries"])}
        for row in (rows[0], rows[-1])
    )
    return [
        {"country": country, "share_before": before.get(country), "share_now": share}
        for country, share in sorted(now.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


@_answers
def followers_online(lived: Lived) -> Rows:
    counts = defaultdict(list)
    for row in lived.ask(f"SELECT date FROM {lived.dataset}.profile_daily_metric"):
        told = lived.truth.day_metrics(row["date"])["audience_activity"]
        assert isinstance(told, list)
        for one in told:
            counts[int(one["hour"])].append(int(one["count"]))
    means = [(-sum(found) / len(found), hour, len(found)) for hour, found in counts.items()]
    return [
        {"hour_local": hour, "followers_online": -mean, "days": days}
        for mean, hour, days in sorted(means)
    ]


@_answers
def removed_videos(lived: Lived) -> Rows:
    counters = _counters(lived)
    return [
        {
            "item_id": event.item_id,
            "video_views": counters[event.item_id].views,
            "vanished_since": min(at for at in lived.syncs if at >= event.at),
        }
        for event in lived.truth.events()
        if event.kind == "removed" and event.item_id is not None
    ]


@_answers
def corrections(lived: Lived) -> Rows:
    return [
        {
            "date": date.fromisoformat(event.detail or ""),
            "new_value": str(lived.truth.account_day(date.fromisoformat(event.detail or "")).views),
            "sync_date": min(at for at in lived.syncs if at >= event.at),
        }
        for event in lived.truth.events()
        if event.kind == "restated"
    ]


@_answers
def two_accounts(lived: Lived) -> Rows:
    rows = []
    pairs = (("first", lived.dataset, lived.truth), ("second", lived.other, lived.other_truth))
    for name, dataset, truth in pairs:
        final = _final(lived, dataset)
        days = [day for day in final if day > final[-1] - 28 * DAY]
        views = sum(truth.account_day(day).views for day in days)
        net = sum(_net(truth, day) for day in days)
        rows.append({"account": name, "views": views, "net_followers": net})
    return rows


@_answers
def trust(lived: Lived) -> Rows:
    first, last = lived.syncs[0].date() - 60 * DAY, lived.syncs[-1]
    days = [first + n * DAY for n in range((last.date() - first).days)]
    missing = [
        day
        for day in days
        if datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY + timedelta(hours=36) > last
    ]
    final = _final(lived, lived.dataset)
    # The second sync could not ask for the first day any more: it was read once.
    assert final == days[1 : 1 + len(final)]
    assert len(days) - len(missing) - len(final) <= 1 + 4
    truth = {day: lived.truth.account_day(day).views for day in final}
    rows = lived.ask(f"FROM {lived.dataset}.profile_daily_metric")
    assert {row["date"]: row["video_views"] for row in rows if row["date"] in truth} == truth
    return [
        {"state": "final", "first": days[1], "days": len(final)},
        {"state": "missing", "days": len(missing), "first": missing[0], "last": missing[-1]},
        {"state": "provisional", "first": days[0], "last": missing[0] - DAY},
    ]
