"""Reading what the engine says of an image: its JSON in, frozen facts out."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.model import EngineInfo, Facts, Listed, Resolved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LAST: Final = string.digits + string.ascii_lowercase
_CONFIG: Final = (
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
)
"""What a container gets of an image's configuration (OCI image-spec, config.md, "config", and Docker's additions)."""


def facts(image: Mapping[str, Any]) -> Facts:
    """The facts of an image, from the answer to `GET /images/NAME/json`."""
    config = image.get("Config") or {}
    return Facts(
        id=image["Id"],
        platform=platform(image["Os"], image["Architecture"], image.get("Variant", "")),
        layers=tuple((image.get("RootFS") or {}).get("Layers") or ()),
        config=tuple((name, json.dumps(config[name], sort_keys=True)) for name in _CONFIG if config.get(name)),
        labels=tuple(sorted((config.get("Labels") or {}).items())),
        history=None,
        triggers=len(config.get("OnBuild") or ()),
        size=int(image.get("Size", 0)),
    )


def steps(history: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What made each entry in the answer to `GET /images/NAME/history`, newest first."""
    return tuple(entry.get("CreatedBy") or "" for entry in history)


def listed(image: Mapping[str, Any]) -> Listed:
    """An image of the answer to `GET /images/json`; an engine may write "<none>:<none>" where it has no tag."""
    tags = (tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>")
    return Listed(image["Id"], tuple(tags), image.get("Labels") or {})


def platform(system: str, architecture: str, variant: str = "") -> str:
    """A platform as os/arch[/variant], in the words of the OCI image-spec.

    Engines name their own architecture as uname does; arm64's variant v8 is the only one and is left out,
    as containerd's platform normalisation does.
    """
    architecture = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}.get(architecture, architecture)
    if architecture == "arm64" and variant == "v8":
        variant = ""
    return "/".join(filter(None, (system, architecture, variant)))


def patterns(folder: str, parts: int) -> list[str]:
    """Patterns of references that share out a folder's repositories by the last letter of their names.

    A name ends in a small letter or a digit (OCI distribution-spec, "Pulling manifests").
    """
    if parts == 1:
        return [f"{folder}/*:*"]
    return [f"{folder}/*[{_LAST[part::parts]}]:*" for part in range(parts)]


def info(host: str, said: Mapping[str, Any], versions: Mapping[str, Any]) -> EngineInfo:
    """What an engine says of itself (Docker Engine API, SystemInfo and SystemVersion)."""
    return EngineInfo(
        host=host,
        version=versions["Version"],
        api=versions["ApiVersion"],
        store=store(said),
        platform=platform(versions["Os"], versions["Arch"]),
    )


def store(said: Mapping[str, Any]) -> str:
    """Where an engine keeps its images: containerd, or a storage driver (Docker Engine API, SystemInfo)."""
    driver = dict(pair[:2] for pair in said.get("DriverStatus") or () if len(pair) >= 2)
    containerd = driver.get("driver-type", "").startswith("io.containerd.snapshotter")
    return "containerd" if containerd else str(said["Driver"])


def resolved(said: Mapping[str, Any]) -> Resolved:
    """What an engine says of a registry's tag (Docker Engine API, DistributionInspect)."""
    descriptor = said["Descriptor"]
    platforms = [platform(p["os"], p["architecture"], p.get("variant", "")) for p in said.get("Platforms") or ()]
    return Resolved(descriptor["digest"], descriptor["mediaType"], tuple(platforms))
