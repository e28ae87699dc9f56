"""Pure: what a registry holds under a tag: manifests, and what they describe (OCI image specification)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from forebear.errors import EngineRefused
from forebear.reference import is_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES: Final = (OCI_INDEX, DOCKER_INDEX)
KNOWN: Final = (*INDEXES, OCI_MANIFEST, DOCKER_MANIFEST)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What names a blob or a manifest (OCI image-spec, descriptor.md); `size` in bytes.

    `platform` is os/arch[/variant], empty where none is said; `annotations` are sorted.
    """

    media_type: str
    digest: str
    size: int
    platform: str = ""
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as its registry holds it, byte for byte, and what it says.

    An image has a `config` and `layers`, lowest first; an index has `entries`. `digest` is the body's sha256.
    """

    media_type: str
    digest: str
    body: bytes = field(repr=False)
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    entries: tuple[Descriptor, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests, instead of being an image's."""
        return self.config is None

    @property
    def platforms(self) -> tuple[tuple[str, str], ...]:
        """The digest of each platform's manifest that an index lists, sorted; attestations have none."""
        return tuple(sorted((each.platform, each.digest) for each in self.entries if each.platform))


def digest_of(body: bytes, algorithm: str = "sha256") -> str:
    """The digest of bytes."""
    return f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"


def read(body: bytes, media_type: str = "") -> Manifest:
    """The manifest that bytes are; `media_type` is what the registry calls it.

    Raises EngineRefused for what is no manifest, and for one that could be read as an image and as an index
    (OCI image-spec, manifest.md: the two must not be confused).
    """
    try:
        document: Mapping[str, Any] = json.loads(body)
        kind = _kind(document, media_type.partition(";")[0].strip())
        found = _index(document) if kind in INDEXES else _image(document)
        return Manifest(kind, digest_of(body), body, annotations=_annotations(document), **found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EngineRefused(f"the registry sent what is no manifest of an image{_why(error)}") from error


def _why(error: Exception) -> str:
    return f": {error}" if type(error) is ValueError else ""


def _kind(document: Mapping[str, Any], said: str) -> str:
    """The media type: the document's own, else what the registry says, else what its keys suggest."""
    index = "manifests" in document
    if index and ("layers" in document or "config" in document):
        raise ValueError("it could be an index, and could be an image")
    kind = document.get("mediaType") or (said if said in KNOWN else OCI_INDEX if index else OCI_MANIFEST)
    if kind not in KNOWN:
        raise ValueError(f"it is of the type {kind!r:.100}")
    if index is not (kind in INDEXES):
        raise ValueError(f"it is not of the type that it says, {kind}")
    return str(kind)


def _index(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"entries": tuple(_descriptor(each) for each in document["manifests"])}


def _image(document: Mapping[str, Any]) -> dict[str, Any]:
    layers = tuple(_descriptor(each) for each in document["layers"])
    return {"config": _descriptor(document["config"]), "layers": layers}


def _descriptor(said: Mapping[str, Any]) -> Descriptor:
    digest, size = said["digest"], said["size"]
    if not isinstance(digest, str) or not is_digest(digest):
        raise ValueError("it names something by what is no digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("it gives a size that is none")
    where = platform(said.get("platform") or {})
    return Descriptor(str(said.get("mediaType", "")), digest, size, where, _annotations(said))


def platform(said: Mapping[str, Any]) -> str:
    """A platform as os/arch[/variant]; arm64's only variant is left out, as the engine room does.

    Attestations are said to be for unknown/unknown: that is no platform.
    """
    system, architecture, variant = (str(said.get(key) or "") for key in ("os", "architecture", "variant"))
    if system in ("", "unknown"):
        return ""
    shown = "" if (architecture, variant) == ("arm64", "v8") else variant
    return "/".join(filter(None, (system, architecture, shown)))


def _annotations(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found: Mapping[str, Any] = said.get("annotations") or {}
    return tuple(sorted((str(key), str(value)) for key, value in found.items()))
