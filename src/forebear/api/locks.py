"""The lock: writing it, and comparing it with the registries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place
from forebear.lineage.upstreams import named
from forebear.pins import lock as locks
from forebear.pins import locking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.engine.model import Engine
    from forebear.pins.locking import Locking
    from forebear.pins.resolve import Difference, Manifests
    from forebear.project import Project
    from forebear.reference import Reference


def write_lock(
    project: Project,
    engine: Engine,
    tell: locking.Tell = lambda _upstream: None,
    *,
    upgrade: Sequence[str] | None = None,
    local: bool = False,
) -> Locking:
    """Lock every upstream that is not locked, and write lineage.lock where that changes it.

    `upgrade` names upstreams to resolve anew, an empty one all of them. With `local` an upstream whose
    registry cannot be asked is locked to what the engine has. What could not be resolved is told in the result,
    and all else written. Raises InputError, EngineError.
    """
    lineage = project.family.lineage
    chosen = () if upgrade is None else _upstreams(project, upgrade)
    done = locking.update(lineage, project.lock, engine, _manifests(), tell, upgrade=chosen, local=local)
    if done.changes or not done.failures:
        with project.workspace.locked():
            project.workspace.write(locks.FILE, locks.write(done.lock))
    return done


def check_lock(project: Project, engine: Engine, tell: locking.Tell = lambda _upstream: None) -> tuple[Difference, ...]:
    """How lineage.lock differs from lineage.yml and from what its tags name today. Raises EngineError."""
    return locking.check(project.family.lineage, project.lock, engine, _manifests(), tell)


def _manifests() -> Manifests:
    from forebear.engine.connect import credentials
    from forebear.registry.client import Registry

    return Registry(credentials).manifests


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
    return tuple(u for hits in found.values() for u in hits) if names else upstreams
