"""Compose files: the images of services, of volumes and of build contexts, and Dockerfiles in them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.dotenv import variables
from forebear.pins.audit.inline import inline
from forebear.pins.audit.interpolation import interpolate, substituted
from forebear.pins.audit.nodes import ANY, Mapping, Node, at, scalars
from forebear.pins.audit.written import Written, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Trouble, Use

_HINT: Final = re.compile("image|dockerfile_inline")
_SCHEME: Final = "docker-image://"


def read(data: bytes, path: str, environment: bytes = b"") -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has a path
    """The uses of a compose file (compose specification, "services", "build"; the first format without `services` too).

    A service with `build` names what it builds, so that its image is a local one. `environment` is the `.env` file
    beside it.
    """
    yield from read_yaml(data, _Service(variables(environment)).uses, _HINT)


class _Service:
    """Reads services by the same environment."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.expand = partial(interpolate, known=known)

    def uses(self, file: Written, root: Node) -> Iterator[Use | Trouble | None]:
        where = ("services", ANY) if at(root, "services") else (ANY,)
        for service in at(root, *where):
            if isinstance(service, Mapping):
                yield from self.of(file, service)
        for text in scalars(root, *where, "build", "dockerfile_inline"):
            yield from inline(file, text, substituted(text.text, self.known) or text.text)

    def of(self, file: Written, service: Mapping) -> Iterator[Use | None]:
        built = bool(at(service, "build"))
        for image in scalars(service, "image"):
            yield file.use(image, "image of a service", self.expand, local=built)
        for volume in at(service, "volumes", ANY):
            if any(kind.text == "image" for kind in scalars(volume, "type")):
                yield from (file.use(image, "image of a volume", self.expand) for image in scalars(volume, "source"))
        for context in scalars(service, "build", "additional_contexts", ANY):
            name, scheme, _ = context.text.partition(_SCHEME)
            if scheme and (not name or name.endswith("=")):
                yield file.use(context, "additional context", self.expand, prefix=name + scheme)
