"""Copy a TikTok Business account's organic data into its owner's warehouse, every day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["__version__", "dlt_source"]

if TYPE_CHECKING:
    from tiktok_organic.dlt_resources import dlt_source

    __version__: str


def __getattr__(name: str) -> Any:
    # Imported on demand: both take longer to import than most commands run.
    if name == "__version__":
        from importlib.metadata import version

        return version("tiktok-organic")
    if name == "dlt_source":
        from tiktok_organic.dlt_resources import dlt_source

        return dlt_source
    raise AttributeError(name)
