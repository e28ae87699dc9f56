"""Starting a lineage: the first lineage.yml and template of a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place
from forebear.lineage.reader import read
from forebear.workspace import LINEAGE, Workspace

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE: Final = "templates/base.Dockerfile.j2"

_LINEAGE: Final = """\
# The images of {project}. `forebear schema` prints what may stand here.
lineage: 1
project: {project}
version: 0.1.0

images:
  base:
    from: {upstream}
"""
_DOCKERFILE: Final = """\
FROM {{ parent }}
# What all images of {{ project }} have in common. A further image starts from this one with `from: base`.
ENV LANG=C.UTF-8
"""


def start(folder: Path, project: str | None, upstream: str) -> tuple[str, ...]:
    """Write them; nothing where there is a lineage already, or where what is asked for is no lineage."""
    workspace = Workspace(folder)
    if workspace.exists(LINEAGE):
        raise InputError([Fault(Place(LINEAGE), "there is one already", "edit it, or go to an empty folder")])
    name = project or re.sub(r"[^a-z0-9]+", "-", workspace.root.name.lower()).strip("-") or "project"
    text = _LINEAGE.format(project=name, upstream=upstream).encode()
    read(text)
    files = {LINEAGE: text, TEMPLATE: _DOCKERFILE.encode()}
    return tuple(
        path
        for path, data in files.items()
        if (path == LINEAGE or not workspace.exists(path)) and workspace.write(path, data)
    )
