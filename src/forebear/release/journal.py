"""Pure: the journal of a publication: what is to be made visible, and what to do next, wherever it was stopped."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from forebear.release.journals import Part, read_as, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FILE: Final = ".forebear/publishing.json"
"""The journal of a publication; that of a promotion is in a file for each version and registry."""
_AGAIN: Final = "remove it, and run the command again: what is in the registry already is found there"

Digest = Annotated[str, Field(pattern=r"^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")]


class Phase(StrEnum):
    """How far a publication is: nothing is visible before TAGGING."""

    PUSHING = "pushing"
    TAGGING = "tagging"


class Move(StrEnum):
    """What to do with a tag."""

    SKIP = "skip"
    PUT = "put"
    REMOVE = "remove"
    CONFLICT = "conflict"


class Put(Part):
    """A tag that is to name `digest`; `before` is what it named, None where there was no such tag.

    `rank` orders them: a parent's is lower than that of each child; moving tags come last.
    """

    reference: str
    digest: Digest
    before: Digest | None
    rank: Annotated[int, Field(ge=0)]


class Journal(Part):
    """A publication or promotion that is under way, or was stopped.

    `claim` tells it from any other one, `where` is the repository that it claims in; `private` are the tags that it
    pushed under; `record` is the text of the record that is written in the end, empty for a promotion, which writes
    none. `puts` and `record` are there from TAGGING on.
    """

    journal: Literal[1] = 1
    version: str
    claim: str
    where: str
    phase: Phase
    private: tuple[str, ...] = ()
    puts: tuple[Put, ...] = ()
    record: str = ""


def write(journal: Journal) -> bytes:
    """The text of a journal."""
    return written(journal)


def promotion_file(version: str, to: str) -> str:
    """The file of the journal of a promotion of a version to a registry."""
    return f".forebear/promoting-{hashlib.sha256(f'{version} {to}'.encode()).hexdigest()[:12]}.json"


def read(data: bytes, file: str = FILE) -> Journal:
    """Read a journal; raises InputError for a damaged one."""
    return read_as(Journal, data, file, _AGAIN)


def ranks(puts: Iterable[Put]) -> tuple[tuple[Put, ...], ...]:
    """The tags to be set, in groups: those of one group may be set at once, after those of all groups before."""
    ordered = sorted(puts, key=lambda put: put.rank)
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda put: put.rank))


def forward(put: Put, now: str | None) -> Move:
    """What to do with a tag that names `now`, to finish."""
    if now == put.digest:
        return Move.SKIP
    return Move.PUT if now == put.before else Move.CONFLICT


def back(put: Put, now: str | None) -> Move:
    """What to do with a tag that names `now`, to take back what was set; what others set since is left alone."""
    if now != put.digest or now == put.before:
        return Move.SKIP
    return Move.REMOVE if put.before is None else Move.PUT


def conflicts(puts: Iterable[Put], named: Callable[[str], str | None]) -> tuple[tuple[Put, str | None], ...]:
    """The tags that name neither what they are to name nor what they named before, with what they name now."""
    now = [(put, named(put.reference)) for put in puts]
    return tuple((put, digest) for put, digest in now if forward(put, digest) is Move.CONFLICT)
