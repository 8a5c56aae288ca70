"""The web page: connect an account in five steps, then see all connectors.

`create` returns the application, any ASGI server runs it.
"""

from __future__ import annotations

from tiktok_organic.web.application import create, set_up_address

__all__ = ["create", "set_up_address"]
