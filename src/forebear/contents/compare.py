"""Two layers, entry by entry: which differ, and how."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from io import SEEK_END
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, Final

from forebear.contents import entries
from forebear.contents.excerpts import Excerpt, excerpt_of
from forebear.contents.index import new_index
from forebear.contents.tars import chunks_of, judged, members, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forebear.contents.entries import Entry


class Kind(StrEnum):
    """How an entry differs.

    ORDER: the entries are the same, and come in another order (told of the first one only); FORM: the entries are
    the same, the tars write them in another way.
    """

    ONLY_FIRST = "only-first"
    ONLY_SECOND = "only-second"
    TYPE = "type"
    CONTENT = "content"
    LINK = "link"
    MODE = "mode"
    OWNER = "owner"
    TIME = "time"
    XATTR = "xattr"
    ORDER = "order"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that differs: its path without `/` before it, how, and in short what it is in each.

    `excerpt`: where the content of a file parts, None for all else.
    """

    path: str
    kinds: tuple[Kind, ...]
    first: str
    second: str
    excerpt: Excerpt | None = None


@dataclass(frozen=True, slots=True)
class _Aspect:
    kind: Kind
    value: Callable[[Entry], object]
    shown: Callable[[Entry], str]


_ABSENT: Final = "absent"
_TYPE: Final = _Aspect(Kind.TYPE, lambda entry: entry.type, lambda entry: entry.type)
_OF_ONE_TYPE: Final = (
    _Aspect(Kind.CONTENT, lambda entry: (entry.size, entry.content), entries.content),
    _Aspect(Kind.LINK, lambda entry: entry.link, entries.link),
)
_OF_ALL: Final = (
    _Aspect(Kind.MODE, lambda entry: entry.mode, entries.mode),
    _Aspect(Kind.OWNER, lambda entry: entry.owner, entries.owner),
    _Aspect(Kind.TIME, lambda entry: entry.time, entries.time),
    _Aspect(Kind.XATTR, lambda entry: entry.xattrs, entries.xattrs),
)


def compare(first: Path, second: Path) -> Iterator[Difference]:
    """How two layers differ, by path; nothing where they are the same, byte for byte.

    Both are tars without compression, as `spool` leaves them. Raises EngineRefused where one is no tar, and
    BuildFailed where the temporary folder is full.
    """
    with first.open("rb") as one, second.open("rb") as two, new_index() as index:
        index.add(0, _read(one, first))
        index.add(1, _read(two, second))
        same = True
        for pair in index.pairs():
            if (found := _difference(*pair, one, two)) is not None:
                same = False
                yield found
        if parting := index.parting():
            path, here, there = parting
            yield Difference(entries.shown(path), (Kind.ORDER,), f"entry {here + 1}", f"entry {there + 1}")
        elif same and not _equal(one, two):
            yield Difference("", (Kind.FORM,), _length(one), _length(two))


def _read(file: IO[bytes], path: Path) -> Iterator[Entry]:
    with judged(f"the layer in {path}"), closing(opened(file, "r:")) as tar:
        for member in members(tar):
            yield entries.entry_of(file, member)


def _difference(first: Entry | None, second: Entry | None, one: IO[bytes], two: IO[bytes]) -> Difference | None:
    if first is None or second is None:
        return _alone(first, second)
    aspects = [each for each in _aspects(first, second) if each.value(first) != each.value(second)]
    if not aspects:
        return None
    kinds = tuple(each.kind for each in aspects)
    one_is, two_is = (", ".join(each.shown(entry) for each in aspects) for entry in (first, second))
    both_there = Kind.CONTENT in kinds and min(first.offset, second.offset) >= 0
    excerpt = excerpt_of(one, first, two, second) if both_there else None
    return Difference(entries.shown(first.path), kinds, one_is, two_is, excerpt)


def _aspects(first: Entry, second: Entry) -> tuple[_Aspect, ...]:
    """A file cannot have the content of a link."""
    return (*_OF_ONE_TYPE, *_OF_ALL) if first.type == second.type else (_TYPE, *_OF_ALL)


def _alone(first: Entry | None, second: Entry | None) -> Difference | None:
    if first is not None:
        return Difference(entries.shown(first.path), (Kind.ONLY_FIRST,), entries.summary(first), _ABSENT)
    if second is not None:
        return Difference(entries.shown(second.path), (Kind.ONLY_SECOND,), _ABSENT, entries.summary(second))
    return None


def _length(file: IO[bytes]) -> str:
    return f"{file.seek(0, SEEK_END):,} bytes"


def _equal(one: IO[bytes], two: IO[bytes]) -> bool:
    one.seek(0)
    two.seek(0)
    return all(first == second for first, second in zip_longest(chunks_of(one), chunks_of(two)))
