"""A project as its files say it: the lineage, the lock, and every Dockerfile as the templates render it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from forebear.dockerfile import declared
from forebear.dockerfile.model import Dockerfile, DockerfileFault
from forebear.dockerfile.reader import read as read_dockerfile
from forebear.errors import Fault, InputError, Place
from forebear.lineage.graph import Family
from forebear.lineage.model import SCRATCH, Base, Image
from forebear.lineage.reader import read as read_lineage
from forebear.pins import lock as locks
from forebear.pins.lock import Lock
from forebear.reference import Reference
from forebear.workspace import LINEAGE, Workspace, find_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from forebear.dockerfile.rendering import Renderer, Request, TemplateFault

LIMIT: Final = 16 * 1024 * 1024
"""The size in bytes up to which lineage.yml and lineage.lock are read: 10,000 images take 2 MiB."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The Dockerfile of one image: its path below the root, its text, and what the text was read as.

    `bases` gives, for each canonical reference that the text may name, the name of the base that it stands for.
    """

    image: Image
    path: str
    text: str
    dockerfile: Dockerfile
    bases: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Project:
    """The files of a project, read and checked."""

    workspace: Workspace
    family: Family
    lock: Lock

    def pinned(self, base: Base) -> str:
        """The reference by which a Dockerfile names a base: an image at its version, an upstream at its digest."""
        if base.image is not None:
            return self.family.lineage.images[base.image].reference.familiar
        if base.upstream is not None:
            pin = self.lock.pin(base.upstream)
            return str(pin.reference if pin else base.upstream)
        return SCRATCH

    def render(self, names: Iterable[str] | None = None) -> dict[str, Rendered]:
        """Render the Dockerfiles of some images, or of all, by name, parents first.

        Raises InputError with the faults of all of them.
        """
        chosen = None if names is None else frozenset(names)
        rendered: dict[str, Rendered] = {}
        faults: list[Fault] = []
        for name in self.family.order:
            if chosen is None or name in chosen:
                try:
                    rendered[name] = self._render(self.family.lineage.images[name])
                except InputError as error:
                    faults += error.faults
        if faults:
            raise InputError(dict.fromkeys(faults))
        return rendered

    @cached_property
    def _renderer(self) -> Renderer:
        from forebear.dockerfile.rendering import Renderer

        return Renderer(self.workspace.template_loader())

    def _render(self, image: Image) -> Rendered:
        from forebear.dockerfile.rendering import ImageView, Request, TemplateFault

        uses = {alias: self.pinned(base) for alias, base in image.uses}
        request = Request(
            image=ImageView(image.name, image.version, image.reference.familiar),
            project=self.family.lineage.project,
            version=self.family.lineage.version,
            parent=self.pinned(image.base),
            uses=uses,
            vars=image.vars,
        )
        try:
            text = self._renderer.render(image.template, request)
        except TemplateFault as error:
            raise InputError([_template_fault(error, image)]) from error
        path = f"{image.context}/Dockerfile"
        bases = {str(Reference.parse(self.pinned(base))): str(base) for base in image.bases if not base.is_scratch}
        return Rendered(image, path, text, _read_back(text, path, image, request), bases)


def load(start: Path) -> Project:
    """Read the project around a folder; raises InputError with the faults of lineage.yml, or of the lock."""
    workspace = Workspace(find_root(start))
    lineage = read_lineage(workspace.read(LINEAGE, limit=LIMIT), LINEAGE)
    return Project(workspace, Family(lineage), _lock(workspace, lineage.project))


def _lock(workspace: Workspace, project: str) -> Lock:
    if not workspace.exists(locks.FILE):
        return Lock(project)
    return locks.read(workspace.read(locks.FILE, limit=LIMIT), project)


def _template_fault(error: TemplateFault, image: Image) -> Fault:
    return Fault(Place(f"templates/{error.template}", error.line), f"{error.problem} (image {image.name})")


def _read_back(text: str, path: str, image: Image, request: Request) -> Dockerfile:
    """Read a rendered Dockerfile, and make sure that it names nothing that lineage.yml does not declare."""
    try:
        dockerfile = read_dockerfile(text, args=dict(image.args))
        found = declared.faults(
            dockerfile, file=path, parent=request.parent, uses=request.uses.values(), target=image.target
        )
    except DockerfileFault as error:
        hint = f"that is what templates/{image.template} renders; correct the template"
        raise InputError([Fault(Place(path, error.line), error.problem, hint)]) from error
    if found:
        raise InputError(found)
    return dockerfile
