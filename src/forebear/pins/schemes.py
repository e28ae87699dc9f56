"""Pure: the schemes by which the tags of a repository are versions, and which of them is newer than which.

Tags are compared within their family alone: those that differ from each other in nothing but their numbers, have as
many of them, and in the same places have numbers of the same kind, stamps (dates and the like) or not. `12-slim` and
`13-slim` are of one family, `13` and `13.1-slim` of two others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.lineage.constraints import Constraint, Numbers

_NUMBERS: Final = re.compile(r"[0-9]+(?:[._][0-9]+)*")
_STAMP: Final = 6
"""From how many digits a number is no version, but a date, a time or a build: alpine has 3.20 and 20240923."""

_EARLY: Final = re.compile(
    r"(?<=[0-9])(?:[-._]?(alpha|beta|canary|dev|ea|milestone|nightly|pre|preview|rc|snapshot)[-._]?|[-.](M)|([ab]))"
    r"((?:[0-9]+(?:\.[0-9]+)*)?)(?=[-._]|$)",
    re.IGNORECASE,
)
_COMMIT: Final = re.compile(r"(?:^|[-._])(?:sha|git|commit|rev)[-._]?[0-9a-f]{6,64}(?=[-._]|$)", re.IGNORECASE)

_WORD: Final = re.compile(r"[a-zA-Z]{3}")

Family = tuple[str, ...]
"""What the tags of a family have in common: the texts between their numbers, and the kinds of these."""

_FINAL: Final[tuple[str, Numbers]] = ("~", ())
"""How far a release is: further than any pre-release, whose word is of letters."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A tag read as a version: its family, its numbers, and how far a pre-release is.

    `numbers` are its own, `variants` those of what it is made on: (3, 19, 1) and (3, 20) in `3.19.1-alpine3.20`.
    `<` orders the versions of one family; those of two are told apart, and never newer than each other.
    """

    tag: str
    family: Family
    numbers: Numbers
    variants: tuple[Numbers, ...] = ()
    early: tuple[str, Numbers] = _FINAL

    @property
    def is_early(self) -> bool:
        """Whether it is a pre-release."""
        return self.early != _FINAL

    def __lt__(self, other: Version) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[object, ...]:
        return self.family, self.numbers, self.early, self.variants, self.tag

    def is_newer_than(self, other: Version) -> bool:
        """Whether to move from `other` to this goes forward.

        What it is made on must not go back, and nothing moves from a release to a pre-release.
        """
        if self.family != other.family or (self.is_early and not other.is_early):
            return False
        mine, its = (self.numbers, self.early), (other.numbers, other.early)
        back = mine < its or any(ours < theirs for ours, theirs in zip(self.variants, other.variants, strict=True))
        return not back and (mine, self.variants) != (its, other.variants)


def read(tag: str) -> Version | None:
    """The version that a tag is; None where it holds no number, or names a commit."""
    if _COMMIT.search(tag):
        return None
    early = _EARLY.search(tag)
    rest = tag if early is None else tag[: early.start()] + tag[early.end() :]
    parts = re.split(f"({_NUMBERS.pattern})", rest)
    groups = [_numbers(part) for part in parts[1::2]]
    if not groups:
        return None
    # A word between numbers begins what it is made on; letters alone (8u342-b07) only part the numbers.
    words = [at for at, between in enumerate(parts[2:-1:2], 1) if _WORD.search(between)] or [len(groups)]
    own, variants = groups[: words[0]], groups[words[0] :]
    family = tuple(map(_kind, parts))
    return Version(tag, family, sum(own, ()), tuple(variants), _FINAL if early is None else _early(early))


def newer(tag: str, tags: Iterable[str], constraint: Constraint | None = None) -> str | None:
    """The newest of `tags` that is newer than `tag`, in its family and as the constraint wants it; else None."""
    own = read(tag)
    if own is None:
        return None
    found = (version for each in tags if (version := read(each)) is not None and version.is_newer_than(own))
    wanted = [version for version in found if constraint is None or constraint.allows(version.numbers)]
    return max(wanted).tag if wanted else None


def _early(found: re.Match[str]) -> tuple[str, Numbers]:
    word = next(filter(None, found.groups()[:3]))
    return word.lower(), _numbers(found[4]) if found[4] else ()


def _numbers(text: str) -> Numbers:
    return tuple(map(int, re.split(r"[._]", text)))


def _kind(part: str) -> str:
    """A part of a tag without its numbers: how they are joined, and which of them are stamps."""
    if not part[:1].isdigit():
        return part
    return re.sub(r"[0-9]+", lambda number: "#" if len(number[0]) < _STAMP else "@", part)
