"""Copy a TikTok Business account's organic data into its owner's warehouse, every day, by itself."""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    # Asked for late: reading the package's metadata costs a tenth of `--help`.
    if name == "__version__":
        from importlib.metadata import version

        return version("tiktok-organic")
    raise AttributeError(name)
