"""What is built, beside what is declared: does each image stand on the parent that it claims, and is it stale?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from forebear.build.plan import Action
from forebear.build.recipe import Target
from forebear.build.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.build.plan import Step
    from forebear.engine.model import Engine
    from forebear.project import Project


class Told(NamedTuple):
    """A rule of the audit, the image that it tells of, what is wrong, and what to do."""

    rule: str
    image: str
    problem: str
    action: str


def built(project: Project, engine: Engine) -> Iterator[Told]:
    """What there is to tell of the images on an engine; of what is not built there, nothing. Raises EngineError."""
    session = Session(project, engine, project.family.order)
    for step in session.plan.steps:
        yield from _of_step(step, session)


def _of_step(step: Step, session: Session) -> Iterator[Told]:
    here, ground = session.here(step.target), session.here(Target(step.recipe.ground.name, step.target.platform))
    if here is None or here.stamp is None:
        return
    need = step.recipe.ground
    claimed = next((each.value for each in here.stamp.inputs.bases if each.name == ""), "")
    if ground and claimed == f"{need.name} {need.identity or ground.content}" and not here.stands_on(ground):
        problem = f"{step.recipe.shown} claims the {need.kind} {need.name}, and its layers do not begin with that one's"
        yield Told("wrong-parent", step.target.image, problem, f"run: forebear build {step.target.image}")
    elif step.action is Action.BUILD:
        problem = f"{step.recipe.shown} is stale: {'; '.join(step.reasons[:3])}"
        yield Told("stale", step.target.image, problem, f"run: forebear build {step.target.image}")


def versions(project: Project, engine: Engine) -> Iterator[tuple[str, str, str]]:
    """The image, its version and where that is, for each tag on an engine. Raises EngineError."""
    names = {image.reference.name: name for name, image in project.family.lineage.images.items()}
    for reference in engine.tagged(project.folder):
        name, _, tag = reference.rpartition(":")
        if name in names:
            yield names[name], tag, "on the engine"
