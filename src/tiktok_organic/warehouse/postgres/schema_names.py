"""The names that PostgreSQL allows for a schema."""

from __future__ import annotations

from tiktok_organic.errors import DestinationRefused

__all__ = ["LONGEST_NAME", "check_name"]

LONGEST_NAME = 63
"""Bytes of a name; PostgreSQL cuts longer ones off without an error."""


def check_name(dataset: str) -> None:
    """Raise DestinationRefused for a name that cannot be a schema of ours."""
    if not dataset or "\0" in dataset or len(dataset.encode()) > LONGEST_NAME:
        raise DestinationRefused(
            f"{dataset!r} cannot be the name of a schema: PostgreSQL allows 1 to "
            f"{LONGEST_NAME} bytes.",
            remedy="Choose a shorter name for the dataset, such as `tiktok`.",
        )
    if dataset.startswith("pg_") or dataset == "information_schema":
        raise DestinationRefused(
            f"PostgreSQL reserves the name {dataset}.",
            remedy="Choose another name for the dataset, such as `tiktok`.",
        )
