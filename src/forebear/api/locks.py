"""The lock: writing it, comparing it with the registries, and moving it forward."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.errors import EngineUnreachable, Fault, InputError, Place
from forebear.lineage.upstreams import named
from forebear.pins import lock as locks
from forebear.pins import locking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from forebear.engine.model import Engine
    from forebear.lineage.model import Lineage
    from forebear.pins.lock import Lock
    from forebear.pins.locking import Locking
    from forebear.pins.mirrored import Resolver
    from forebear.pins.outdated import Standing
    from forebear.project import Project
    from forebear.reference import Reference
    from forebear.registry.client import Registry

Told = locking.Tell


def write_lock(
    project: Project,
    engine: Engine,
    tell: Told = lambda _upstream: None,
    *,
    upgrade: Sequence[str] | None = None,
    local: bool = False,
) -> Locking:
    """Lock every upstream that is not locked, and write lineage.lock where that changes it.

    `upgrade` names upstreams to resolve anew, an empty one all of them. With `local` an upstream whose
    registry cannot be asked is locked to what the engine has. What could not be resolved is told in the result,
    and all else written. Raises InputError, EngineError.
    """
    chosen = () if upgrade is None else _upstreams(project, upgrade)
    lineage = project.family.lineage
    with _registries(project) as registry:
        done = _updated(project.lock, lineage, engine, registry, tell, upgrade=chosen, local=local)
    if done.changes or not done.failures:
        with project.workspace.locked():
            project.workspace.write(locks.FILE, locks.write(done.lock))
    return done


def check_lock(project: Project, engine: Engine, tell: Told = lambda _upstream: None) -> Locking:
    """How lineage.lock, as it is, differs from lineage.yml and from what its tags name today, and what failed."""
    lineage = project.family.lineage
    with _registries(project) as registry:
        return locking.check(lineage, project.lock, _resolver(engine, registry, lineage), registry.manifests, tell)


def outdated(
    project: Project,
    names: Sequence[str] = (),
    tell: Told = lambda _upstream: None,
    passed_over: Callable[[str], None] = lambda _text: None,
) -> tuple[Standing, ...]:
    """How upstreams stand today, all or those that names mean.

    `passed_over` is told of mirrors that fail. What could not be found out is in the result. Raises InputError.
    """
    from forebear.pins.outdated import standings

    chosen = _upstreams(project, names)
    with _registries(project, passed_over) as registry:
        return standings(project.family, project.lock, chosen, registry, tell)


def move_upstreams(
    project: Project, engine: Engine, names: Sequence[str] = (), tell: Told = lambda _upstream: None
) -> tuple[Mapping[Reference, Reference], Locking]:
    """Move upstreams, all or those that names mean, to their newest tags, in lineage.yml and in lineage.lock.

    lineage.yml keeps every other byte; the others of the chosen upstreams are resolved anew. Gives what moved, and
    what came of locking, with what failed. Raises InputError, and EngineError where an upstream cannot be moved after
    all; then nothing is written.
    """
    from forebear.lineage.reader import read
    from forebear.lineage.retag import retagged
    from forebear.workspace import LINEAGE

    lineage, found = project.family.lineage, outdated(project, names, tell)
    with _registries(project) as registry:
        moves = {each.upstream: _target(each, registry) for each in found if each.newest}
        text = retagged(project.declaration, lineage, moves) if moves else project.declaration
        kept = [each.upstream for each in found if not each.newest and not each.failures]
        done = _updated(project.lock, read(text, LINEAGE), engine, registry, tell, upgrade=kept)
    if lost := [target for target in moves.values() if done.lock.pin(target) is None]:
        raise next(failure for failure in done.failures if lost[0].familiar in failure.problem)
    with project.workspace.locked():
        project.workspace.write(LINEAGE, text)
        project.workspace.write(locks.FILE, locks.write(done.lock))
    failures = (failure for each in found for failure in each.failures)
    return moves, replace(done, failures=(*failures, *done.failures))


def _target(standing: Standing, registry: Registry) -> Reference:
    """Where an upstream moves to; with a digest, where lineage.yml itself has one."""
    target = replace(standing.upstream, tag=standing.newest, digest=None)
    return replace(target, digest=registry.digest(target)) if standing.upstream.digest else target


def _updated(
    lock: Lock,
    lineage: Lineage,
    engine: Engine,
    registry: Registry,
    tell: Told,
    *,
    upgrade: Sequence[Reference],
    local: bool = False,
) -> Locking:
    resolver = _resolver(engine, registry, lineage)
    return locking.update(lineage, lock, resolver, registry.manifests, tell, upgrade=upgrade, local=local)


def _resolver(engine: Engine, registry: Registry, lineage: Lineage) -> Resolver:
    """The engine, or, where there is none, the registries: then only what is on no registry cannot be found."""
    from forebear.pins.mirrored import Mirrored

    try:
        engine.info()
    except EngineUnreachable:
        return Mirrored(engine, registry, None)
    return Mirrored(engine, registry, dict(lineage.mirrors))


@contextmanager
def _registries(project: Project, tell: Callable[[str], None] = lambda _text: None) -> Iterator[Registry]:
    """The registries, with the credentials of the Docker configuration and the mirrors of the lineage."""
    from forebear.engine.connect import credentials
    from forebear.registry.client import Registry

    with Registry(credentials, dict(project.family.lineage.mirrors), tell) as registry:
        yield registry


def _upstreams(project: Project, names: Sequence[str]) -> tuple[Reference, ...]:
    """The upstreams that names mean: a whole reference, or a repository's name or last part."""
    upstreams = project.family.lineage.upstreams
    found = {name: named(name, upstreams) for name in names}
    known = ", ".join(u.familiar for u in upstreams)
    faults = [
        Fault(Place("NAME"), f'"{name}" is no upstream', f"write one of {known}") for name in found if not found[name]
    ]
    if faults:
        raise InputError(faults)
    return tuple(dict.fromkeys(u for hits in found.values() for u in hits)) if names else upstreams
