"""Generated pictures behind signed-looking addresses that expire (facts 2.2: `x-expires`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.server.answer import Answer

if TYPE_CHECKING:
    from tiktok_organic.simulator.server.request import Request
    from tiktok_organic.simulator.world import World

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 '
    '{width} {height}">'
    '<defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="hsl({hue},70%,58%)"/>'
    '<stop offset="1" stop-color="hsl({other},65%,38%)"/></linearGradient></defs>'
    '<rect width="100%" height="100%" fill="url(#g)"/>'
    '<circle cx="{x}" cy="{y}" r="{radius}" fill="#fff" fill-opacity=".28"/>'
    '<circle cx="{y}" cy="{x}" r="{small}" fill="#fff" fill-opacity=".18"/></svg>'
)


def answer_picture(world: World, request: Request) -> Answer:
    """Return an SVG drawn from the name; 403 without a signature or after its expiry."""
    expires = request.query.get("x-expires", "")
    if (
        not expires.isdigit()
        or not request.query.get("x-signature")
        or int(expires) < world.clock.now().timestamp()
    ):
        return Answer(status=403, body=b"Access Denied", content_type="text/plain; charset=utf-8")
    name = request.path.removeprefix("/pictures/")
    dice = Dice(world.seed, "picture", name)
    # Posts carry numeric ids and get an upright picture, accounts a square one.
    width, height = (270, 480) if name.removesuffix(".svg").isdigit() else (240, 240)
    hue = dice.whole(0) % 360
    svg = _SVG.format(
        width=width,
        height=height,
        hue=hue,
        other=(hue + 50) % 360,
        x=round(dice.between(1, 40, width - 40)),
        y=round(dice.between(2, 40, width - 40)),
        radius=round(dice.between(3, 40, 110)),
        small=round(dice.between(4, 20, 70)),
    )
    return Answer(
        body=svg.encode(), content_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"}
    )
