"""Promoting a release: copying what is verified from one registry to another, digests and all."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.build.shelf import at
from forebear.errors import BuildFailed, Error
from forebear.reference import Reference
from forebear.release import movingtags
from forebear.release.claims import Claim
from forebear.release.events import Noted
from forebear.release.journal import Put
from forebear.release.tagging import Tagging, pooled, serial
from forebear.release.verify import by_record, relocated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.events import Emit
    from forebear.release.record import Record


@dataclass(frozen=True, slots=True)
class Promoted:
    """A release in another registry: its references there, with what they name."""

    version: str
    to: str
    digests: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Promotion:
    project: Project
    registry: Registry
    record: Record
    to: str
    emit: Emit
    pool: ThreadPoolExecutor

    def source(self, name: str) -> Reference:
        return Reference.parse(self.record.images[name].reference)

    def target(self, name: str) -> Reference:
        return relocated(self.source(name), self.record.registry, self.to)

    def run(self, *, take_over: bool) -> Promoted:
        self._check()
        claim = Claim(self.registry, self.target(next(iter(self.record.images))), self.record.version, self._token())
        claim.take(over=take_over)
        try:
            tops = dict(zip(self.record.images, self.pool.map(self._copy, self.record.images), strict=True))
            puts = tuple(self._puts())
            claim.hold()
            Tagging(self.registry, self.emit, self.pool, {top.digest: top for top in tops.values()}).finish(puts)
        finally:
            with suppress(Error):
                claim.release()
        digests = tuple((str(self.target(name)), image.digest) for name, image in self.record.images.items())
        return Promoted(self.record.version, self.to, digests)

    def _token(self) -> str:
        """The same for the same promotion, so that one that was killed can be run again."""
        text = f"{os.uname().nodename}:{self.project.workspace.root}:{self.record.version}:{self.to}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _check(self) -> None:
        """Make sure that the release is what its record says, and that nothing is in its place."""
        wrong = [
            f"{each.subject.target.image} {text}"
            for each in by_record(self.registry, self.record).proved
            for text in each.wrong
        ]
        if wrong:
            raise BuildFailed(
                f"{self.record.version} is not what its record says, and was not copied: {'; '.join(wrong)}",
                f"see: forebear verify {self.record.version}",
            )
        there = zip(self.record.images, self.pool.map(self._there, self.record.images), strict=True)
        taken = [
            f"{self.target(name)} names {digest}"
            for name, digest in there
            if digest not in (None, self.record.images[name].digest)
        ]
        if taken:
            raise BuildFailed(f"a published version never changes, and nothing was: {'; '.join(taken)}")

    def _there(self, name: str) -> str | None:
        return self.registry.digest(self.target(name))

    def _copy(self, name: str) -> Manifest:
        """Copy what an image's tag names, and all that this holds; under no tag yet."""
        image = self.record.images[name]
        top = self._manifest(self.source(name), image.digest)
        for made in image.platforms.values():
            one = top if made.manifest == top.digest else self._manifest(self.source(name), made.manifest)
            self._copy_image(name, one)
        if top.is_index:
            self.registry.put(at(self.target(name), top.digest), top)
        self.emit(Noted(f"copied {name} {self.record.images[name].digest}"))
        return top

    def _copy_image(self, name: str, manifest: Manifest) -> None:
        source, target = self.source(name).untagged(), self.target(name).untagged()
        for blob in (*manifest.layers, *((manifest.config,) if manifest.config else ())):
            self.registry.copy_blob(source, target, blob)
        self.registry.put(at(target, manifest.digest), manifest)

    def _manifest(self, reference: Reference, digest: str) -> Manifest:
        found = self.registry.manifest(at(reference, digest))
        if found is None:
            raise BuildFailed(f"{reference.name}@{digest} is gone from the registry", "publish it again")
        return found

    def _puts(self) -> Iterator[Put]:
        """The tags to set, ancestors first; then those that move."""
        depths = self._depths()
        for name, image in self.record.images.items():
            yield Put(reference=str(self.target(name)), digest=image.digest, before=None, rank=depths[name])
        below = max(depths.values()) + 1
        for name, image in self.record.images.items():
            for tag in movingtags.names(str(self.source(name).tag), self.project.family.lineage.tags):
                rank = below + depths[name]
                put = movingtags.put(self.registry, self.target(name), tag, image.digest, rank, self._note)
                if put:
                    yield put

    def _note(self, text: str) -> None:
        self.emit(Noted(text))

    def _depths(self) -> dict[str, int]:
        """How many images of the record are above each; its images come parents first."""
        depths: dict[str, int] = {}
        for name, image in self.record.images.items():
            made = image.platforms.values()
            bases = {base.value.rpartition(" ")[0] for each in made for base in each.components.bases}
            depths[name] = max((depths[base] + 1 for base in bases if base in depths), default=0)
        return depths


def promote(
    project: Project, registry: Registry, record: Record, to: str, emit: Emit, *, jobs: int, take_over: bool = False
) -> Promoted:
    """Copy a release to another registry, once it is verified. Raises BuildFailed, Busy, EngineError."""
    with pooled(jobs) as pool:
        return _Promotion(project, registry, record, to, serial(emit), pool).run(take_over=take_over)
