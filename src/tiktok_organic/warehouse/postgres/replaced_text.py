"""Replace what PostgreSQL's text cannot contain: U+0000 becomes U+FFFD."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["text_without_nul", "without_nul"]

_REPLACEMENT = "\ufffd"


def text_without_nul(text: str) -> str:
    """Return the text with U+FFFD for every U+0000."""
    return text.replace("\0", _REPLACEMENT)


def without_nul(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
    """Return the batch with U+FFFD for every U+0000, and the number of replacements."""
    import pyarrow as pa
    import pyarrow.compute as pc

    replaced = 0
    columns = []
    for column in batch.columns:
        found = (
            pc.sum(pc.count_substring(column, "\0")).as_py()
            if pa.types.is_string(column.type)
            else 0
        )
        columns.append(pc.replace_substring(column, "\0", _REPLACEMENT) if found else column)
        replaced += found or 0
    return (
        (pa.RecordBatch.from_arrays(columns, schema=batch.schema), replaced)
        if replaced
        else (batch, 0)
    )
