"""Proving from a registry alone that what is published is what was meant, up to the locked upstream."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from forebear.build.key import OCI
from forebear.build.recipe import BaseKind, Target
from forebear.build.shelf import look
from forebear.errors import EngineError, Fault, InputError, Place
from forebear.reference import Reference, ReferenceFault, is_digest
from forebear.release import record as records
from forebear.release.proof import Bottom, Found, Proved, Recorded, Subject, Verdict, prove

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forebear.build.shelf import Seen
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.record import Record, Upstream

    Looked = tuple[Manifest, dict[str, Seen]] | None

_BASE_NAME: Final = f"{OCI}base.name"
_AT_ONCE: Final = 8
_LONGEST: Final = 100
"""How many ancestors an image may have: labels come from images, which anybody may have made."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved: of which release, against which record ("" where there is none), image by image."""

    release: str
    record: str
    proved: tuple[Proved, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and there is anything at all."""
        return bool(self.proved) and not any(each.wrong for each in self.proved)


def by_record(registry: Registry, record: Record, at: str | None = None) -> Proof:
    """Prove a release by its record, where it was published, or in the registry `at` that it was promoted to."""
    names = list(record.images)
    references = [relocated(Reference.parse(record.images[name].reference), record.registry, at) for name in names]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looked = dict(zip(names, pool.map(lambda each: look(registry, each), references), strict=True))
        uses = [(name, platform) for name, upstream in record.upstreams.items() for platform in upstream.platforms]
        bottoms = pool.map(lambda use: _recorded_bottom(registry, use[0], use[1], record.upstreams[use[0]]), uses)
        grounds = {Target(*use): bottom for use, bottom in zip(uses, bottoms, strict=True)}
    subjects = [
        subject
        for name, reference in zip(names, references, strict=True)
        for subject in _recorded_subjects(record, name, reference, looked[name])
    ]
    return Proof(record.version, records.path_of(record.version), prove(subjects, grounds))


def _recorded_subjects(record: Record, name: str, reference: Reference, looked: Looked) -> Iterator[Subject]:
    image = record.images[name]
    for platform, made in image.platforms.items():
        yield Subject(
            target=Target(name, platform),
            reference=str(reference),
            kind=BaseKind(image.parent.kind),
            ground=image.parent.name,
            recorded=Recorded(image.digest, made),
            found=_found(looked, platform),
        )


def _found(looked: Looked, platform: str) -> Found | None:
    if looked is None or platform not in looked[1]:
        return None
    top, seen = looked[0], looked[1][platform]
    return Found(top.digest, seen.manifest.digest, seen.present)


def _recorded_bottom(registry: Registry, name: str, platform: str, upstream: Upstream) -> Bottom:
    """An upstream as its registry shows it, else as the record says."""
    layers = upstream.platforms[platform]
    if upstream.local:
        return Bottom(upstream.digest, layers, Verdict.TRUSTED, "as the record says: no registry has it")
    found = _upstream(registry, name, upstream.digest, platform)
    if found.layers is None:
        return replace(found, layers=layers, verdict=Verdict.TRUSTED, source=f"as the record says: {found.source}")
    return found


def _upstream(registry: Registry, name: str, digest: str, platform: str) -> Bottom:
    """An upstream as its registry shows it, by digest; without layers where it does not."""
    try:
        looked = look(registry, Reference.parse(name).untagged().with_digest(digest))
    except (EngineError, ReferenceFault) as error:
        return Bottom(digest, None, Verdict.TRUSTED, str(error).partition(";")[0])
    found = _found(looked, platform)
    if found is None:
        return Bottom(digest, None, Verdict.TRUSTED, "its registry does not have it")
    return Bottom(digest, found.present.layers, Verdict.PROVED, "as its registry shows")


def relocated(reference: Reference, registry: str, to: str | None) -> Reference:
    """The same repository and tag in another registry, folders included."""
    if to is None:
        return reference
    rest = reference.name.removeprefix(f"{registry}/")
    host, _, folder = to.partition("/")
    return replace(reference, registry=host, repository=f"{folder}/{rest}" if folder else rest)


def by_labels(registry: Registry, release: str, references: Sequence[Reference]) -> Proof:
    """Prove the ancestry of images by what their labels say, without a record."""
    walk = _Walk(registry)
    for reference in references:
        walk.climb(reference)
    return Proof(release, "", prove(walk.subjects(), walk.bottoms()))


class _Walk:
    """Goes from images to their parents, by the labels."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._looked: dict[Reference, Looked] = {}

    def climb(self, reference: Reference) -> None:
        """Look at an image and all its ancestors."""
        for _ in range(_LONGEST):
            if reference in self._looked:
                return
            self._looked[reference] = looked = look(self._registry, reference)
            parent = next((_parent(seen) for seen in looked[1].values()), None) if looked else None
            if parent is None:
                return
            reference = parent
        raise InputError([Fault(Place(str(reference)), f"more than {_LONGEST} images are above one")])

    def subjects(self) -> list[Subject]:
        """What was found, parents first."""
        return [subject for reference in self._in_order() for subject in self._subjects(reference)]

    def _in_order(self) -> Iterable[Reference]:
        depths = {reference: self._depth(reference) for reference in self._looked}
        return sorted(self._looked, key=lambda reference: (depths[reference], reference))

    def _depth(self, reference: Reference) -> int:
        depth = 0
        while depth < _LONGEST and (looked := self._looked.get(reference)):
            parent = next((_parent(seen) for seen in looked[1].values()), None)
            if parent is None:
                break
            reference, depth = parent, depth + 1
        return depth

    def _subjects(self, reference: Reference) -> Iterator[Subject]:
        name = reference.repository.rpartition("/")[2]
        looked = self._looked[reference]
        if not looked:
            yield Subject(Target(name, ""), str(reference), BaseKind.SCRATCH, "scratch", None, None)
            return
        for platform, seen in sorted(looked[1].items()):
            kind, ground, _ = _ground(seen)
            yield Subject(Target(name, platform), str(reference), kind, ground, None, _found(looked, platform))

    def bottoms(self) -> dict[Target, Bottom]:
        """The upstreams that images say they start from."""
        found: dict[Target, Bottom] = {}
        for looked in filter(None, self._looked.values()):
            for platform, seen in looked[1].items():
                kind, name, identity = _ground(seen)
                if kind is BaseKind.UPSTREAM and is_digest(identity):
                    found[Target(name, platform)] = self._bottom(seen, name, identity, platform)
        return found

    def _bottom(self, seen: Seen, name: str, identity: str, platform: str) -> Bottom:
        if not dict(seen.facts.labels).get(f"{OCI}base.digest"):
            return Bottom(identity, None, Verdict.TRUSTED, "it was locked to an image of one engine")
        return _upstream(self._registry, name, identity, platform)


def _ground(seen: Seen) -> tuple[BaseKind, str, str]:
    """What an image says it starts from: the kind, the name, and the identity."""
    stamp = seen.present.stamp
    own = next((base for base in stamp.inputs.bases if not base.name), None) if stamp else None
    if own is None or own.kind not in tuple(BaseKind):
        return BaseKind.SCRATCH, "scratch", ""
    name, _, identity = own.value.rpartition(" ")
    return BaseKind(own.kind), name, identity


def _parent(seen: Seen) -> Reference | None:
    """Where an image says that its parent is, if that is one of its family."""
    if _ground(seen)[0] is not BaseKind.PARENT:
        return None
    try:
        reference = Reference.parse(dict(seen.facts.labels).get(_BASE_NAME, ""))
    except ReferenceFault:
        return None
    return reference if reference.tag else None
