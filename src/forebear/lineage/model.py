"""The domain: what a lineage.yml declares, as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from forebear.errors import Place
from forebear.lineage.upstreams import names_of
from forebear.lineage.wrong import shown
from forebear.reference import Reference  # noqa: TC001 - pydantic looks at the fields of Base

if TYPE_CHECKING:
    from forebear.lineage.constraints import Constraint
    from forebear.lineage.gate import Gate, Requirements

MAX_BYTES: Final = 8 << 20
"""The bytes that a lineage.yml has at most: 10,000 images take 2 MiB."""

SCRATCH: Final = "scratch"
DOCKERFILE: Final = "Dockerfile"
# 1980-01-01T00:00:00Z: zip files, and so jars and wars, can hold no earlier time (APPNOTE 4.4.6).
DEFAULT_EPOCH: Final = 315_532_800
KEEP: Final = 3

Path = tuple[str | int, ...]
Locate = Callable[[Path], Place]


def dotted(path: Path) -> str:
    """A key path as text: `images.tomcat.platforms[0]`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path)
    return "".join(steps).removeprefix(".")


def unplaced(path: Path) -> Place:
    """The place of a key in a lineage that was not read from text."""
    return Place("lineage.yml", path=dotted(path))


@dataclass(frozen=True, slots=True)
class Base:
    """What an image starts from or copies from: an image of the lineage, an upstream, or scratch."""

    image: str | None = None
    upstream: Reference | None = None

    @property
    def is_scratch(self) -> bool:
        """Whether this is the empty base."""
        return self.image is None and self.upstream is None

    def __str__(self) -> str:
        """As it is written in lineage.yml, an upstream in its familiar form."""
        if self.upstream is not None:
            return self.upstream.familiar
        return self.image or SCRATCH


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a value is that a build may see and nothing may keep: in a variable of the environment, or in a file."""

    name: str
    env: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """A command that runs before an image's context is read, since it makes a part of that.

    `folder`, where it runs, `inputs`, whatever it reads, and `outputs`, what it makes, are paths in the project.
    """

    run: tuple[str, ...]
    folder: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """One image that the family builds.

    `template` is relative to templates/, `context` to the project's root, `dockerfile` to the context; `epoch` in
    seconds since 1970.
    `platforms` is empty where the engine's own is meant. `vars` holds only frozen values.
    """

    name: str
    version: str
    base: Base
    uses: tuple[tuple[str, Base], ...]
    reference: Reference
    template: str
    context: str
    vars: Mapping[str, object] = field(hash=False)
    args: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    target: str | None
    platforms: tuple[str, ...]
    epoch: int
    tests: tuple[Gate, ...]
    prepare: tuple[Preparation, ...] = ()
    requires: Requirements | None = None
    dockerfile: str = DOCKERFILE
    locate: Locate = field(default=unplaced, compare=False, repr=False)

    @property
    def dockerfile_path(self) -> str:
        """Where its Dockerfile is, relative to the project's root."""
        return f"{self.context}/{self.dockerfile}".removeprefix("./")

    @property
    def place(self) -> Place:
        """Where lineage.yml declares it."""
        return self.locate(("images", self.name))

    def place_of(self, key: str) -> Place:
        """Where lineage.yml says `key` of it ("from", "vars.tomcat"), or the nearest key around that."""
        return self.locate(("images", self.name, *key.split(".")))

    @property
    def bases(self) -> tuple[Base, ...]:
        """What it starts from, then what it uses, by alias."""
        return (self.base, *(base for _, base in self.uses))

    @property
    def parents(self) -> tuple[str, ...]:
        """The images of the lineage among its bases, each once."""
        return tuple(dict.fromkeys(base.image for base in self.bases if base.image is not None))

    @property
    def upstreams(self) -> tuple[Reference, ...]:
        """The upstreams among its bases, each once."""
        return tuple(dict.fromkeys(base.upstream for base in self.bases if base.upstream is not None))


class Moving(StrEnum):
    """A tag that moves from release to release: `2.1`, `2` or `latest`."""

    MINOR = "minor"
    MAJOR = "major"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Lineage:
    """A family of images, in the order in which its file declares them.

    `tags` are moved by a publication beside those of the versions; `keep` is how many releases an engine keeps.
    `mirrors` are by registry, `constraints` by a name of an upstream.
    """

    project: str
    version: str
    registry: str | None
    source: str | None
    images: Mapping[str, Image] = field(hash=False)
    file: str = "lineage.yml"
    tags: tuple[Moving, ...] = ()
    keep: int = KEEP
    secrets: tuple[Secret, ...] = ()
    mirrors: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, Constraint], ...] = ()
    locate: Locate = field(default=unplaced, compare=False, repr=False)

    @property
    def upstreams(self) -> tuple[Reference, ...]:
        """Every upstream of the family, once, sorted."""
        return tuple(sorted({ref for image in self.images.values() for ref in image.upstreams}, key=str))

    def constraint(self, upstream: Reference) -> Constraint | None:
        """Which versions of an upstream are wanted, if that is said."""
        return next((wanted for name, wanted in self.constraints if name in names_of(upstream)), None)
