"""The archive: every answer of TikTok's data endpoints, unchanged.

`archive.py`: the folder of all files. `recording.py`: the file of an attempt while it is written.
`answer_file.py`: the format of a file.
"""

from tiktok_organic.archive.answer_file import ArchivedAnswer
from tiktok_organic.archive.archive import Archive
from tiktok_organic.archive.recording import Recording

__all__ = ["Archive", "ArchivedAnswer", "Recording"]
