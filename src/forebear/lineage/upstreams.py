"""By which names an upstream is meant on the command line and in lineage.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.reference import Reference


def names_of(upstream: Reference) -> tuple[str, ...]:
    """A whole reference, a repository's name with or without its registry, or the last part of that."""
    name = upstream.repository
    return str(upstream), upstream.familiar, upstream.name, name, name.rpartition("/")[2]


def named(name: str, upstreams: Iterable[Reference]) -> tuple[Reference, ...]:
    """The upstreams that a name means; perhaps several tags of one repository."""
    return tuple(upstream for upstream in upstreams if name in names_of(upstream))
