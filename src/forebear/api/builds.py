"""Plans, builds, and what is tried on the images that they make."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed
from forebear.lineage.selectors import select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forebear.build.events import Ended
    from forebear.build.make import Gates
    from forebear.build.plan import Plan
    from forebear.build.recipe import Recipe
    from forebear.build.run import Emit
    from forebear.engine.model import Engine
    from forebear.lineage.model import Image
    from forebear.project import Project
    from forebear.release.reproduce import Reproduced


@dataclass(frozen=True, slots=True)
class Gated:
    """How an image passed its gates; `problem` is empty where it did."""

    image: str
    reference: str
    problem: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: `jobs` images at once, 0 for two a processor; with `fail_fast` the first failure ends the run."""

    jobs: int = 0
    fail_fast: bool = False


_DEFAULT = Options()


def plan(project: Project, engine: Engine | None, selected: Sequence[str] = ()) -> Plan:
    """What a build of the selected images would do, and why; without an engine, what can be known without.

    Raises InputError, EngineError.
    """
    from forebear.build.session import Session

    return Session(project, engine, select(project.family, selected)).plan


def build(
    project: Project,
    engine: Engine,
    selected: Sequence[str] = (),
    options: Options = _DEFAULT,
    emit: Emit = lambda _event: None,
) -> tuple[Ended, ...]:
    """Render, and build the selected images: how each came to its end, parents first.

    What fails is told in the result, not raised. Raises InputError, and EngineError where the engine is gone.
    """
    from forebear.build.session import Session

    chosen = select(project.family, selected)
    with project.workspace.locked():
        session = Session(project, engine, chosen, write=True, emit=emit)
        return session.run(_gates(project, engine), emit, options.jobs or _jobs(), fail_fast=options.fail_fast)


def run_gates(project: Project, engine: Engine, selected: Sequence[str] = ()) -> tuple[Gated, ...]:
    """Let the selected images that have gates pass them, as they are on the engine. Raises InputError, EngineError."""
    images = (project.family.lineage.images[name] for name in select(project.family, selected))
    return tuple(_gated(engine, image) for image in images if image.tests)


def _gated(engine: Engine, image: Image) -> Gated:
    from forebear.release.gates import check

    reference = image.reference.familiar
    facts = engine.inspect(reference)
    if facts is None:
        return Gated(image.name, reference, "it is not on the engine; run: forebear build")
    try:
        check(engine, image.tests, facts.id, lambda _line: None)
    except BuildFailed as error:
        return Gated(image.name, reference, str(error))
    return Gated(image.name, reference, "")


def _gates(project: Project, engine: Engine) -> Callable[[Recipe], Gates]:
    from forebear.release.gates import check

    images = project.family.lineage.images
    return lambda recipe: lambda image, log: check(engine, images[recipe.target.image].tests, image, log)


def _jobs() -> int:
    return max(2, 2 * (os.cpu_count() or 1))


def reproduce(
    project: Project,
    engine: Engine,
    selected: Sequence[str] = (),
    options: Options = _DEFAULT,
    emit: Emit = lambda _event: None,
    other: Engine | None = None,
) -> tuple[Reproduced, ...]:
    """Build the selected images a second time, from an empty cache, and tell how far they come out the same.

    With another engine they are built there. Raises InputError where an image is not as it is declared, EngineError.
    """
    from forebear.release.reproduce import reproduce as carried_out

    chosen = select(project.family, selected)
    with project.workspace.locked():
        return carried_out(project, engine, chosen, emit, jobs=options.jobs or _jobs(), other=other)
