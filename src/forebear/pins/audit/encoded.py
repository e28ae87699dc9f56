"""The bytes of any text: of names and files that are not UTF-8, and of what an escape of JSON may write."""

from __future__ import annotations

import re
from typing import Final

# What no byte is read as (PEP 383 takes U+DC80 to U+DCFF), but an escape of JSON may write (RFC 8259, 8.2).
_LONE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def encoded(text: str) -> bytes:
    """UTF-8, with the bytes that were none as they were, and U+FFFD for a surrogate that stands for no byte."""
    return _LONE.sub("\ufffd", text).encode("utf-8", "surrogateescape")
