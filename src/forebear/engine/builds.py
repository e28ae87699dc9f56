"""Pure: a build request as the parameters of `POST /build`, for BuildKit and for the classic builder."""

from __future__ import annotations

import json
from typing import Final

from forebear.engine.model import Builder, BuildRequest, Capabilities

TAR: Final = {"Content-Type": "application/x-tar"}

EPOCH: Final = "SOURCE_DATE_EPOCH"
"""The build argument from which BuildKit takes the time of what it makes (BuildKit, docs/build-repro.md)."""

_OUTPUT: Final = {"Type": "image", "Attrs": {"dangling-name-prefix": "moby-dangling", "rewrite-timestamp": "true"}}
"""An image without a tag, whose new layers carry the epoch.

The prefix is the one that the engine itself gives to what has no tag (moby, builder/builder-next), so that
tagging the image makes an end of it; see BuildKit, docs/build-repro.md, for the rewriting.
"""

_LAYERS: Final = {"Type": "image", "Attrs": {"store": "false", "compression": "uncompressed"}}
"""Layers in the cache, and no image."""


def passes(request: BuildRequest, capabilities: Capabilities) -> tuple[dict[str, str], ...]:
    """The queries of `POST /build` that make an image, one after the other; the last one makes it.

    BuildKit compresses each new layer, and where it sets the times in it, reads and compresses it once more; a layer
    that the cache has uncompressed it compresses only then (BuildKit, cache/blobs.go and util/converter). So large
    ones are made uncompressed first. Without the cache that cannot be.
    """
    query = parameters(request, capabilities)
    if request.large and capabilities.rewrites_timestamps and not request.fresh:
        return query | {"outputs": json.dumps([_LAYERS])}, query
    return (query,)


def parameters(request: BuildRequest, capabilities: Capabilities) -> dict[str, str]:
    """The query of `POST /build` (Docker Engine API, ImageBuild).

    No proxy, no host name and no clock is added.
    """
    query = {
        "buildargs": json.dumps(dict(_arguments(request, capabilities))),
        "labels": json.dumps(dict(request.labels)),
        "platform": request.platform,
        "dockerfile": request.dockerfile,
        "rm": "1",
        "forcerm": "1",
    }
    if request.fresh:
        query["nocache"] = "1"
    if request.target:
        query["target"] = request.target
    if capabilities.builder is Builder.BUILDKIT:
        query["version"] = "2"
    if capabilities.rewrites_timestamps:
        query["outputs"] = json.dumps([_OUTPUT])
    return query


def _arguments(request: BuildRequest, capabilities: Capabilities) -> tuple[tuple[str, str], ...]:
    """The build arguments; the classic builder would put the epoch into every layer's cache key, to no end."""
    if capabilities.builder is Builder.CLASSIC:
        return request.args
    return ((EPOCH, str(request.epoch)), *request.args)
