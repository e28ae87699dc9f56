"""Plans, builds, and what is tried on the images that they make."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from forebear.build.events import Ended, Event, Outcome
from forebear.lineage.selectors import select

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

    from forebear.build.plan import Plan
    from forebear.build.published import Offer
    from forebear.build.recipe import Target
    from forebear.build.run import Emit
    from forebear.engine.model import Engine
    from forebear.lineage.model import Image
    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.release.gates import Result
    from forebear.release.reproduce import Reproduced


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Gated:
    """How an image passed its gates, all together and each; `problem` is empty where it did."""

    image: str
    reference: str
    problem: str
    gates: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: `jobs` images at once, 0 for four a processor; with `fail_fast` the first failure ends the run.

    With `from_registry` what is up to date there is pulled, not built.
    """

    jobs: int = 0
    fail_fast: bool = False
    from_registry: bool = False


_DEFAULT = Options()
_UP_TO_DATE = ("up to date in the registry",)


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
    *,
    registry: Registry | None = None,
) -> tuple[Ended, ...]:
    """Render, and build the selected images: how each came to its end, parents first.

    What fails is told in the result, not raised. Raises InputError, and EngineError where the engine is gone.
    """
    from forebear.build.builds import Builds, trim
    from forebear.build.passed import Passed
    from forebear.build.session import Session
    from forebear.release.gating import Gating

    chosen = select(project.family, selected)
    with project.workspace.locked():
        offered = _pull(project, engine, chosen, registry) if options.from_registry else ()
        pulled = {each.recipe.target for each in offered}
        for each in offered:
            if each.recipe.target.image not in chosen:
                emit(Ended(each.recipe.target, each.recipe.reference, Outcome.PULLED, why=_UP_TO_DATE))
        session = Session(project, engine, chosen, write=True, emit=emit)
        passed, builds = Passed(project.workspace), Builds(project.workspace)

        def take(event: Event) -> None:
            builds.take(event)
            emit(_as_pulled(event, pulled))

        try:
            run = session.run(
                Gating(project, engine, passed),
                take,
                options.jobs or _jobs(),
                fail_fast=options.fail_fast,
            )
        finally:
            passed.save()
            trim(project.workspace)
        return tuple(_as_pulled(each, pulled) for each in run)


def _pull(project: Project, engine: Engine, chosen: Collection[str], registry: Registry | None) -> tuple[Offer, ...]:
    """Pull what the selected images need, and the registry has as it is declared."""
    from forebear.api.releases import registries
    from forebear.build.published import offers, pull
    from forebear.build.session import Session

    session = Session(project, engine, project.family.with_ancestors(chosen), write=True)
    versions = {name: image.reference for name, image in project.family.lineage.images.items()}
    offered = offers(registry or registries(), session.prepared, session.present, versions)
    pull(engine, offered)
    return offered


def _as_pulled(event: E, pulled: Container[Target]) -> E:
    """What is reused, since it was pulled for this run, is told so."""
    if isinstance(event, Ended) and event.target in pulled and event.outcome is Outcome.REUSED:
        return replace(event, outcome=Outcome.PULLED, why=_UP_TO_DATE)
    return event


def run_gates(project: Project, engine: Engine, selected: Sequence[str] = ()) -> tuple[Gated, ...]:
    """Let the selected images that have gates pass them, as they are on the engine. Raises InputError, EngineError."""
    images = (project.family.lineage.images[name] for name in select(project.family, selected))
    return tuple(_gated(engine, image) for image in images if image.tests)


def _gated(engine: Engine, image: Image) -> Gated:
    from forebear.release.gates import results

    reference = image.reference.familiar
    facts = engine.inspect(reference)
    if facts is None:
        return Gated(image.name, reference, "it is not on the engine; run: forebear build")
    found = results(engine, image.tests, facts.id, lambda _line: None)
    problems = [f'gate "{each.gate}": {problem}' for each in found for problem in each.problems]
    return Gated(image.name, reference, "; ".join(problems), found)


def gates_as_junit(gated: Sequence[Gated]) -> str:
    """How images passed their gates, as JUnit XML."""
    from forebear.release.junit import junit

    return junit((each.image, each.problem, each.gates) for each in gated)


def _jobs() -> int:
    return 4 * (os.cpu_count() or 1)


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
