"""A project as its files say it: the lineage, the lock, and every Dockerfile as the templates render it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Final

from forebear import companions, memo
from forebear.errors import Fault, InputError, Place
from forebear.halves import shared
from forebear.lineage.graph import Family
from forebear.lineage.model import MAX_BYTES, SCRATCH
from forebear.lineage.packed import pack, unpack
from forebear.pins import lock as locks
from forebear.pins.lock import Lock
from forebear.reference import DOCKER_HUB, Reference
from forebear.workspace import LINEAGE, TEMPLATES, Workspace, find_root

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Collection, Iterable, Mapping

    from forebear.dockerfile.model import Dockerfile
    from forebear.dockerfile.origins import Origin
    from forebear.dockerfile.rendering import Renderer, Request, TemplateFault
    from forebear.lineage.document import Places
    from forebear.lineage.model import Base, Image, Path

LIMIT: Final = 16 * 1024 * 1024
"""The bytes up to which lineage.lock and what else forebear wrote are read."""

CUTTING: Final = ".forebear/cutting.json"
"""The journal of a cut that is under way, or was stopped."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The Dockerfile of one image: its path below the root, and its text, which was read back and found good.

    `steps` is how many entries it may add to the history of its base, `triggers` how many ONBUILD instructions the
    image has; `bases` gives, for each canonical reference that the text may name, the name of the base that it
    stands for.
    """

    image: Image
    path: str
    text: str
    steps: int
    triggers: int
    bases: Mapping[str, str] = field(hash=False)

    @property
    def dockerfile(self) -> Dockerfile:
        """The text, read for the first platform that is declared, if any is."""
        return self.on(next(iter(self.image.platforms), None))

    def on(self, platform: str | None) -> Dockerfile:
        """The text, read for a platform."""
        from forebear.dockerfile.reader import read

        return read(self.text, args=dict(self.image.args), platform=platform)


@dataclass(frozen=True, slots=True)
class Companion:
    """A file beside the Dockerfiles that names images of the family, as it ought to be."""

    path: str
    text: str


@dataclass(frozen=True)
class Project:
    """The files of a project, read and checked; `declaration` is what lineage.yml holds."""

    workspace: Workspace
    family: Family
    lock: Lock
    declaration: bytes = b""

    @property
    def folder(self) -> str:
        """The registry and folder that all its images are in: docker.io/firethorn."""
        lineage = self.family.lineage
        return f"{lineage.registry or DOCKER_HUB}/{lineage.project}"

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
        order = (name for name in self.family.order if chosen is None or name in chosen)
        return self._with_bases(self._texts(order))

    def rendered(self) -> dict[str, Rendered]:
        """As `render` for all images, but not anew where nothing that they are rendered from has changed."""
        templates = self.workspace.fingerprint(TEMPLATES)
        if templates is None:
            return self.render()
        key = memo.key("rendered", self.declaration, locks.write(self.lock), templates)
        return self._with_bases(json.loads(memo.recall(key, lambda: json.dumps(self._texts(self.family.order)))))

    def companions(self) -> tuple[Companion, ...]:
        """The compose files at the top, as they ought to be. Raises InputError."""
        images = self.family.lineage.images.values()
        there = [name for name in companions.NAMES if self.workspace.exists(name)]
        texts = {name: self.workspace.read_text(name, limit=LIMIT) for name in there}
        return tuple(Companion(name, companions.renewed(text, images)) for name, text in texts.items())

    def write(self, rendered: Iterable[Rendered | Companion]) -> tuple[str, ...]:
        """Write Dockerfiles and their like; the paths of those that changed. Raises InputError."""
        return self.workspace.write_all((each.path, each.text.encode()) for each in rendered)

    def _texts(self, names: Iterable[str]) -> list[tuple[str, str, int, int]]:
        """The name, the text, the steps and the triggers of each image."""
        _ = self._renderer  # its libraries come in once for both halves
        parts = shared(self._texts_and_faults, tuple(names))
        if faults := [fault for _, found in parts for fault in found]:
            raise InputError(dict.fromkeys(faults))
        return [each for texts, _ in parts for each in texts]

    def _texts_and_faults(self, names: Iterable[str]) -> tuple[list[tuple[str, str, int, int]], list[Fault]]:
        texts: list[tuple[str, str, int, int]] = []
        faults: list[Fault] = []
        for name in names:
            try:
                texts.append((name, *self._text(self.family.lineage.images[name])))
            except InputError as error:
                faults += error.faults
        return texts, faults

    def _with_bases(self, texts: Iterable[tuple[str, str, int, int]]) -> dict[str, Rendered]:
        images = self.family.lineage.images
        return {name: self._rendered(images[name], text, *counts) for name, text, *counts in texts}

    def _rendered(self, image: Image, text: str, steps: int, triggers: int) -> Rendered:
        bases = {_canonical(self.pinned(base)): str(base) for base in image.bases if not base.is_scratch}
        return Rendered(image, image.dockerfile_path, text, steps, triggers, bases)

    @cached_property
    def _renderer(self) -> Renderer:
        from forebear.dockerfile.rendering import Renderer

        return Renderer(self.workspace.template_loader())

    def origins(self, image: Image) -> tuple[Origin | None, ...]:
        """Which line of which template each line of an image's Dockerfile comes from."""
        return self._renderer.origins(image.template, self._request(image))

    def _request(self, image: Image) -> Request:
        """What the template of an image sees."""
        from forebear.dockerfile.rendering import ImageView, Request

        return Request(
            image=ImageView(image.name, image.version, image.reference.familiar),
            project=self.family.lineage.project,
            version=self.family.lineage.version,
            parent=self.pinned(image.base),
            uses={alias: self.pinned(base) for alias, base in image.uses},
            vars=image.vars,
        )

    def _text(self, image: Image) -> tuple[str, int, int]:
        """The text of an image's Dockerfile, its steps and its triggers, on whichever platform has the most."""
        from forebear.dockerfile.rendering import TemplateFault

        request = self._request(image)
        try:
            text = self._renderer.render(image.template, request)
        except TemplateFault as error:
            raise InputError([_template_fault(error, image)]) from error
        known = [each.name for each in self.family.lineage.secrets]
        read = _read_back(text, image, request, known)
        return text, max(each.steps(image.target) for each in read), max(each.triggers(image.target) for each in read)


def load(start: pathlib.Path) -> Project:
    """Read the project around a folder; raises InputError with the faults of lineage.yml, or of the lock."""
    workspace = Workspace(find_root(start))
    declaration = workspace.read(LINEAGE, limit=MAX_BYTES)
    lineage, order = unpack(
        memo.recall(memo.key("lineage", declaration), lambda: _packed(declaration)),
        partial(_place, declaration),
    )
    return Project(workspace, Family(lineage, order), _lock(workspace, lineage.project), declaration)


def _packed(declaration: bytes) -> str:
    from forebear.lineage.reader import read

    lineage = read(declaration, LINEAGE)
    return pack(lineage, Family(lineage).order)


def _place(declaration: bytes, path: Path) -> Place:
    return _places(declaration).value(path)


@lru_cache(maxsize=1)
def _places(declaration: bytes) -> Places:
    """Found out when the first message needs one."""
    from forebear.lineage.document import load

    return load(declaration, LINEAGE).places


@lru_cache(maxsize=1 << 14)
def _canonical(reference: str) -> str:
    """A parent is the base of many."""
    return str(Reference.parse(reference))


def _lock(workspace: Workspace, project: str) -> Lock:
    if not workspace.exists(locks.FILE):
        return Lock(project)
    return locks.read(workspace.read(locks.FILE, limit=LIMIT), project)


def _template_fault(error: TemplateFault, image: Image) -> Fault:
    return Fault(Place(f"templates/{error.template}", error.line), f"{error.problem} (image {image.name})")


def _read_back(text: str, image: Image, request: Request, secrets: Collection[str]) -> list[Dockerfile]:
    """Read a rendered Dockerfile for each of its platforms; it must name nothing that lineage.yml does not declare."""
    from forebear.dockerfile import declared
    from forebear.dockerfile.model import DockerfileFault
    from forebear.dockerfile.reader import read

    path = image.dockerfile_path
    try:
        dockerfiles = [read(text, args=dict(image.args), platform=each) for each in image.platforms or (None,)]
        judge = partial(declared.faults, file=path, parent=request.parent, uses=request.uses.values())
        found = [fault for each in dockerfiles for fault in judge(each, target=image.target, known=secrets)]
    except DockerfileFault as error:
        hint = f"that is what templates/{image.template} renders; correct the template"
        raise InputError([Fault(Place(path, error.line), error.problem, hint)]) from error
    if found:
        raise InputError(dict.fromkeys(found))
    return dockerfiles
