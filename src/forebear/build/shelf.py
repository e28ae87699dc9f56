"""What a registry has of images: their manifests and configurations, as the plan and the proof see them."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from forebear.build.content import present, with_history
from forebear.engine.facts import facts
from forebear.errors import EngineRefused
from forebear.registry.manifests import OCI_INDEX, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.build.recipe import Present
    from forebear.engine.model import Facts
    from forebear.reference import Reference
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest

CONFIG_LIMIT: Final = 8 << 20
"""How large a configuration may be, in bytes: what is larger is read by no engine."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An image on one platform in a registry: its manifest, and the facts that its configuration tells."""

    manifest: Manifest
    facts: Facts = field(repr=False)

    @property
    def image(self) -> str:
        """The digest of its configuration."""
        return self.manifest.config.digest if self.manifest.config else ""

    @property
    def present(self) -> Present:
        """The image as a plan sees it; its ID is the digest of its manifest."""
        return present(self.facts)

    def is_image(self, identifier: str) -> bool:
        """Whether it is what an engine has under an ID: the digest of the configuration, or of the manifest."""
        return identifier in (self.image, self.manifest.digest)


def look(registry: Registry, reference: Reference) -> tuple[Manifest, dict[str, Seen]] | None:
    """What a registry has under a tag or digest: the manifest or index, and the image on each platform.

    None where there is nothing. Raises EngineError, also for what is no image of a container.
    """
    top = registry.manifest(reference)
    if top is None:
        return None
    return top, {each.facts.platform: each for each in _images(registry, reference, top)}


def _images(registry: Registry, reference: Reference, top: Manifest) -> Iterable[Seen]:
    if not top.is_index:
        yield _seen(registry, reference, top)
        return
    for platform, digest in top.platforms:
        manifest = registry.manifest(at(reference, digest))
        if manifest is None or manifest.is_index:
            raise EngineRefused(f"the registry has no image {digest} for {platform}, which {reference} lists")
        yield _seen(registry, reference, manifest)


def _seen(registry: Registry, reference: Reference, manifest: Manifest) -> Seen:
    if manifest.config is None:
        raise EngineRefused(f"{reference} names a list of images where an image has to be")
    body = registry.read_blob(reference, manifest.config, CONFIG_LIMIT)
    return Seen(manifest, _facts(reference, manifest, body))


def _facts(reference: Reference, manifest: Manifest, body: bytes) -> Facts:
    """The facts of an image from its configuration (OCI image-spec, config.md)."""
    try:
        said: Mapping[str, Any] = json.loads(body)
        found = facts(
            {
                "Id": manifest.digest,
                "Os": str(said["os"]),
                "Architecture": str(said["architecture"]),
                "Variant": str(said.get("variant") or ""),
                "RootFS": {"Layers": [str(each) for each in said["rootfs"]["diff_ids"]]},
                "Config": said.get("config") or {},
            }
        )
        made_by = [str(entry.get("created_by") or "") for entry in said.get("history") or ()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EngineRefused(f"the configuration of {reference} cannot be read") from error
    if len(found.layers) != len(manifest.layers):
        raise EngineRefused(f"{reference} has {len(manifest.layers)} layers, and a configuration for others")
    return replace(with_history(found, made_by), size=sum(layer.size for layer in manifest.layers))


def at(reference: Reference, digest: str) -> Reference:
    """The same repository, by digest."""
    return reference.untagged().with_digest(digest)


def index_of(manifests: Mapping[str, Manifest]) -> Manifest:
    """The index that joins the images of several platforms (OCI image-spec, image-index.md): same ones, same bytes."""
    entries = [
        {"mediaType": each.media_type, "digest": each.digest, "size": len(each.body), "platform": _platform(name)}
        for name, each in sorted(manifests.items())
    ]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return read(json.dumps(document, separators=(",", ":")).encode(), OCI_INDEX)


def _platform(name: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False))


def note(annotations: Mapping[str, str]) -> Manifest:
    """An index that lists nothing and only says something: a manifest that needs no blob."""
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "annotations": dict(annotations)}
    return read(json.dumps(document, separators=(",", ":")).encode(), OCI_INDEX)


def remove_tag(registry: Registry, reference: Reference, digest: str) -> None:
    """Remove a tag that names `digest`, and nothing else. Raises EngineRefused where the registry does not remove.

    Registries that delete by digest only (distribution before version 3) get the tag moved to a manifest of its own
    first, which is then deleted: deleted by the image's own digest, every tag of the image would go.
    """
    try:
        registry.delete(reference)
    except EngineRefused:
        _remove_by_digest(registry, reference, digest)


def _remove_by_digest(registry: Registry, reference: Reference, digest: str) -> None:
    empty = note({"forebear.removed": secrets.token_hex(8)})
    registry.put(reference, empty)
    try:
        registry.delete(at(reference, empty.digest))
    except EngineRefused:
        if (manifest := registry.manifest(at(reference, digest))) is not None:
            registry.put(reference, manifest)
        raise
