"""Resolving by asking registries ourselves: for mirrors that no engine knows of, and where there is no engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from forebear.engine.model import Resolved
from forebear.errors import EngineRefused
from forebear.reference import Reference
from forebear.registry.manifests import platform

if TYPE_CHECKING:
    from collections.abc import Collection

    from forebear.engine.model import Facts
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest


class Resolver(Protocol):
    """What finds out what a tag names: an engine does."""

    def resolve(self, reference: str) -> Resolved | None:
        """What the registry has under a tag; None where there is nothing."""

    def inspect(self, reference: str) -> Facts | None:
        """The engine's own image of that name; None where it has none."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """An engine, but for the registries that have a mirror: those are asked by forebear itself.

    Without `mirrored` all are: that is for when there is no engine.
    """

    engine: Resolver
    registry: Registry
    mirrored: Collection[str] | None

    def resolve(self, reference: str) -> Resolved | None:
        """What the mirror, or else the registry, has under a tag; None where there is nothing."""
        upstream = Reference.parse(reference)
        if self.mirrored is not None and upstream.registry not in self.mirrored:
            return self.engine.resolve(reference)
        found = self.registry.manifest(upstream)
        if found is None:
            return None
        return Resolved(found.digest, found.media_type, self._platforms(upstream, found))

    def inspect(self, reference: str) -> Facts | None:
        """The engine's own image of that name; None where it has none."""
        return self.engine.inspect(reference)

    def _platforms(self, upstream: Reference, found: Manifest) -> tuple[str, ...]:
        if found.config is None:
            return tuple(name for name, _ in found.platforms)
        try:
            configuration: Any = json.loads(self.registry.read_blob(upstream, found.config))
            return (platform(configuration),)
        except (ValueError, AttributeError, RecursionError) as error:
            raise EngineRefused(f"the configuration of {upstream.familiar} cannot be read") from error
