"""Common parts of every page: the product, its public address, and rendering."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from tiktok_organic.actions.data_from_views.view_cache import ViewData
from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.people.single_sign_on import Provider
from tiktok_organic.app import App
from tiktok_organic.counts_per_minute import CountsPerMinute
from tiktok_organic.loopback import is_loopback
from tiktok_organic.settings import listed
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.charts import charts
from tiktok_organic.web.pictures.picture_fetcher import Fetcher
from tiktok_organic.web.request_safety.limits_per_person import Checks, Streams
from tiktok_organic.web.request_safety.once_per_day import OncePerDay
from tiktok_organic.web.texts import formatting
from tiktok_organic.web.texts.labels import report_label, scope_label
from tiktok_organic.web.texts.page_notices import NOTICES

__all__ = ["STATIC", "Site", "site_of"]

STATIC = Path(__file__).parent / "static"


class Site:
    """The product on one address.

    `prefix`: the path under which a proxy serves it (usually "").
    """

    def __init__(self, app: App, demo: DemoTikTok | None = None) -> None:
        self.app = app
        self.demo = demo or DemoTikTok(app)
        hosts = listed(app.settings.allowed_pictures)
        self.pictures = Fetcher(clock=app.clock, allowed=hosts)
        self.view_data = ViewData(app)
        self.checks = Checks()
        self.streams = Streams()
        self.sign_ons = OncePerDay()
        self.wrong_tokens = CountsPerMinute()
        self.provider: Provider | None = None
        self.prefix = urlsplit(app.settings.public_url).path.rstrip("/")
        self._templates = _environment(self)
        self._digests: dict[str, str] = {}

    def at(self, path: str, **query: object) -> str:
        """Return a path of the page, as a browser must request it."""
        pairs = "&".join(
            f"{name}={quote(str(value), safe='')}"
            for name, value in query.items()
            if value is not None
        )
        return f"{self.prefix}{path}{'?' if pairs else ''}{pairs}"

    def static(self, name: str) -> str:
        """Return the address of a static file.

        It changes with the file, so browsers may cache it forever.
        """
        if name not in self._digests:
            self._digests[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
        return self.at(f"/static/{name}", v=self._digests[name])

    def base_url(self, request: Request) -> str:
        """Return the public address without a final slash: PUBLIC_URL, or the present request's."""
        if self.app.settings.public_url:
            return self.app.settings.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"

    def is_invented(self, api_url: str) -> bool:
        """Whether accounts with that API address are invented.

        The API is the built-in simulator or another one on this machine.
        """
        return api_url == self.app.demo_home.api_url or is_loopback(
            urlsplit(api_url).hostname or ""
        )

    def is_secure(self, request: Request) -> bool:
        return self.base_url(request).startswith("https:")

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Render a page. `person` and the notice of the query are added automatically."""
        person: Person | None = getattr(request.state, "person", None)
        shared = {
            "person": person,
            "may_edit": person is not None and person.may_edit,
            "may_own": person is not None and person.is_owner,
            "notice": NOTICES.get(request.query_params.get("said", "")),
            "words": formatting.Words(
                self._zone(person), request.headers.get("accept-language", ""), self.app.clock.now()
            ),
            "path": request.url.path,
            "has_session": not getattr(request.state, "signed_on_by_proxy", False),
        }
        text = self._templates.get_template(template).render({**shared, **values})
        return HTMLResponse(text if shared["may_own"] else self._without_home(text), status)

    def _without_home(self, text: str) -> str:
        """Remove paths of the machine, also from errors, for people who need not know them."""
        home = str(self.app.settings.home)
        return text.replace(str(escape(home)), "HOME") if len(home) > 1 else text

    def go(self, path: str, **query: object) -> RedirectResponse:
        """Redirect to another page of ours, with GET."""
        return RedirectResponse(self.at(path, **query), 303)

    def _zone(self, person: Person | None) -> str:
        return person.timezone if person is not None else self.app.settings.timezone


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _environment(site: Site) -> Environment:
    made = Environment(
        loader=PackageLoader("tiktok_organic.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        at=site.at,
        is_invented=site.is_invented,
        static=site.static,
        charts=charts,
        report_label=report_label,
        scope_label=scope_label,
    )
    made.filters.update(sentence=formatting.sentence, status_tone=formatting.status_tone)
    return made
