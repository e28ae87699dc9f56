"""What is to be published: every image as declared, on the engine, through its gates; and what is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.build.plan import Action
from forebear.build.recipe import Target
from forebear.build.session import Session
from forebear.build.shelf import look
from forebear.errors import BuildFailed, Fault, InputError, Place
from forebear.release.gates import require, results
from forebear.release.record import GateResult, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from forebear.build.recipe import Present, Recipe
    from forebear.build.shelf import Seen
    from forebear.engine.model import Engine
    from forebear.lineage.gate import Requirements
    from forebear.lineage.model import Image
    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.gates import Result

_WAY_OUT: Final = "cut a new version with: forebear cut; or take what is published with: forebear build --from-registry"


@dataclass(frozen=True, slots=True)
class Ready:
    """An image on one platform that is current on the engine."""

    recipe: Recipe
    present: Present

    @property
    def target(self) -> Target:
        """Which it is."""
        return self.recipe.target


@dataclass(frozen=True, slots=True)
class Published:
    """What a registry has under the tag of a version: the manifest or index, and the image on each platform."""

    top: Manifest
    seen: Mapping[str, Seen] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Stock:
    """All that is to be published, parents first, and what is there already, by image."""

    project: Project
    session: Session
    ready: tuple[Ready, ...]
    there: Mapping[str, Published] = field(hash=False)

    @property
    def missing(self) -> tuple[Ready, ...]:
        """What has to be pushed."""
        return tuple(each for each in self.ready if each.target.image not in self.there)

    def image(self, name: str) -> Image:
        """An image of the family."""
        return self.project.family.lineage.images[name]


def survey(project: Project, engine: Engine) -> tuple[Session, tuple[Ready, ...]]:
    """All images of a project, parents first. Raises InputError where one is not as it is declared, EngineError."""
    if project.family.lineage.registry is None:
        problem = "it names no registry, and to publish is to push to one"
        raise InputError([Fault(Place("lineage.yml"), problem, "write registry: and where the family belongs")])
    session = Session(project, engine, project.family.order)
    faults = [
        Fault(Place(step.recipe.shown), f"it cannot be published as it is: {step.reasons[0]}", "run: forebear build")
        for step in session.plan.steps
        if step.action is not Action.REUSE
    ]
    if faults:
        raise InputError(faults)
    pairs = ((step.recipe, session.here(step.target)) for step in session.plan.steps)
    return session, tuple(Ready(recipe, here) for recipe, here in pairs if here)


@dataclass(frozen=True, slots=True)
class Passed:
    """What an image passed: its gates, and what it requires of what it starts from, where that is on the engine."""

    gates: tuple[GateResult, ...]
    requires: tuple[Requirement, ...]


def pass_gates(
    project: Project, engine: Engine, ready: Iterable[Ready], here: Callable[[Target], Present | None]
) -> dict[Target, Passed]:
    """Let every image pass its gates once more, and look once more for what it requires; what they passed.

    `here` gives what is on the engine of a target, upstreams included. Raises BuildFailed with all that do not pass.
    """
    images = project.family.lineage.images
    passed: dict[Target, Passed] = {}
    failed: list[str] = []
    for each in ready:
        image = images[each.target.image]
        found = results(engine, image.tests, each.present.id, lambda _line: None)
        failed += [f'{image.name}: gate "{gate.gate}": {problem}' for gate in found for problem in gate.problems]
        ground = here(Target(each.recipe.ground.name, each.target.platform))
        requires = image.requires if ground else None
        if requires and ground:
            lacking = require(engine, requires, ground.id, lambda _line: None)
            failed += [f"{image.name}: {each.recipe.ground.name} is not what it requires: {one}" for one in lacking]
        passed[each.target] = Passed(tuple(_gate(gate) for gate in found), tuple(_required(requires)))
    if failed:
        raise BuildFailed(f"not published: {'; '.join(failed)}", "correct the images, and build them again")
    return passed


def _gate(result: Result) -> GateResult:
    return GateResult(name=result.gate, outcome="passed", seconds=result.seconds)


def _required(requires: Requirements | None) -> Iterator[Requirement]:
    """What is required, one by one, as it is written."""
    if requires is None:
        return
    if requires.user is not None:
        yield Requirement(kind="user", value=requires.user, outcome="passed")
    yield from (Requirement(kind="env", value=f"{name}={value}", outcome="passed") for name, value in requires.env)
    yield from (Requirement(kind="file", value=path, outcome="passed") for path in requires.files)
    yield from (Requirement(kind="package", value=name, outcome="passed") for name in requires.packages)
    if requires.os is not None:
        yield Requirement(kind="os", value=requires.os, outcome="passed")


def compare(
    project: Project,
    registry: Registry,
    ready: Iterable[Ready],
    each_of: Callable[[Callable[[Image], Published | None], Iterable[Image]], Iterable[Published | None]],
) -> dict[str, Published]:
    """What is published of the images, by name. Raises BuildFailed where a version is published with another image.

    `each_of` maps as the built-in function does, perhaps many at once.
    """
    by_image: dict[str, list[Ready]] = {}
    for each in ready:
        by_image.setdefault(each.target.image, []).append(each)
    images = [project.family.lineage.images[name] for name in by_image]
    found = zip(images, each_of(lambda image: published(registry, image), images), strict=True)
    there = {image.name: seen for image, seen in found if seen}
    conflicts = [
        _conflict(project.family.lineage.images[name], seen)
        for name, seen in there.items()
        if not _same(seen, by_image[name])
    ]
    if conflicts:
        raise BuildFailed(f"a published version never changes, and nothing was: {'; '.join(conflicts)}", _WAY_OUT)
    return there


def published(registry: Registry, image: Image) -> Published | None:
    """What a registry has under the tag of an image's version."""
    found = look(registry, image.reference)
    return Published(*found) if found else None


def _same(published: Published, ready: Iterable[Ready]) -> bool:
    """Whether what is published is what the engine has."""
    here = {each.target.platform: each.present.id for each in ready}
    seen = published.seen
    return here.keys() == seen.keys() and all(seen[platform].is_image(image) for platform, image in here.items())


def _conflict(image: Image, published: Published) -> str:
    return f"{image.reference} is published as {published.top.digest}, which is not the image on this engine"
