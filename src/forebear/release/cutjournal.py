"""Pure: the journal of a cut: what its files held before, and what it was about to make, wherever it was stopped."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from forebear.project import CUTTING
from forebear.release.journals import Part, read_as, written

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE: Final = CUTTING
_AGAIN: Final = "look with git at what changed, put it right, and remove this file"

Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
Tag = Annotated[str, Field(pattern=r"^v[0-9A-Za-z.+-]+$")]


class State(StrEnum):
    """What a file is, seen from a cut: as it was before, as the cut makes it, or something else."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


class Written(Part):
    """A file that a cut writes: its text before, None where there was none, and the digest of what it is to hold."""

    path: str
    before: str | None
    after: str

    def state(self, now: bytes | None) -> State:
        """What the file is, given what it holds; None where it is not there."""
        if now is not None and digest(now) == self.after:
            return State.AFTER
        return State.BEFORE if now == (None if self.before is None else self.before.encode()) else State.OTHER


class Line(Part):
    """The branch of a maintenance line, the commits that it names before and after, and the tag that it is to get."""

    branch: Annotated[str, Field(pattern=r"^refs/heads/release/[^\u0000- ]+$")]
    before: Commit
    after: Commit
    version: str
    tag: Tag | None


class CutJournal(Part):
    """A cut that is under way, or was stopped, to a version.

    `head` is the commit that it began at, None without git; `commit`: whether it makes one; `tag` the one that it sets.
    Of a cut of maintenance lines `lines` holds all, once each is committed.
    """

    journal: Literal[1] = 1
    version: str
    head: Commit | None = None
    commit: bool = False
    tag: Tag | None = None
    files: tuple[Written, ...] = ()
    lines: tuple[Line, ...] = ()


def digest(data: bytes) -> str:
    """The SHA-256 of what a file holds, in hex."""
    return hashlib.sha256(data).hexdigest()


def write(journal: CutJournal) -> bytes:
    """The text of a journal."""
    return written(journal)


def read(data: bytes) -> CutJournal:
    """Read a journal; raises InputError for a damaged one."""
    return read_as(CutJournal, data, FILE, _AGAIN)


def all_are(state: State, states: Iterable[State]) -> bool:
    """Whether every file is in a state."""
    return all(each is state for each in states)
