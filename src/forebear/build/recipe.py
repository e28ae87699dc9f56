"""Pure: what an image is made of, before and after its parents are known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forebear.build.key import Input, Inputs, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping


class BaseKind(StrEnum):
    """What a base is."""

    PARENT = "parent"
    UPSTREAM = "upstream"
    SCRATCH = "scratch"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One image on one platform: what is planned, keyed and built.

    An upstream is one too where what is on the engine is looked up: its name has a tag, no image's has.
    """

    image: str
    platform: str

    def __str__(self) -> str:
        """`tomcat (linux/arm64)`."""
        return f"{self.image} ({self.platform})"


@dataclass(frozen=True, slots=True)
class Need:
    """A base of a recipe.

    `alias` is "" for `from`; `name` the parent's name or the upstream's reference with its tag;
    `identity` the locked digest of an upstream, None for a parent: its content is known once it is built.
    """

    alias: str
    kind: BaseKind
    name: str
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one image on one platform is made of, all but the content of its parents.

    `reference` is the release tag; `context_path` the build context as messages show it, `context` its
    digest; `steps` the greatest number of entries that its Dockerfile can add to
    the history of its base, `triggers` how many ONBUILD instructions it has;
    `blocked` says why it cannot be built, in words;
    `unprepared` which of its preparations are due, so that its context is not yet what it will be.
    """

    target: Target
    reference: str
    own: tuple[Input, ...]
    context_path: str
    context: str
    files: tuple[tuple[str, str], ...]
    needs: tuple[Need, ...]
    steps: int
    blocked: tuple[str, ...] = ()
    triggers: int = 0
    unprepared: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The release tag as people write it."""
        return self.reference.removeprefix("docker.io/")

    @property
    def parents(self) -> tuple[str, ...]:
        """The names of the images of the family that it needs, `from` first, each once."""
        return tuple(dict.fromkeys(need.name for need in self.needs if need.kind is BaseKind.PARENT))

    @property
    def ground(self) -> Need:
        """What its `from` names."""
        return self.needs[0]

    @property
    def fingerprint(self) -> str:
        """The first digits of a digest of its own inputs, which can be compared before its parents are known."""
        inputs = Inputs(self.own, self.context, (), ())
        return inputs.key.removeprefix("sha256:")[:12]

    def bases_in(self, present: Mapping[Target, Present]) -> dict[str, Present]:
        """Those of its bases, by name, that are in `present`."""
        at = ((need.name, present.get(Target(need.name, self.target.platform))) for need in self.needs)
        return {name: base for name, base in at if base is not None}

    def inputs(self, contents: Mapping[str, str]) -> Inputs:
        """All inputs, given the content of each parent by its name; raises KeyError for a missing one."""
        bases = tuple(
            Input(need.kind, need.alias, f"{need.name} {need.identity or contents[need.name]}") for need in self.needs
        )
        return Inputs(self.own, self.context, self.files, bases)


@dataclass(frozen=True, slots=True)
class Present:
    """An image that is on the engine: under the release tag of a target, or an upstream under its pin.

    `content`: what a child sees of it; `layers`: the digests of its unpacked layers, lowest first;
    `history`: the number of its history's entries, None for one that forebear is known to have made on
    this engine; `triggers`: the number of its ONBUILD instructions; `beside`: how many entries of its history
    are labels of its own that are not in its Dockerfile; `keyed`: whether it carries a key, though maybe none
    that holds.
    """

    id: str
    platform: str
    content: str
    layers: tuple[str, ...]
    history: int | None
    triggers: int
    stamp: Stamp | None
    beside: int = 0
    keyed: bool = False

    def stands_on(self, ground: Present) -> bool:
        """Whether its layers begin with those of another: the proof that it was built on it."""
        return self.layers[: len(ground.layers)] == ground.layers


NOTHING = Present("scratch", "", "scratch", (), 0, 0, None)
"""What an image from scratch stands on."""
