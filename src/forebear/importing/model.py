"""What an import is made of: the Dockerfiles that were found, what becomes of each, and why some are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.reference import Reference

LIMIT: Final = 1 << 20
"""The size in bytes up to which a Dockerfile is imported, since no template renders a longer one."""


class Source(NamedTuple):
    """A Dockerfile of the tree: its path below the root, and its text."""

    path: str
    text: str

    @property
    def folder(self) -> str:
        """Where it is, "." for the root: the build context of its image."""
        return self.path.rpartition("/")[0] or "."


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A Dockerfile that is not imported; the line counts from 1, 0 means the whole file."""

    path: str
    line: int
    reason: str
    action: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; the rest is found in the tree."""

    fallback: str  # the name of the project where no reference tells it
    version: str
    project: str | None = None
    registry: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Where the family's own images are: every reference to one begins with this."""

    project: str
    registry: str | None = None


class Edit(NamedTuple):
    """A part of a Dockerfile that a template says otherwise: an expression, or nothing."""

    start: int
    end: int
    expression: str


@dataclass(frozen=True, slots=True)
class Member:
    """A Dockerfile as an image of the family: bases are names of images, references, or "scratch"."""

    name: str
    source: Source
    base: str | Reference
    uses: Mapping[str, str | Reference] = field(hash=False)
    edits: tuple[Edit, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def parents(self) -> tuple[str, ...]:
        """The names among its bases."""
        return tuple(base for base in (self.base, *self.uses.values()) if isinstance(base, str) and base != "scratch")


@dataclass(frozen=True, slots=True)
class Draft:
    """What an import would write, and the text that each Dockerfile has to have afterwards, by the image's name."""

    lineage: str
    templates: Mapping[str, str] = field(hash=False)
    expected: Mapping[str, str] = field(hash=False)
    members: tuple[Member, ...]
    shared: Mapping[str, tuple[str, ...]] = field(hash=False)
    refused: tuple[Refusal, ...]
