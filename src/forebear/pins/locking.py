"""Writing and checking the lock: which upstreams to resolve, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import EngineError
from forebear.pins.lock import Lock, Pin
from forebear.pins.parallel import in_parallel
from forebear.pins.resolve import Difference, Manifests, differences, moved, resolve
from forebear.reference import Reference

if TYPE_CHECKING:
    from forebear.lineage.model import Lineage
    from forebear.pins.mirrored import Resolver

Tell = Callable[[Reference], None]
"""Told of each upstream before any is resolved."""


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
    pins = {upstream: old for upstream in lineage.upstreams if (old := lock.pin(upstream)) is not None}
    wanted = [upstream for upstream in lineage.upstreams if upstream not in pins or upstream in upgrade]
    changes: list[Difference] = []
    failures: list[EngineError] = []
    at_hand = {upstream for upstream in wanted if local or ((old := lock.pin(upstream)) is not None and old.local)}
    for found in _resolved(wanted, engine, manifests, tell, at_hand):
        if isinstance(found, EngineError):
            failures.append(found)
        else:
            pins[found.upstream] = found
            changes += _change(lock.pin(found.upstream), found)
    kept = {upstream: pins[upstream] for upstream in lineage.upstreams if upstream in pins}
    gone = [d for d in differences(lineage.upstreams, lock) if d.upstream not in lineage.upstreams]
    return Locking(Lock(lineage.project, kept), (*changes, *gone), tuple(failures))


def _resolved(
    upstreams: Sequence[Reference], engine: Resolver, manifests: Manifests, tell: Tell, local: Collection[Reference]
) -> list[Pin | EngineError]:
    """What each upstream names today, or why that cannot be known, in their order; several are asked about at once."""

    def one(upstream: Reference) -> Pin | EngineError:
        try:
            return resolve(upstream, engine, manifests, local=upstream in local)
        except EngineError as error:
            return error

    for upstream in upstreams:
        tell(upstream)
    return in_parallel(one, upstreams)


def _change(old: Pin | None, new: Pin) -> list[Difference]:
    if old is None:
        return [Difference(new.upstream, f"locked to {new.digest}", new)]
    change = moved(old, new)
    return [change] if change else []


def check(lineage: Lineage, lock: Lock, engine: Resolver, manifests: Manifests, tell: Tell) -> Locking:
    """How the lock differs from what is declared, and from what each locked tag names today.

    An upstream that cannot be resolved does not hold up the others.
    """
    pins = [pin for upstream in lineage.upstreams if (pin := lock.pin(upstream)) is not None]
    local = {pin.upstream for pin in pins if pin.local}
    today = _resolved([pin.upstream for pin in pins], engine, manifests, tell, local)
    changed = (d for old, new in zip(pins, today, strict=True) if isinstance(new, Pin) for d in _change(old, new))
    found = (*differences(lineage.upstreams, lock), *changed)
    return Locking(lock, found, tuple(each for each in today if isinstance(each, EngineError)))
