"""metric_definition says what a column means, where two columns of one name differ too."""

from __future__ import annotations

from tiktok_organic.history.metric_definitions import Definition, definitions

FOUND = {(one.table_name, one.column_name): one for one in definitions()}


def of(table: str, column: str) -> Definition:
    return FOUND[table, column]


def test_every_column_is_defined_in_a_sentence() -> None:
    for one in FOUND.values():
        assert one.definition.endswith((".", ")"))


def test_people_are_not_counted_as_views() -> None:
    assert of("account_daily", "unique_video_views").unit == "people"
    assert of("account_daily", "video_views").unit == "views"


def test_only_the_likes_of_days_are_described_as_differing_by_unlikes() -> None:
    for table in ("profile_daily_metric", "account_daily"):
        assert "unlikes" in (of(table, "likes").app_differs_because or "")
    for table in ("video_snapshot_metric", "video_latest", "video_daily", "video_by_age"):
        assert "unlikes" not in (of(table, "likes").app_differs_because or "")


def test_the_reach_that_a_view_remembers_is_not_said_to_go_with_activity() -> None:
    told = of("video_snapshot_metric", "reach").available_for
    assert told == "videos with activity in the last 7 days"
    assert "any sync" in (of("video_latest", "reach").available_for or "")


def test_a_share_says_of_what_it_is_a_share() -> None:
    assert "followers" in of("audience_country", "share").definition
    assert "views" in of("video_impression_source", "share").definition
    assert "viewers" in of("video_audience_country", "share").definition


def test_what_is_computed_from_a_business_figure_says_who_has_it() -> None:
    assert of("account_daily", "net_followers").available_for == "Business accounts"
    online = of("audience_hour", "followers_online").available_for
    assert online == "Business accounts with at least 100 followers"
