"""From a project's files to recipes: what each image on each of its platforms is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.build.context import Context, read_context, stream
from forebear.build.key import OCI, Input, digest_of
from forebear.build.make import Source
from forebear.build.readiness import Readiness, look, make_ready
from forebear.build.recipe import BaseKind, Need, Recipe, Target
from forebear.errors import Fault, InputError
from forebear.lineage.model import DOCKERFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from forebear.build.digests import Digests
    from forebear.build.events import Event
    from forebear.lineage.model import Base, Image
    from forebear.pins.lock import Pin
    from forebear.project import Project, Rendered


@dataclass(frozen=True, slots=True)
class Prepared:
    """The recipes of chosen images, parents first, and how to get what stands behind each."""

    rendered: tuple[Rendered, ...]
    recipes: tuple[Recipe, ...]
    pins: Mapping[str, Pin] = field(hash=False)
    source: Callable[[Recipe], Source] = field(hash=False)
    secrets: Callable[[Recipe], tuple[str, ...]] = field(hash=False)


_LARGE: Final = 32 << 20
"""A context of more bytes may take long to compress; what a command puts into a layer, nobody knows before."""


def prepare(
    project: Project,
    names: Iterable[str],
    digests: Digests,
    platform: str,
    *,
    write: bool = False,
    emit: Callable[[Event], None] = lambda _event: None,
) -> Prepared:
    """Make the recipes of images, given by name; `platform` is for those that name none of their own.

    Every image is rendered and its context read; with `write` the Dockerfiles are written in between, since the
    context of one image may hold that of another, and what has to be prepared is. That raises InputError with the
    faults of all.
    """
    wanted = frozenset(names)
    whole = len(wanted) == len(project.family.lineage.images)
    rendered = project.rendered() if whole else project.render(wanted)
    if write:
        project.write(rendered.values())
    images = [each.image for each in rendered.values() if each.image.prepare]
    if write:
        ready = make_ready(project.workspace, images, digests, platform, emit)
    else:
        ready = look(project.workspace, images, digests)
    contexts = _contexts(project, rendered.values(), digests)
    pins = {reference.familiar: pin for reference, pin in project.lock.pins.items()}
    kitchen = _Kitchen(project, rendered, contexts, ready, pins, platform)
    return Prepared(tuple(rendered.values()), tuple(kitchen.recipes()), pins, kitchen.source, kitchen.secrets)


def _contexts(project: Project, rendered: Iterable[Rendered], digests: Digests) -> dict[str, Context]:
    contexts: dict[str, Context] = {}
    faults: list[Fault] = []
    for each in rendered:
        path = each.image.context
        try:
            contexts[each.image.name] = read_context(
                project.workspace.root / path, path, digests, each.image.dockerfile
            )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return contexts


@dataclass(frozen=True, slots=True)
class _Kitchen:
    project: Project
    rendered: Mapping[str, Rendered]
    contexts: Mapping[str, Context]
    ready: Readiness
    pins: Mapping[str, Pin]
    platform: str

    def recipes(self) -> Iterator[Recipe]:
        """A recipe for each image and platform."""
        for each in self.rendered.values():
            for platform in each.image.platforms or (self.platform,):
                yield self._recipe(each, platform)

    def _recipe(self, each: Rendered, platform: str) -> Recipe:
        image, context = each.image, self.contexts[each.image.name]
        aliases = (("", image.base), *image.uses)
        return Recipe(
            target=Target(image.name, platform),
            reference=str(image.reference.with_tag(tag(image, platform, self.platform))),
            own=tuple(self._own(each, platform)),
            context_path=image.context,
            context=context.digest,
            files=context.summary(),
            needs=tuple(self._need(alias, base) for alias, base in aliases),
            steps=each.steps,
            triggers=each.triggers,
            blocked=tuple(self._blocked(image, platform)),
            unprepared=self.ready.due.get(image.name, ()),
        )

    def _own(self, each: Rendered, platform: str) -> Iterator[Input]:
        image = each.image
        yield Input("dockerfile", "", digest_of(each.text))
        if image.dockerfile != DOCKERFILE:
            yield Input("name", "", image.dockerfile)
        yield Input("target", "", image.target or "")
        yield Input("platform", "", platform)
        yield Input("epoch", "", str(image.epoch))
        yield from (Input("arg", name, digest_of(value)) for name, value in image.args)
        yield from (Input("label", name, digest_of(value)) for name, value in self._labels(image))

    def _labels(self, image: Image) -> list[tuple[str, str]]:
        """The labels that say what the image is (OCI image-spec, annotations.md), and those it declares.

        A label that an image does not set it inherits: the digest of the base is set even where it is not known.
        """
        lineage = self.project.family.lineage
        labels = {f"{OCI}title": image.name, f"{OCI}version": image.version}
        if not image.base.is_scratch:
            labels[f"{OCI}base.name"] = self._base_name(image.base)
            labels[f"{OCI}base.digest"] = self._base_digest(image.base)
        if lineage.source:
            labels[f"{OCI}source"] = lineage.source
        return sorted((labels | dict(image.labels)).items())

    def _base_name(self, base: Base) -> str:
        if base.image is not None:
            return str(self.project.family.lineage.images[base.image].reference)
        return str(base.upstream)

    def _base_digest(self, base: Base) -> str:
        pin = self.project.lock.pin(base.upstream) if base.upstream else None
        return pin.digest if pin and not pin.local else ""

    def _need(self, alias: str, base: Base) -> Need:
        if base.image is not None:
            return Need(alias, BaseKind.PARENT, base.image)
        if base.upstream is not None:
            pin = self.project.lock.pin(base.upstream)
            return Need(alias, BaseKind.UPSTREAM, str(base), pin.digest if pin else "unlocked")
        return Need(alias, BaseKind.SCRATCH, str(base), "scratch")

    def _blocked(self, image: Image, platform: str) -> Iterator[str]:
        yield from self.ready.failed.get(image.name, ())
        for upstream in image.upstreams:
            if self.project.lock.pin(upstream) is None:
                yield f"upstream {upstream.familiar} is not locked; run: forebear lock"
        for name in image.parents:
            has = self.project.family.lineage.images[name].platforms or (self.platform,)
            if platform not in has:
                yield f"parent {name} is not made for {platform}, only for {', '.join(has)}"

    def source(self, recipe: Recipe) -> Source:
        """What stands behind a recipe."""
        from forebear.dockerfile.pinned import parametrise

        each = self.rendered[recipe.target.image]
        image, context = each.image, self.contexts[each.image.name]
        dockerfile = each.on(recipe.target.platform)
        text, grounds = parametrise(each.text, dockerfile)
        return Source(
            context=lambda: stream(context, text.encode(), epoch=image.epoch),
            args=image.args,
            labels=tuple(self._labels(image)),
            dockerfile=image.dockerfile,
            target=image.target,
            epoch=image.epoch,
            bases=tuple((arg, each.bases[reference]) for arg, reference in grounds),
            pins=self.pins,
            secrets=self.secrets(recipe),
            large=each.dockerfile.runs or context.size > _LARGE,
            triggers=any(use.onbuild for use in dockerfile.externals),
        )

    def secrets(self, recipe: Recipe) -> tuple[str, ...]:
        """The names of the secrets that a recipe's build may ask for."""
        if not self.project.family.lineage.secrets:
            return ()
        from forebear.dockerfile.declared import secrets

        return secrets(self.rendered[recipe.target.image].dockerfile)


def tag(image: Image, platform: str, own: str) -> str:
    """The tag of an image on one platform.

    Where an image has several, each other than the engine's own gets its platform behind the version: an
    engine's tag names one image.
    """
    if len(image.platforms) <= 1 or platform == (own if own in image.platforms else image.platforms[0]):
        return image.version
    return f"{image.version}-{platform.replace('/', '-')}"
