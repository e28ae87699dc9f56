"""Compose files: the images of services, of volumes and of build contexts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.interpolation import interpolate
from forebear.pins.audit.nodes import ANY, Mapping, Node, at, scalars
from forebear.pins.audit.written import Written, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Trouble, Use

_HINT: Final = re.compile("image")
_SCHEME: Final = "docker-image://"


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has it
    """The uses of a compose file (compose specification, "services", "build"; the first format without `services` too).

    A service with `build` names what it builds, so that its image is a local one.
    """
    yield from read_yaml(data, _uses, _HINT)


def _uses(file: Written, root: Node) -> Iterator[Use | None]:
    services = at(root, "services", ANY) if at(root, "services") else at(root, ANY)
    for service in services:
        if isinstance(service, Mapping):
            yield from _service(file, service)


def _service(file: Written, service: Mapping) -> Iterator[Use | None]:
    built = bool(at(service, "build"))
    for image in scalars(service, "image"):
        yield file.use(image, "image of a service", interpolate, local=built)
    for volume in at(service, "volumes", ANY):
        if any(kind.text == "image" for kind in scalars(volume, "type")):
            yield from (file.use(image, "image of a volume", interpolate) for image in scalars(volume, "source"))
    for context in scalars(service, "build", "additional_contexts", ANY):
        name, scheme, _ = context.text.partition(_SCHEME)
        if scheme and (not name or name.endswith("=")):
            yield file.use(context, "additional context", interpolate, prefix=name + scheme)
