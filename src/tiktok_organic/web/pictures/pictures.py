"""Avatars and thumbnails, fetched by the server so that TikTok does not see visitors."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.connectors.drafts import read_draft
from tiktok_organic.loopback import is_loopback
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Editor, Viewer
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_HEADERS = {
    "cache-control": "private, max-age=86400",
    "content-security-policy": "default-src 'none'; style-src 'none'; sandbox",
}
_BLANK = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" '
    b'fill="#8b9099" '
    b'fill-opacity=".18"/><circle cx="24" cy="19" r="8" fill="#8b9099" fill-opacity=".5"/>'
    b'<path d="M8 44c2-10 9-14 16-14s14 4 16 14z" fill="#8b9099" fill-opacity=".5"/></svg>'
)
_COVER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 48"><rect width="36" height="48" '
    b'fill="#8b9099" '
    b'fill-opacity=".18"/><path d="M14 17v14l11-7z" fill="#8b9099" fill-opacity=".55"/></svg>'
)


@router.get("/pictures/connector/{connector_id}")
def avatar(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    return _response(site, site.app.connectors.get(connector_id).avatar, _BLANK)


@router.get("/pictures/draft/{draft_id}")
def draft_avatar(request: Request, person: Editor, draft_id: str) -> Response:
    site = site_of(request)
    draft = read_draft(site.app.drafts, draft_id, person.id)
    consent = draft.consent if draft else None
    return _response(site, (consent.account.profile_image if consent else None) or "", _BLANK)


@router.get("/pictures/video/{connector_id}/{item_id}")
def thumbnail(request: Request, person: Viewer, connector_id: str, item_id: str) -> Response:
    site = site_of(request)
    return _response(site, site.app.chart_data.picture(connector_id, item_id), _COVER)


def _response(site: Site, url: str, otherwise: bytes) -> Response:
    demo = site.app.demo_home.api_url
    own = site.app.settings.api_url
    trusted = ""
    for known in (demo, own):
        base = known.removesuffix("/open_api/v1.3")
        if (
            known
            and url.startswith(f"{base}/pictures/")
            and is_loopback(urlsplit(base).hostname or "")
        ):
            trusted = base
    found = site.pictures.picture(url, trusted) if url else None
    body, kind = found or (otherwise, "image/svg+xml")
    return Response(body, media_type=kind, headers=_HEADERS)
