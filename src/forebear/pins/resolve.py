"""Resolving upstreams: from a tag to the digest that it names today."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import EngineError
from forebear.pins.lock import Lock, Pin
from forebear.reference import Reference

if TYPE_CHECKING:
    from forebear.engine.model import Resolved
    from forebear.pins.mirrored import Resolver

Manifests = Callable[[Reference], tuple[tuple[str, str], ...]]
"""Gives the digest of each platform's manifest that an index (by digest) lists."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How the lock differs from what is declared and what the registry has; `pin` is what it should be."""

    upstream: Reference
    problem: str
    pin: Pin | None


def resolve(upstream: Reference, engine: Resolver, manifests: Manifests, *, local: bool) -> Pin:
    """Find what an upstream names today.

    The registry's word counts, asked through the engine. An image that only the engine has (imported, never
    pushed) is pinned by its ID. Where the registry cannot be asked, that is done only if `local` says so:
    a network that is away must not turn a published upstream into a local one.
    Raises EngineError where neither has it.
    """
    try:
        resolved = engine.resolve(str(upstream))
    except EngineError as error:
        if local and (pin := _local(upstream, engine)):
            return pin
        raise EngineError(
            f"{upstream.familiar} cannot be resolved: {error.problem}",
            error.action or "try again, or lock what the engine has under that name: forebear lock --local",
        ) from error
    if resolved is not None:
        return Pin(upstream, resolved.digest, platforms=_platforms(upstream, resolved, manifests))
    if pin := _local(upstream, engine):
        return pin
    raise EngineError(f"neither its registry nor the engine has {upstream.familiar}", "see its spelling in lineage.yml")


def _platforms(upstream: Reference, resolved: Resolved, manifests: Manifests) -> tuple[tuple[str, str], ...]:
    if resolved.is_index:
        return manifests(upstream.untagged().with_digest(resolved.digest))
    return tuple((platform, resolved.digest) for platform in resolved.platforms[:1])


def _local(upstream: Reference, engine: Resolver) -> Pin | None:
    facts = engine.inspect(upstream.familiar)
    return Pin(upstream, facts.id, local=True) if facts else None


def differences(upstreams: Iterable[Reference], lock: Lock) -> tuple[Difference, ...]:
    """How a lock differs from what is declared, without asking anybody."""
    declared = tuple(upstreams)
    missing = (Difference(ref, "is not locked", None) for ref in declared if lock.pin(ref) is None)
    needless = (
        Difference(ref, "is locked, but no image starts from it", None)
        for ref in sorted(lock.pins, key=str)
        if ref not in declared
    )
    return (*missing, *needless)


def moved(pin: Pin, today: Pin) -> Difference | None:
    """Whether an upstream names something else today than what is locked."""
    if (pin.digest, pin.local) == (today.digest, today.local):
        return None
    if pin.local == today.local:
        problem = f"moved from {pin.digest} to {today.digest}"
    elif today.local:
        problem = f"is no longer in its registry, only on the engine, as {today.digest}"
    else:
        problem = f"is now in its registry, as {today.digest}"
    return Difference(pin.upstream, problem, today)
