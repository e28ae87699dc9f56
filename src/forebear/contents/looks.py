"""Looks at where two contents part: the bytes there can tell why they do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forebear.contents.excerpts import Excerpt

_NOT_IN_WORD: Final = rb"[^\w./:+~-]"
_HOST: Final = re.compile(rb"[0-9a-f]{12}")
_UUID: Final = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX: Final = re.compile(rb"(?:[0-9a-f]{8}){2,16}", re.IGNORECASE)
_TEMPORARY: Final = re.compile(rb"(?:.*/)?(?:tmp[.\w-]{4,}|cc\w{6}(?:\.\w+)?)(?:/.*)?|(?:/var)?/tmp/.+")
_DATE: Final = re.compile(
    rb"(?:19|20)\d\d[-/.]?[01]\d[-/.]?[0-3]\d|\d{1,2}:\d{2}(?::\d{2})?"
    rb"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b[, ]*\d{0,2}"
)
_EPOCH: Final = re.compile(rb"(?<!\d)1[6-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?!\d)")
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE)[A-Z ]*-----")
_BUILD_ID: Final = b"GNU\0"  # the owner of the note NT_GNU_BUILD_ID, right before its bytes (ELF, gABI, "Note Section")
_LOCAL, _CENTRAL = b"PK\3\4", b"PK\1\2"  # APPNOTE 4.3.7 and 4.3.12, with the last change at bytes 10 and 12
_MEMBER: Final = re.compile(rb"[ /\w.+-]{16}\d{1,12} *\Z")  # ar(5): the time is 12 decimals after a name of 16 bytes


def zip_time(excerpt: Excerpt) -> bool:
    """In the time of a zip's member."""
    return _within(excerpt, _LOCAL, 10, 14) or _within(excerpt, _CENTRAL, 12, 16)


def gzip_time(excerpt: Excerpt) -> bool:
    """In the time at the head of a gzip stream (RFC 1952, section 2.3)."""
    return excerpt.before.startswith(b"\x1f\x8b") and 4 <= excerpt.offset < 8


def ar_time(excerpt: Excerpt) -> bool:
    """In the time of a member of a static library."""
    return any(_MEMBER.search(excerpt.before + each[:1]) for each in _both(excerpt))


def build_id(excerpt: Excerpt) -> bool:
    """In the note of a program that says from what it was linked."""
    return _within(excerpt, _BUILD_ID, 4, 24)


def key(excerpt: Excerpt) -> bool:
    """In a key or a certificate, as text."""
    return _KEY.search(excerpt.before) is not None


def date(excerpt: Excerpt) -> bool:
    """In a date or a time of day."""
    return all(_at(_DATE, excerpt, each) or _at(_EPOCH, excerpt, each) for each in _both(excerpt))


def host(excerpt: Excerpt) -> bool:
    """In the name that an engine gives a container: the first 12 digits of its ID."""
    return all(_HOST.fullmatch(_word(excerpt, each)) for each in _both(excerpt))


def temporary(excerpt: Excerpt) -> bool:
    """In the name of a temporary file or folder."""
    return all(_TEMPORARY.fullmatch(_word(excerpt, each)) for each in _both(excerpt))


def drawn(excerpt: Excerpt) -> bool:
    """In a UUID, or a number of 64 bits and more in hexadecimal."""
    words = [_word(excerpt, each) for each in _both(excerpt)]
    return all(_UUID.fullmatch(word) or _HEX.fullmatch(word) for word in words)


def _both(excerpt: Excerpt) -> tuple[bytes, bytes]:
    return excerpt.first, excerpt.second


def _within(excerpt: Excerpt, mark: bytes, start: int, end: int) -> bool:
    """Whether the difference begins in these bytes, counted from the nearest mark before it."""
    place = excerpt.before.rfind(mark)
    return place >= 0 and start <= len(excerpt.before) - place < end


def _at(pattern: re.Pattern[bytes], excerpt: Excerpt, after: bytes) -> bool:
    """Whether a pattern is found across the place of the difference, in one line."""
    begun = excerpt.before.rpartition(b"\n")[2]
    found = pattern.finditer(begun + after.partition(b"\n")[0])
    return any(each.start() <= len(begun) < each.end() for each in found)


def _word(excerpt: Excerpt, after: bytes) -> bytes:
    """The word that the difference is in."""
    begun = re.split(_NOT_IN_WORD, excerpt.before)[-1]
    return begun + re.split(_NOT_IN_WORD, after, maxsplit=1)[0]
