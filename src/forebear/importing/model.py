"""What an import is made of: the Dockerfiles that were found, what becomes of each, and why some are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.reference import Reference

LIMIT: Final = 1 << 20
"""The size in bytes up to which a Dockerfile is imported, since no template renders a longer one."""


class NamedContext(NamedTuple):
    """What else than a reference a base may name, as build files say it: an image of the tree, by the path of its
    Dockerfile, or a reference; with neither it is a folder, or something else that no lineage has.
    """

    name: str
    path: str = ""
    reference: str = ""


class Hint(NamedTuple):
    """What a compose or bake file says of a build; paths are below the root, `target` is "" where none is said."""

    file: str
    entry: str
    context: str
    dockerfile: str
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    contexts: tuple[NamedContext, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """What a user should know of a file beside what is imported of it."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A Dockerfile of the tree: its path below the root, its text with line feeds, and what is known of its build.

    `context` is below the root, "." is the root; `target` is "" for the last stage; `images` are the references
    under which the tree tags it; `raw` is the text with CRLF, where it had any.
    """

    path: str
    text: str
    context: str = ""
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    contexts: tuple[NamedContext, ...] = ()
    raw: str = ""

    @property
    def crlf(self) -> bool:
        """Whether lines of it end in CRLF."""
        return bool(self.raw)

    @property
    def original(self) -> str:
        """The text as it is in the tree."""
        return self.raw or self.text

    @property
    def folder(self) -> str:
        """Its build context: the folder that it is in, where none is told."""
        return self.context or self.path.rpartition("/")[0] or "."

    @property
    def dockerfile(self) -> str:
        """Its path in the context."""
        return self.path if self.folder == "." else self.path.removeprefix(f"{self.folder}/")


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
