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
from forebear.release.files import load_journal, remove_journal, save_journal
from forebear.release.journal import Journal, Phase, Put, promotion_file
from forebear.release.outlook import Does, Outlook, Planned, moving, skipped, stopped
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

    @property
    def file(self) -> str:
        """Where the journal is."""
        return promotion_file(self.record.version, self.to)

    @property
    def tagging(self) -> Tagging:
        return Tagging(self.registry, self.emit, self.pool)

    def run(self, *, take_over: bool) -> Promoted:
        journal = load_journal(self.project, self.file)
        claim = self._claim()
        if journal is None or journal.phase is Phase.PUSHING:
            journal = self._copied(claim, take_over=take_over)
        else:
            self._note(f"finishing the promotion of {journal.version} to {self.to}, which was stopped")
            claim.take(over=take_over)
        self.tagging.finish(journal.puts)
        self._clear(claim)
        digests = tuple((str(self.target(name)), image.digest) for name, image in self.record.images.items())
        return Promoted(self.record.version, self.to, digests)

    def outlook(self, *, take_over: bool) -> Outlook:
        """What `run` would do."""
        journal = load_journal(self.project, self.file)
        targets = {self.target(name): image.digest for name, image in self.record.images.items()}
        versions = {str(target): digest for target, digest in targets.items()}
        if journal is None or journal.phase is Phase.PUSHING:
            missing = {str(self.target(name)) for name in self._check()}
            self._claim().look(over=take_over)
            planned = (
                Planned(target, Does.COPY, "not there yet") if target in missing else skipped(target, digest)
                for target, digest in versions.items()
            )
            return Outlook("", (*planned, *moving(self.registry, targets, self.project.family.lineage.tags)))
        self._claim().look(over=take_over)
        return stopped(self.registry, journal, versions, Does.COPY, self.pool.map)

    def _claim(self) -> Claim:
        where = self.target(next(iter(self.record.images)))
        return Claim(self.registry, where, self.record.version, self._token())

    def _copied(self, claim: Claim, *, take_over: bool) -> Journal:
        """Copy all, under no tag yet; the journal of what is to be made visible then."""
        missing = self._check()
        claim.take(over=take_over)
        journal = Journal(
            version=self.record.version, claim=claim.token, where=str(claim.where.untagged()), phase=Phase.PUSHING
        )
        save_journal(self.project, journal, self.file)
        try:
            for _ in self.pool.map(self._copy, self.record.images):
                pass
            puts = tuple(self._puts(missing))
            claim.hold()
        except Error:
            with suppress(Error):
                claim.release()
            raise
        journal = journal.model_copy(update={"phase": Phase.TAGGING, "puts": puts})
        save_journal(self.project, journal, self.file)
        return journal

    def _clear(self, claim: Claim) -> None:
        claim.release()
        remove_journal(self.project, self.file)

    def abort(self) -> bool:
        """Take back what was stopped; whether there was anything."""
        journal = load_journal(self.project, self.file)
        if journal is None:
            return False
        claim = self._claim()
        claim.take()
        if journal.puts and all(self._is_set(put) for put in journal.puts):
            self._clear(claim)
            raise BuildFailed(
                f"{journal.version} is promoted to {self.to}, to the last tag: there is nothing to take back",
                "a published version never changes; cut a new one with: forebear cut",
            )
        self.tagging.take_back(journal.puts)
        self._clear(claim)
        return True

    def _is_set(self, put: Put) -> bool:
        return self.registry.digest(Reference.parse(put.reference)) == put.digest

    def _token(self) -> str:
        """The same for the same promotion, so that one that was killed can be run again."""
        text = f"{os.uname().nodename}:{self.project.workspace.root}:{self.record.version}:{self.to}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _check(self) -> frozenset[str]:
        """Make sure that the release is what its record says, and nothing else is there; what is missing there."""
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
        there = dict(zip(self.record.images, self.pool.map(self._there, self.record.images), strict=True))
        taken = [
            f"{self.target(name)} names {digest}"
            for name, digest in there.items()
            if digest not in (None, self.record.images[name].digest)
        ]
        if taken:
            raise BuildFailed(f"a published version never changes, and nothing was: {'; '.join(taken)}")
        return frozenset(name for name, digest in there.items() if digest is None)

    def _there(self, name: str) -> str | None:
        return self.registry.digest(self.target(name))

    def _copy(self, name: str) -> None:
        """Copy what an image's tag names, and all that this holds; under no tag yet."""
        image = self.record.images[name]
        top = self._manifest(self.source(name), image.digest)
        for made in image.platforms.values():
            one = top if made.manifest == top.digest else self._manifest(self.source(name), made.manifest)
            self._copy_image(name, one)
        if top.is_index:
            self.registry.put(at(self.target(name), top.digest), top)
        self._note(f"copied {name} {self.record.images[name].digest}")

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

    def _puts(self, missing: frozenset[str]) -> Iterator[Put]:
        """The tags to set, ancestors first; then those that move."""
        depths = self._depths()
        for name, image in self.record.images.items():
            if name in missing:
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


def outlook(
    project: Project, registry: Registry, record: Record, to: str, *, jobs: int, take_over: bool = False
) -> Outlook:
    """What a promotion would do, ancestors first. Raises as the promotion itself would."""
    with pooled(jobs) as pool:
        return _Promotion(project, registry, record, to, lambda _event: None, pool).outlook(take_over=take_over)


def abort(project: Project, registry: Registry, record: Record, to: str, emit: Emit, *, jobs: int) -> bool:
    """Take back a promotion that was stopped; whether there is one. Raises BuildFailed, Busy, EngineError."""
    with pooled(jobs) as pool:
        return _Promotion(project, registry, record, to, serial(emit), pool).abort()
