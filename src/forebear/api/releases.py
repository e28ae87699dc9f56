"""Releases: publishing, proving and promoting them, and clearing away those that are superseded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forebear.engine.model import Engine
    from forebear.project import Project
    from forebear.reference import Reference
    from forebear.registry.client import Registry
    from forebear.release.events import Emit, Event
    from forebear.release.outlook import Outlook
    from forebear.release.promote import Promoted
    from forebear.release.prune import Pruned
    from forebear.release.publish import Release
    from forebear.release.record import Record
    from forebear.release.superseded import Decision
    from forebear.release.verify import Proof

JOBS: Final = 8
"""How much is asked of a registry at once."""


def registries() -> Registry:
    """All registries, with the credentials of the Docker configuration; what they say is their own word, no mirror's.

    Raises EngineRefused where the credentials cannot be read.
    """
    from forebear.engine.connect import credentials
    from forebear.registry.client import Registry

    return Registry(credentials)


def _quiet(_event: Event) -> None:
    pass


def publish(
    project: Project,
    engine: Engine,
    emit: Emit = _quiet,
    *,
    jobs: int = 0,
    take_over: bool = False,
    registry: Registry | None = None,
) -> Release:
    """Publish the release that a project declares, all or nothing, or finish one that was stopped.

    `jobs` is how many images are pushed at once, 0 for JOBS; `take_over` takes the place of a publication elsewhere
    that will never end. Raises InputError where an image is not as it is declared, Busy where another publication is
    under way, BuildFailed where it cannot be published, EngineError.
    """
    from forebear.release.publish import publish as carried_out

    with project.workspace.locked():
        return carried_out(project, engine, registry or registries(), emit, jobs=jobs or JOBS, take_over=take_over)


def publication_plan(
    project: Project, engine: Engine, *, take_over: bool = False, registry: Registry | None = None
) -> Outlook:
    """What `publish` would do. Raises as that would, but runs no gate, and is not in the way of anybody at work."""
    from forebear.release.outlook import outlook

    return outlook(project, engine, registry or registries(), jobs=JOBS, take_over=take_over)


def abort_publication(
    project: Project, engine: Engine, emit: Emit = _quiet, *, registry: Registry | None = None
) -> str | None:
    """Take back a publication that was stopped; its version, None where there is none to take back.

    Raises BuildFailed where it is complete, or the registry does not let tags be removed; EngineError.
    """
    from forebear.release.publish import abort

    with project.workspace.locked():
        return abort(project, engine, registry or registries(), emit, jobs=JOBS)


def verify(
    project: Project, release: str | None = None, *, at: str | None = None, registry: Registry | None = None
) -> Proof:
    """Prove from the registry alone that a release is what its record says, and descends as it was meant to.

    `release` is a version, else the one that the project declares; `at` the registry that it was promoted to. Without
    a record what the labels say is proved, of the family's images or of the one that a reference as `release`
    names. Raises InputError, EngineError.
    """
    from forebear.release.files import load_record
    from forebear.release.verify import by_labels, by_record

    asked = registry or registries()
    if release and "/" in release:
        return by_labels(asked, release, [_reference(release)])
    version = _version(release) if release else project.family.lineage.version
    if record := load_record(project, version):
        return by_record(asked, record, at)
    return by_labels(asked, version, _references(project, release, at))


def _references(project: Project, release: str | None, at: str | None) -> list[Reference]:
    """What the images of the family are published under; all of them at one version, if that is asked for."""
    from forebear.release.verify import relocated

    lineage = project.family.lineage
    references = (lineage.images[name].reference for name in project.family.order)
    versioned = (each.with_tag(release) if release else each for each in references)
    return [relocated(each, lineage.registry or each.registry, at) for each in versioned]


def _reference(text: str) -> Reference:
    from forebear.reference import Reference, ReferenceFault

    try:
        reference = Reference.parse(text)
    except ReferenceFault as error:
        raise InputError([Fault(Place("RELEASE"), str(error))]) from error
    if not reference.tag and not reference.digest:
        raise InputError([Fault(Place("RELEASE"), f"{text} has no tag", "write the version behind it, as :2.1.7")])
    return reference


def _version(text: str) -> str:
    from forebear.lineage.versions import parse_version
    from forebear.lineage.wrong import Wrong

    try:
        return str(parse_version(text))
    except Wrong as error:
        raise InputError([Fault(Place("RELEASE"), error.problem, error.action)]) from error


def promote(
    project: Project,
    release: str,
    to: str,
    emit: Emit = _quiet,
    *,
    take_over: bool = False,
    registry: Registry | None = None,
) -> Promoted:
    """Copy a release that is recorded, once it is verified, to another registry, digests and all.

    `to` is written as `registry` in lineage.yml. Raises InputError, Busy, BuildFailed, EngineError.
    """
    from forebear.release.promote import promote as carried_out

    with project.workspace.locked():
        record = _promoted(project, release, to)
        return carried_out(project, registry or registries(), record, to, emit, jobs=JOBS, take_over=take_over)


def promotion_plan(
    project: Project, release: str, to: str, *, take_over: bool = False, registry: Registry | None = None
) -> Outlook:
    """What `promote` would do. Raises as that would, but is not in the way of anybody at work in the project."""
    from forebear.release.promote import outlook

    record = _promoted(project, release, to)
    return outlook(project, registry or registries(), record, to, jobs=JOBS, take_over=take_over)


def abort_promotion(
    project: Project, release: str, to: str, emit: Emit = _quiet, *, registry: Registry | None = None
) -> bool:
    """Take back a promotion that was stopped; False where this project has none of that release to that registry.

    Raises InputError, Busy, EngineError, BuildFailed where it is complete, or the registry lets no tag be removed.
    """
    from forebear.release.promote import abort

    with project.workspace.locked():
        record = _promoted(project, release, to)
        return abort(project, registry or registries(), record, to, emit, jobs=JOBS)


def _promoted(project: Project, release: str, to: str) -> Record:
    """The record of a release that is to be promoted."""
    from forebear.release.files import load_record

    version = _version(release)
    _check_registry(to)
    record = load_record(project, version)
    if record is None:
        problem = f"there is no record of {version}, and only what is recorded can be promoted"
        raise InputError([Fault(Place(f"releases/{version}.json"), problem, "publish it, or get the record from git")])
    return record


def _check_registry(text: str) -> None:
    from forebear.lineage.grammar import registry
    from forebear.lineage.wrong import Wrong

    try:
        registry(text)
    except Wrong as error:
        raise InputError([Fault(Place("--to"), error.problem, error.action)]) from error


def prune_plan(project: Project, engine: Engine, keep: int | None = None) -> tuple[Decision, ...]:
    """What `prune` would do to each image of the family on an engine, children first.

    `keep` is how many releases stay, else what lineage.yml says. Raises InputError, EngineError.
    """
    from forebear.release.prune import plan

    return plan(project, engine, keep or project.family.lineage.keep)


def prune(
    project: Project,
    engine: Engine,
    keep: int | None = None,
    agreed: Callable[[Sequence[Decision]], bool] = lambda _plan: True,
) -> tuple[tuple[Decision, ...], Pruned | None]:
    """Remove what is to go by a plan as `prune_plan` makes it; the plan, and what went, None where nothing was to.

    `agreed` is shown the plan, and says whether to go on; what a container uses by then stays. Raises InputError, Busy,
    EngineError.
    """
    from forebear.release.prune import remove

    with project.workspace.locked():
        decisions = prune_plan(project, engine, keep)
        return decisions, remove(engine, decisions) if agreed(decisions) else None


def record_schema() -> str:
    """The JSON Schema of a record, as text."""
    from forebear.release.record import schema_text

    return schema_text()
