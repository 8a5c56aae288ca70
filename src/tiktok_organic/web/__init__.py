"""The web page: connect in five steps, then see everything at a glance.

`create` makes it, any ASGI server runs it.
"""

from __future__ import annotations

from tiktok_organic.web.application import create, set_up_address

__all__ = ["create", "set_up_address"]
