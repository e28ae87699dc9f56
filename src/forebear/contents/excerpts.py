"""Where the contents of two files part, with a few bytes around: enough to see a date, a name, a header."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING, Final

from forebear.contents.tars import CHUNK

if TYPE_CHECKING:
    from forebear.contents.entries import Entry

_BEFORE: Final = 64
_AFTER: Final = 128


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The first difference of two contents.

    `offset`: where it is, in bytes; `before`: at most 64 bytes that both have before it; `first` and `second`: at most
    128 bytes that each has from there.
    """

    offset: int
    before: bytes
    first: bytes
    second: bytes


def excerpt_of(one: IO[bytes], first: Entry, two: IO[bytes], second: Entry) -> Excerpt:
    """The excerpt of two files that differ, each in its layer."""
    offset = _parting(one, first, two, second)
    start = max(0, offset - _BEFORE)
    before = _part(one, first, start, offset - start)
    return Excerpt(offset, before, _part(one, first, offset, _AFTER), _part(two, second, offset, _AFTER))


def _parting(one: IO[bytes], first: Entry, two: IO[bytes], second: Entry) -> int:
    for start in count(0, CHUNK):
        here, there = _part(one, first, start, CHUNK), _part(two, second, start, CHUNK)
        if here != there or not here:
            same = (n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b)
            return start + next(same, min(len(here), len(there)))
    raise AssertionError


def _part(file: IO[bytes], entry: Entry, start: int, size: int) -> bytes:
    file.seek(entry.offset + start)
    return file.read(max(0, min(size, entry.size - start)))
