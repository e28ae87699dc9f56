"""Writing and checking the lock: which upstreams to resolve, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import EngineError
from forebear.pins.lock import Lock, Pin
from forebear.pins.resolve import Difference, Manifests, differences, moved, resolve
from forebear.reference import Reference

if TYPE_CHECKING:
    from forebear.lineage.model import Lineage
    from forebear.pins.mirrored import Resolver

Tell = Callable[[Reference], None]
"""Told of each upstream before it is resolved."""


@dataclass(frozen=True, slots=True)
class Locking:
    """What came of locking: the new lock, how it differs from the one before, and what could not be resolved."""

    lock: Lock
    changes: tuple[Difference, ...]
    failures: tuple[EngineError, ...] = ()


def update(
    lineage: Lineage,
    lock: Lock,
    engine: Resolver,
    manifests: Manifests,
    tell: Tell,
    *,
    upgrade: Collection[Reference] = (),
    local: bool = False,
) -> Locking:
    """Resolve what is not locked, and what is to be upgraded; keep all other pins; drop those nobody needs.

    An upstream that cannot be resolved keeps the pin that it has, and does not hold up the others.
    """
    pins: dict[Reference, Pin] = {}
    changes: list[Difference] = []
    failures: list[EngineError] = []
    for upstream in lineage.upstreams:
        old = lock.pin(upstream)
        if old is not None:
            pins[upstream] = old
            if upstream not in upgrade:
                continue
        tell(upstream)
        try:
            pins[upstream] = resolve(upstream, engine, manifests, local=local or (old is not None and old.local))
        except EngineError as error:
            failures.append(error)
        else:
            changes += _change(old, pins[upstream])
    gone = [d for d in differences(lineage.upstreams, lock) if d.upstream not in lineage.upstreams]
    return Locking(Lock(lineage.project, pins), (*changes, *gone), tuple(failures))


def _change(old: Pin | None, new: Pin) -> list[Difference]:
    if old is None:
        return [Difference(new.upstream, f"locked to {new.digest}", new)]
    change = moved(old, new)
    return [change] if change else []


def check(lineage: Lineage, lock: Lock, engine: Resolver, manifests: Manifests, tell: Tell) -> Locking:
    """How the lock differs from what is declared, and from what each locked tag names today.

    An upstream that cannot be resolved does not hold up the others.
    """
    found = list(differences(lineage.upstreams, lock))
    failures: list[EngineError] = []
    for upstream in lineage.upstreams:
        if (old := lock.pin(upstream)) is not None:
            tell(upstream)
            try:
                found += _change(old, resolve(upstream, engine, manifests, local=old.local))
            except EngineError as error:
                failures.append(error)
    return Locking(lock, tuple(found), tuple(failures))
