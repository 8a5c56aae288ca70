"""The ASGI application: routes, files, start and stop."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.people import manage_people
from tiktok_organic.app import App
from tiktok_organic.engine.engine import Engine
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.monitoring import monitoring_routes
from tiktok_organic.web.api import application as api
from tiktok_organic.web.connect import connect_pages, consent_pages
from tiktok_organic.web.connectors import (
    connector_actions,
    connector_list,
    connector_pages,
    connector_settings,
)
from tiktok_organic.web.downloads import days_and_videos, overview_and_video
from tiktok_organic.web.errors.error_responses import HANDLERS
from tiktok_organic.web.errors.problems import advice_for
from tiktok_organic.web.pictures import pictures
from tiktok_organic.web.request_safety.allowed_hosts import AllowedHosts
from tiktok_organic.web.request_safety.blocked_requests import BlockedRequests
from tiktok_organic.web.request_safety.request_guard import Guard
from tiktok_organic.web.request_safety.trusted_proxies import BehindProxies
from tiktok_organic.web.runs import run_pages
from tiktok_organic.web.settings import (
    api_token_pages,
    general_settings_pages,
    notification_pages,
    people_pages,
    your_account_pages,
)
from tiktok_organic.web.sign_in_and_roles import sign_in_pages
from tiktok_organic.web.site import STATIC, Site
from tiktok_organic.web.videos import one_video_page, video_list_page

__all__ = ["create", "set_up_address"]

_log = logging.getLogger("tiktok_organic.web")
_PAGES = (
    sign_in_pages,
    consent_pages,
    connect_pages,
    connector_list,
    connector_pages,
    connector_settings,
    connector_actions,
    run_pages,
    days_and_videos,
    overview_and_video,
    video_list_page,
    one_video_page,
    pictures,
    general_settings_pages,
    notification_pages,
    your_account_pages,
    people_pages,
    api_token_pages,
)
"""The modules whose routes are the page, in the order in which they are matched."""


def create(
    app: App,
    engine: Engine | None = None,
    *,
    demo: DemoTikTok | None = None,
    listens_on: str = "",
) -> FastAPI:
    """Create the page and the JSON API, and with an engine the routes for monitoring."""
    site = Site(app, demo)

    made = FastAPI(
        title="tiktok-organic",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers=HANDLERS,
        redirect_slashes=False,  # `error_responses` does it, without the Host header
    )
    made.state.site = site
    if engine is not None:
        made.router.routes.extend(monitoring_routes(app, engine, advice_for))
    # The last middleware added is the outermost: proxies are resolved first, then the guard checks
    # the host, and compression is nearest to the routes.
    made.add_middleware(GZipMiddleware, minimum_size=1024)
    made.add_middleware(
        Guard,
        public_url=app.settings.public_url,
        hosts=AllowedHosts(app.settings, listens_on),
        note=BlockedRequests(app),
    )
    made.add_middleware(BehindProxies, trusted_proxies=app.settings.trusted_proxies)
    for part in _PAGES:
        # `include_router` would build every route a second time, at the first request (20 ms).
        made.router.routes.extend(part.router.routes)
    made.mount("/api/v1", api.create(site))
    made.mount("/static", _Lasting(directory=STATIC), name="static")
    _resume_demo(site)
    return made


def set_up_address(app: App, base_url: str) -> str | None:
    """Return the address at which the first person chooses a password; None if a person exists."""
    token = manage_people.first_invitation(app)
    return None if token is None else f"{base_url.rstrip('/')}/welcome/{token}"


def _resume_demo(site: Site) -> None:
    try:
        site.demo.resume()
    except (TikTokOrganicError, OSError) as error:
        _log.warning("the demo's simulator could not be started again: %s", error)


class _Lasting(StaticFiles):
    """Files whose addresses change with their content."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
