"""GET business/video/list/: pages of posts with lifetime values (facts 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.post_values import PostTeller
from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.endpoints.fields import VIDEO_SCOPES
from tiktok_organic.simulator.endpoints.parameters import (
    field_list,
    json_parameter,
    refuse,
    whole_number,
)
from tiktok_organic.simulator.endpoints.refusal import RefusalError
from tiktok_organic.simulator.server.answer import compact

if TYPE_CHECKING:
    from datetime import datetime

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.accounts.posts import Post
    from tiktok_organic.simulator.endpoints.grants import Grant
    from tiktok_organic.simulator.server.request import Request
    from tiktok_organic.simulator.world import World

_LARGEST_PAGE = 20
_DEFAULT_PAGE = 10


@dataclass(frozen=True)
class _Page:
    posts: list[Post]
    cursor: int
    has_more: bool


def answer_videos(
    world: World, account: Account, grant: Grant, request: Request, now: datetime
) -> str:
    """The `data` of one answer as JSON text. Raises RefusalError."""
    fields = _allowed(world, grant, field_list(request.query, ("item_id",)))
    size = whole_number(request.query, "max_count", _DEFAULT_PAGE)
    if not 1 <= size <= _LARGEST_PAGE:
        raise refuse(f"max_count: must be from 1 to {_LARGEST_PAGE}")
    cursor = whole_number(request.query, "cursor", 0)
    filters = json_parameter(request.query, "filters", dict)
    present = int(now.timestamp() * 1000)
    texts = _Texts(world, account, fields, request.base_url, now)
    page = _filtered(account, filters, present) if filters else None
    page = page or _walk(world, account, min(cursor or present, present), size, is_start=not cursor)
    listed = ",".join(map(texts.text, page.posts))
    return f'{{"has_more":{compact(page.has_more)},"cursor":{page.cursor},"videos":[{listed}]}}'


def _allowed(world: World, grant: Grant, asked: tuple[str, ...]) -> tuple[str, ...]:
    if "item_id" not in asked:
        raise refuse("fields: item_id is required")
    allowed = []
    for name in asked:
        scope = VIDEO_SCOPES.get(name)
        if scope is None:
            raise refuse(f"fields: {name} is not a valid field")
        if scope in grant.scopes:
            allowed.append(name)
        elif world.settings.withheld_scope != "omit" or scope == "video.list":
            code = (
                40001
                if world.settings.withheld_scope == "omit"
                else int(world.settings.withheld_scope)
            )
            raise RefusalError(code, f"No permission: {name} needs scope {scope}.")
    return tuple(allowed)


def _filtered(account: Account, filters: dict[str, object], present: int) -> _Page | None:
    """The posts asked by id, in the order asked; None when the filter names none."""
    wanted = filters.get("video_ids")
    ads_only = filters.get("ad_post_only", False)
    if wanted is None and not ads_only:
        return None
    if not isinstance(wanted, list) or not all(isinstance(item, str) for item in wanted):
        raise refuse("filters.video_ids: must be a list of strings")
    if len(wanted) > _LARGEST_PAGE or not isinstance(ads_only, bool):
        raise refuse("filters: at most 20 video_ids; ad_post_only is a boolean")
    found = [post for item in wanted if (post := account.posts.find(item, present))]
    return _Page([post for post in found if not ads_only or account.is_ad(post)], 0, has_more=False)


def _walk(world: World, account: Account, before: int, size: int, is_start: bool) -> _Page:
    """Return the page of posts older than `before` (unix ms).

    It has the irregularities of the settings.
    """
    settings, posts = world.settings, account.posts
    throw = Dice(world.seed, account.key, "page", 0 if is_start else before)
    found = posts.page(before, size)
    if (
        _every(settings.empty_pages_every, throw.whole(0))
        and found
        and found[0].position + 1 < before
    ):
        return _Page([], found[0].position + 1, has_more=True)
    if settings.short_pages:
        found = found[: 1 + throw.whole(1) % size]
    if not found:
        return _Page([], before, has_more=False)
    last = found[-1].position
    if size > 1 and not is_start and _every(settings.duplicate_posts_every, throw.whole(2)):
        newer = posts.newer(before)
        found = [newer, *found[: size - 1]] if newer else found
        last = found[-1].position
    return _Page(found, last, has_more=posts.count(last) > 0)


def _every(interval: int, throw: int) -> bool:
    return interval > 0 and throw % interval == 0


class _Texts:
    """Posts of one account as JSON text for one request, remembered by the world."""

    def __init__(
        self, world: World, account: Account, fields: tuple[str, ...], base_url: str, now: datetime
    ) -> None:
        settings = world.settings_of(account)
        self.teller = PostTeller(account, settings, base_url, now)
        self._texts = world.texts
        self._fields = fields
        traits = (
            account.open_id,
            account.username,
            account.is_business_account,
            account.is_registered,
            account.country,
            account.ad_share,
            account.posts.version,
        )
        # One text as a key: a tuple would hash all its items again for every post.
        self._key = str((traits, self.teller.version, fields, base_url, settings.fingerprint()))

    def text(self, post: Post) -> str:
        """One post."""
        key = (self._key, post.position)
        return self._texts.get(key, lambda: compact(self.teller.values(post, self._fields)))
