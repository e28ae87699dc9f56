"""Building images a second time, and telling how far they come out the same, and why not further."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from forebear.build.events import Outcome
from forebear.build.plan import Action
from forebear.build.promise import Grade, Graded
from forebear.build.recipe import Target
from forebear.build.session import Session
from forebear.contents.archive import spool
from forebear.contents.causes import cause_of
from forebear.contents.compare import Kind, compare
from forebear.errors import BuildFailed, EngineUnreachable, Error, Fault, InputError, Place
from forebear.release.blame import blame
from forebear.release.grades import grade

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from forebear.build.events import Ended
    from forebear.build.run import Emit
    from forebear.contents.causes import Cause
    from forebear.contents.compare import Difference
    from forebear.engine.model import Capabilities, Engine, EngineInfo, Facts
    from forebear.project import Project
    from forebear.release.blame import Blame

SHOWN: Final = 50
"""How many differences of a layer are told one by one; those of times alone come last."""


@dataclass(frozen=True, slots=True)
class Found:
    """A difference between two layers, with its likely cause, where the catalogue has one."""

    difference: Difference
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class Layer:
    """How a layer came out differently: which one, from 0, where it comes from, and what differs.

    `counts` has the number of differences by kind; `found` at most SHOWN of them.
    """

    number: int
    blame: Blame | None
    counts: tuple[tuple[Kind, int], ...]
    found: tuple[Found, ...]

    @property
    def only_times(self) -> bool:
        """Whether nothing but times differs."""
        return all(kind is Kind.TIME for kind, _ in self.counts)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """How an image came out the second time.

    `problem`: why it could not be built again or compared, else empty; `good`: whether it is as alike as the engines
    allow.
    """

    target: Target
    reference: str
    graded: Graded
    first: str
    second: str = ""
    layers: tuple[Layer, ...] = field(default=())
    problem: str = ""
    good: bool = False


def reproduce(
    project: Project, engine: Engine, chosen: Collection[str], emit: Emit, *, jobs: int, other: Engine | None = None
) -> tuple[Reproduced, ...]:
    """Build images a second time, from an empty cache, and compare them with what their tags name.

    With another engine they are built there, with their ancestors. What is built is removed again, whatever
    happens. Raises InputError where an image is not as it is declared, EngineError.
    """
    session = Session(project, engine, chosen)
    _must_be_current(session)
    again = Session(project, other, project.family.with_ancestors(chosen)) if other else session
    names = frozenset(chosen) if other is None else project.family.with_ancestors(chosen)
    with again.rebuilt(names, emit, jobs) as ended:
        pair = _Pair(project, session, again, engine, other or engine, {each.target: each for each in ended})
        return tuple(pair.compared(each) for each in ended if each.target.image in chosen)


def _must_be_current(session: Session) -> None:
    faults = [
        Fault(Place(step.recipe.shown), f"there is nothing to reproduce: {step.reasons[0]}", "run: forebear build")
        for step in session.plan.steps
        if step.action is not Action.REUSE
    ]
    if faults:
        raise InputError(faults)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The first images and the second ones, on their engines."""

    project: Project
    session: Session
    again: Session
    engine: Engine
    other: Engine
    ended: dict[Target, Ended]

    def compared(self, ended: Ended) -> Reproduced:
        """How one image came out."""
        here = self.session.here(ended.target)
        first = here.id if here else ""
        if ended.outcome is not Outcome.BUILT:
            nothing = Graded(Grade.NONE, "it could not be built again")
            return Reproduced(ended.target, ended.reference, nothing, first, problem="; ".join(ended.why))
        before, after = _facts(self.engine, first), _facts(self.other, ended.image)
        graded = grade(before, after, self.session.info, self.again.info)
        if graded.grade is Grade.INPUTS:
            graded = Graded(graded.grade, "; ".join((graded.obstacle, *self._limits)))
        found = Reproduced(ended.target, ended.reference, graded, before.id, after.id)
        try:
            layers = tuple(self._layers(ended.target, before, after)) if before.layers != after.layers else ()
        except EngineUnreachable:
            raise
        except Error as error:
            return replace(found, problem=f"it cannot be compared: {error}")
        good = graded.grade is Grade.DIGEST or (bool(self._limits) and all(layer.only_times for layer in layers))
        return replace(found, layers=layers, good=good)

    @property
    def _limits(self) -> tuple[str, ...]:
        """What keeps each engine from giving the same image each time."""
        pairs = dict.fromkeys(((self.session.info, self.engine), (self.again.info, self.other)))
        found = ((info, engine.capabilities()) for info, engine in pairs)
        return tuple(_limit(info, can) for info, can in found if not can.rewrites_timestamps)

    def _layers(self, target: Target, before: Facts, after: Facts) -> Iterator[Layer]:
        """What differs in the layers that an image's own Dockerfile added."""
        below = self._below(target)
        own = len(before.layers) - below
        if len(before.layers) != len(after.layers):
            raise BuildFailed(f"{target.image} has {len(after.layers)} layers now, and had {len(before.layers)}")
        numbers = [n for n in range(below, len(before.layers)) if before.layers[n] != after.layers[n]]
        with TemporaryDirectory(prefix="forebear-") as name:
            folder = Path(name)
            firsts = _spooled(self.engine, before, numbers, folder / "first")
            seconds = _spooled(self.other, after, numbers, folder / "second")
            for number in numbers:
                pair = firsts[before.layers[number]], seconds[after.layers[number]]
                yield self._layer(number, number - below, own, target, *pair)

    def _below(self, target: Target) -> int:
        """How many layers of an image are its base's."""
        recipe = next(each for each in self.session.prepared.recipes if each.target == target)
        ground = self.session.here(Target(recipe.ground.name, target.platform))
        return len(ground.layers) if ground else 0

    def _layer(self, number: int, own: int, count: int, target: Target, first: Path, second: Path) -> Layer:
        rendered = self.project.rendered()[target.image]
        origins = self.project.origins(rendered.image)
        counts: Counter[Kind] = Counter()
        notable: list[Difference] = []
        times: list[Difference] = []
        for difference in compare(first, second):
            counts.update(difference.kinds)
            kept = times if difference.kinds == (Kind.TIME,) else notable
            if len(kept) < SHOWN:
                kept.append(difference)
        found = tuple(Found(each, cause_of(each)) for each in islice((*notable, *times), SHOWN))
        where = blame(own, count, rendered.dockerfile, rendered.image.target, origins)
        return Layer(number, where, tuple(sorted(counts.items())), found)


def _limit(info: EngineInfo, capabilities: Capabilities) -> str:
    return f"Docker {info.version} with {capabilities.named}: {capabilities.why_not}"


def _facts(engine: Engine, image: str) -> Facts:
    facts = engine.inspect(image)
    if facts is None:
        raise BuildFailed(
            f"the image {image} is gone from the engine", "is something else removing images? run it again"
        )
    return facts


def _spooled(engine: Engine, facts: Facts, numbers: Collection[int], folder: Path) -> dict[str, Path]:
    """The files of some layers of an image."""
    folder.mkdir()
    return spool(engine.save(facts.id), {facts.layers[number] for number in numbers}, folder)
