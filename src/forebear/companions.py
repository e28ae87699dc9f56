"""Pure: the compose files at the top of a project, whose `image:` lines name images of the family at their versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.lineage.model import Image

NAMES: Final = ("builder.yml", "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Those that are read: the builder's own, and the default files of Compose (Compose specification, "Compose file")."""


def renewed(text: str, images: Iterable[Image]) -> str:
    """The text of a compose file with each image of the family at its version; nothing else in it changes."""
    versions = {name: image.version for image in images for name in (image.reference.name, _familiar(image))}
    if not versions:
        return text
    names = "|".join(map(re.escape, sorted(versions, key=len, reverse=True)))
    line = re.compile(rf"""^([ \t]*(?:-[ \t]+)?image:[ \t]*["']?)({names}):[\w.-]+""", re.MULTILINE)
    return line.sub(lambda found: f"{found[1]}{found[2]}:{versions[found[2]]}", text)


def _familiar(image: Image) -> str:
    return image.reference.familiar.rpartition(":")[0]
