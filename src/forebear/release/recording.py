"""Making the record of a release, of what is in the registry once everything is pushed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forebear.build.recipe import BaseKind, Target
from forebear.errors import BuildFailed
from forebear.release.git import Git
from forebear.release.record import (
    Builder,
    Built,
    Component,
    Components,
    Ground,
    Layer,
    Made,
    Record,
    Released,
    Revision,
    Upstream,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.build.builds import Build
    from forebear.build.key import Input, Stamp
    from forebear.build.recipe import Recipe
    from forebear.build.shelf import Seen
    from forebear.engine.model import Engine
    from forebear.release.ready import Passed, Ready, Stock


def check_recorded(old: Record, digests: Mapping[str, str]) -> None:
    """Raise BuildFailed where a record that is there already does not say what the versions' tags are to name."""
    differing = [
        f"{image.reference} is {digests.get(name)}, recorded as {image.digest}"
        for name, image in old.images.items()
        if digests.get(name) != image.digest
    ]
    if differing or old.images.keys() != digests.keys():
        what = "; ".join(differing) or "it holds other images than lineage.yml"
        path = path_of(old.version)
        raise BuildFailed(f"{path} says otherwise, and is never changed: {what}", "cut a new version: forebear cut")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an image in the registry: itself, and how long it took to push."""

    seen: Seen
    pushed: float


@dataclass(frozen=True, slots=True)
class Recording:
    """What a record is made of; `digests` are what the versions' tags are to name, by image; `builds` what is
    known of how images were built, by ID.
    """

    stock: Stock
    engine: Engine
    facts: Mapping[Target, Facts] = field(hash=False)
    passed: Mapping[Target, Passed] = field(hash=False)
    digests: Mapping[str, str] = field(hash=False)
    builds: Mapping[str, Build] = field(hash=False)

    def record(self) -> Record:
        """The record, as of now."""
        lineage = self.stock.project.family.lineage
        return Record(
            record=1,
            project=lineage.project,
            version=lineage.version,
            registry=str(lineage.registry),
            published=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            revision=_revision(Git(self.stock.project.workspace.root)),
            engine=self._builder(),
            upstreams=self._upstreams(),
            images=self._images(),
        )

    def _builder(self) -> Builder:
        info = self.stock.session.info
        can = self.engine.capabilities()
        return Builder(version=info.version, api=info.api, store=info.store, platform=info.platform, builder=can.named)

    def _images(self) -> dict[str, Released]:
        by_image: dict[str, list[Ready]] = {}
        for each in self.stock.ready:
            by_image.setdefault(each.target.image, []).append(each)
        return {name: self._released(name, each) for name, each in by_image.items()}

    def _released(self, name: str, ready: Iterable[Ready]) -> Released:
        made = {each.target.platform: self._made(each) for each in ready}
        ground = next(iter(ready)).recipe.ground
        return Released(
            reference=str(self.stock.image(name).reference),
            digest=self.digests[name],
            parent=Ground(kind=ground.kind.value, name=ground.name),
            platforms=made,
        )

    def _made(self, ready: Ready) -> Made:
        known = self.facts[ready.target]
        seen, stamp = known.seen, ready.present.stamp
        if stamp is None:
            raise BuildFailed(f"{ready.recipe.shown} carries no key", "run: forebear build")
        pairs = zip(seen.manifest.layers, seen.facts.layers, strict=True)
        return Made(
            manifest=seen.manifest.digest,
            image=seen.image,
            layers=tuple(Layer(digest=layer.digest, diff_id=diff, size=layer.size) for layer, diff in pairs),
            size=seen.facts.size,
            key=stamp.key,
            components=_components(stamp),
            requires=self.passed[ready.target].requires,
            gates=self.passed[ready.target].gates,
            built=self._built(ready.present.id),
            pushed=known.pushed,
        )

    def _built(self, image: str) -> Built | None:
        """What this project noted when it built an image, by ID."""
        known = self.builds.get(image)
        if known is None:
            return None
        named = asdict(known)
        return Built(seconds=named.pop("seconds"), engine=Builder(**named))

    def _upstreams(self) -> dict[str, Upstream]:
        """The locked upstreams, with the layers that the engine has of them."""
        names = {need.name for each in self.stock.ready for need in each.recipe.needs if need.kind is BaseKind.UPSTREAM}
        return {name: self._upstream(name) for name in sorted(names)}

    def _upstream(self, name: str) -> Upstream:
        pin = self.stock.session.prepared.pins[name]
        layers = {
            platform: tuple(here.layers)
            for platform in sorted({each.target.platform for each in self.stock.ready})
            if (here := self.stock.session.here(Target(name, platform)))
        }
        return Upstream(digest=pin.digest, local=pin.local, platforms=layers)


def _revision(git: Git) -> Revision | None:
    """The commit that is checked out, and whether the project is as that has it; None without git or a commit."""
    commit = git.head
    return Revision(commit=commit, clean=not git.changed()) if commit else None


def _components(stamp: Stamp) -> Components:
    inputs = stamp.inputs
    return Components(
        own=tuple(_component(each) for each in inputs.own),
        bases=tuple(_component(each) for each in inputs.bases),
        context=inputs.context,
        files=dict(inputs.files),
    )


def _component(each: Input) -> Component:
    return Component(kind=each.kind, name=each.name, value=each.value)


def depth(recipes: Iterable[Recipe]) -> dict[str, int]:
    """How many images of the family are above each image, at most, by name; recipes come parents first."""
    depths: dict[str, int] = {}
    for recipe in recipes:
        below = max((depths[name] + 1 for name in recipe.parents if name in depths), default=0)
        depths[recipe.target.image] = max(depths.get(recipe.target.image, 0), below)
    return depths
