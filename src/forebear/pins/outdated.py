"""How upstreams stand today: newer tags, tags that moved, what was deleted, and what a change would rebuild."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from forebear.errors import EngineError, EngineUnreachable
from forebear.pins import schemes
from forebear.pins.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forebear.lineage.constraints import Constraint
    from forebear.lineage.graph import Family
    from forebear.pins.lock import Lock, Pin
    from forebear.reference import Reference


class Registries(Protocol):
    """What is asked of registries."""

    def digest(self, reference: Reference) -> str | None:
        """The digest of what a reference names; None where there is no such thing."""

    def tags(self, repository: Reference) -> tuple[str, ...]:
        """All tags of a repository."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an upstream stands.

    `locked` is the digest that lineage.yml or the lock fixes (an image ID, where the lock is `local`), `today` the one
    that the tag names now. `newest` is the newest tag that the `constraint` allows, `beyond` the newest of all, where
    that is another. `rebuilds` are the images that depend on it, parents first. `failures` are what could not be found
    out.
    """

    upstream: Reference
    locked: str | None = None
    local: bool = False
    today: str | None = None
    newest: str | None = None
    beyond: str | None = None
    constraint: str | None = None
    tag_deleted: bool = False
    digest_deleted: bool = False
    rebuilds: tuple[str, ...] = ()
    failures: tuple[EngineError, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the tag names something else than what is locked."""
        return self.locked is not None and self.today is not None and self.today != self.locked

    @property
    def outdated(self) -> bool:
        """Whether there is something to be done about it."""
        return self.moved or self.tag_deleted or self.digest_deleted or self.newest is not None


def standings(
    family: Family,
    lock: Lock,
    upstreams: Sequence[Reference],
    registries: Registries,
    tell: Callable[[Reference], None],
) -> tuple[Standing, ...]:
    """How each of some upstreams of a family stands; several are asked about at once, and none holds up the others.

    A registry that cannot be reached is not waited for again.
    """
    dependants = _dependants(family, upstreams)
    away: dict[str, EngineUnreachable] = {}

    def look(upstream: Reference) -> Standing:
        tell(upstream)
        wanted = family.lineage.constraint(upstream)
        standing = _begun(upstream, lock.pin(upstream))
        standing = replace(standing, constraint=wanted.text if wanted else None, rebuilds=dependants[upstream])
        if upstream.registry in away:
            return replace(standing, failures=(away[upstream.registry],))
        standing = _with_tags(_with_digests(standing, registries), registries, wanted)
        away.update((upstream.registry, each) for each in standing.failures if isinstance(each, EngineUnreachable))
        return standing

    return tuple(in_parallel(look, upstreams))


def _dependants(family: Family, upstreams: Sequence[Reference]) -> dict[Reference, tuple[str, ...]]:
    """The images that start from or use each upstream, and their descendants, parents first."""
    direct: dict[Reference, set[str]] = {upstream: set() for upstream in upstreams}
    for image in family.lineage.images.values():
        for upstream in image.upstreams:
            direct.get(upstream, set()).add(image.name)
    found: dict[Reference, tuple[str, ...]] = {}
    for upstream, names in direct.items():
        below = names.union(*(family.descendants(name) for name in names))
        found[upstream] = tuple(name for name in family.order if name in below)
    return found


def _begun(upstream: Reference, pin: Pin | None) -> Standing:
    locked = upstream.digest or (pin.digest if pin else None)
    return Standing(upstream, locked, local=pin is not None and pin.local)


def _with_digests(standing: Standing, registries: Registries) -> Standing:
    """What its tag names now, and whether what is locked is still there."""
    upstream = standing.upstream
    try:
        today = registries.digest(replace(upstream, digest=None)) if upstream.tag else None
        deleted = upstream.tag is not None and today is None and not standing.local
        standing = replace(standing, today=today, tag_deleted=deleted)
        if standing.locked is None or standing.local or today == standing.locked:
            return standing
        there = registries.digest(upstream.untagged().with_digest(standing.locked))
        return replace(standing, digest_deleted=there is None)
    except EngineError as error:
        return replace(standing, failures=(error,))


def _with_tags(standing: Standing, registries: Registries, wanted: Constraint | None) -> Standing:
    """Which newer tags there are; nothing where the upstream's tag is no version, or its registry is away."""
    tag = standing.upstream.tag
    if tag is None or schemes.read(tag) is None or standing.failures:
        return standing
    try:
        tags = registries.tags(standing.upstream)
    except EngineError as error:
        return replace(standing, failures=(error,))
    newest, last = schemes.newer(tag, tags, wanted), schemes.newer(tag, tags)
    return replace(standing, newest=newest, beyond=last if last != newest else None)
