"""Making one image: built on its parents by content, verified, gated, and only then tagged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from forebear.build.content import present
from forebear.build.key import Stamp, stamp_labels
from forebear.build.recipe import BaseKind, Need, Present, Recipe
from forebear.engine.model import BuildRequest, Engine, Facts, Log
from forebear.errors import BuildFailed
from forebear.lineage.model import DOCKERFILE

if TYPE_CHECKING:
    from forebear.build.handles import Handles
    from forebear.build.memory import Memory
    from forebear.pins.lock import Pin

TAIL: Final = 20
"""How many of a log's last lines are shown where a step fails."""


@dataclass(frozen=True, slots=True)
class Source:
    """What stands behind the digests of a recipe.

    `context` gives the chunks of the tar, `dockerfile` is the path of the Dockerfile in it; `args` and `labels` are
    what the image declares; `bases` gives the build argument that stands for each base, with the base's name; `pins`
    the pin of each upstream by name; `secrets` the names of those that its build may ask for; `triggers` whether its
    Dockerfile has triggers of ONBUILD itself that name images; `large` tells whether its layers may be.
    """

    context: Callable[[], Iterator[bytes]] = field(hash=False)
    args: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    target: str | None
    epoch: int
    bases: tuple[tuple[str, str], ...]
    pins: Mapping[str, Pin] = field(hash=False)
    secrets: tuple[str, ...] = ()
    dockerfile: str = DOCKERFILE
    triggers: bool = False
    large: bool = False


Gates = Callable[[str, Log], None]
"""Checks an image, by ID; raises BuildFailed where it does not pass."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What making an image needs beside its recipe; `secrets` by name."""

    engine: Engine
    handles: Handles
    memory: Memory
    secrets: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)

    def upstream(self, need: Need, pin: Pin, platform: str) -> Present:
        """An upstream as it is locked, pulled where the engine does not have it. Raises BuildFailed."""
        source = pin.source(platform)
        facts = self.engine.inspect(source)
        if (facts is None or facts.platform != platform) and not pin.local:
            self.engine.pull(source, platform)
            facts = self.engine.inspect(source)
        if facts is None:
            raise BuildFailed(
                f"upstream {need.name} is locked to {source}, which this engine does not have",
                "load it, or lock what there is now: forebear lock",
            )
        if facts.platform != platform:
            raise BuildFailed(f"upstream {need.name} is for {facts.platform}, not for {platform}")
        return present(facts)

    def make(self, recipe: Recipe, source: Source, bases: Mapping[str, Present], gates: Gates, log: Log) -> Present:
        """Build an image on `bases` (by name), verify it, let it pass its gates, and move its tag.

        Raises BuildFailed, with no tag moved, where any of that fails.
        """
        facts = self.build(recipe, source, bases, log)
        gates(facts.id, log)
        self.engine.tag(facts.id, recipe.reference)
        self.memory.put(facts.id, facts)
        return present(facts)

    def build(
        self, recipe: Recipe, source: Source, bases: Mapping[str, Present], log: Log, *, fresh: bool = False
    ) -> Facts:
        """Build an image on `bases` and verify it; with `fresh` from an empty cache. Raises BuildFailed."""
        handles = {arg: self.handles.of(base, bases[base].id) for arg, base in source.bases}
        names = {handles[arg]: base for arg, base in source.bases}
        request = replace(self._request(recipe, source, bases, handles), fresh=fresh)
        facts = self._facts(self.engine.build(request, _naming(names, log)))
        verify(recipe, facts, bases)
        return facts

    def _request(
        self, recipe: Recipe, source: Source, bases: Mapping[str, Present], handles: Mapping[str, str]
    ) -> BuildRequest:
        inputs = recipe.inputs({name: base.content for name, base in bases.items()})
        stamp = Stamp(recipe.target.image, inputs.key, inputs)
        return BuildRequest(
            context=source.context,
            args=(*source.args, *handles.items()),
            labels=(*source.labels, *stamp_labels(stamp).items()),
            target=source.target,
            platform=recipe.target.platform,
            epoch=source.epoch,
            secrets={name: self.secrets[name] for name in source.secrets},
            dockerfile=source.dockerfile,
            large=source.large,
            triggered=source.triggers or any(base.triggers for base in bases.values()),
        )

    def _facts(self, image: str) -> Facts:
        facts = self.engine.inspect(image)
        if facts is None:
            raise BuildFailed(
                "the image that was just built is gone", "is something else removing images? run it again"
            )
        return facts


class Rebuild(Workshop):
    """Makes images a second time, from an empty cache: under throw-away tags, past all gates."""

    __slots__ = ()

    def make(self, recipe: Recipe, source: Source, bases: Mapping[str, Present], gates: Gates, log: Log) -> Present:  # noqa: ARG002
        """Build an image on `bases` and verify it; its release tag stays where it is. Raises BuildFailed."""
        facts = self.build(recipe, source, bases, log, fresh=True)
        self.handles.of(recipe.target.image, facts.id)
        return present(facts)


def verify(recipe: Recipe, facts: Facts, bases: Mapping[str, Present]) -> None:
    """Make sure that an image is what was asked for: its platform, and its parent's layers at its bottom."""
    if facts.platform != recipe.target.platform:
        raise BuildFailed(f"it was built for {facts.platform}, not for {recipe.target.platform}")
    if recipe.ground.kind is BaseKind.SCRATCH:
        return
    ground = bases[recipe.ground.name]
    if not present(facts).stands_on(ground):
        raise BuildFailed(
            f"its layers do not begin with those of its {recipe.ground.kind} {recipe.ground.name} ({ground.id}): "
            "it was built on something else",
        )


def _naming(named: Mapping[str, str], log: Log) -> Log:
    """A log in which the bases go by their names, not by their throw-away tags."""

    def take(line: str) -> None:
        for handle, base in named.items():
            line = line.replace(handle, base)
        log(line)

    return take


class Tail:
    """Remembers the last lines of a log, and passes each on."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.lines: deque[str] = deque(maxlen=TAIL)

    def __call__(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)
        self._log(line)
