"""Publishing a release, all or nothing: pushed and looked at first, then made visible, and recorded in the end."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebear.build.builds import load
from forebear.build.shelf import at, index_of
from forebear.errors import BuildFailed, Busy, Error
from forebear.reference import Reference
from forebear.release import movingtags, record
from forebear.release.claims import Claim
from forebear.release.events import Noted
from forebear.release.files import load_journal, load_record, remove_journal, save_journal
from forebear.release.journal import Journal, Phase, Put
from forebear.release.ready import Published, Stock, compare, pass_gates, survey
from forebear.release.recording import Facts, Recording, check_recorded, depth
from forebear.release.tagging import Tagging, pooled, serial
from forebear.release.uploading import Upload, Uploaded, forget, private_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import ThreadPoolExecutor

    from forebear.build.recipe import Target
    from forebear.engine.model import Engine
    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.events import Emit
    from forebear.release.ready import Passed
    from forebear.release.record import Record


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is published: its version, where its record is, and the digest of each reference.

    `news`: whether anything had to be done for it.
    """

    version: str
    record: str
    digests: tuple[tuple[str, str], ...]
    news: bool


@dataclass(frozen=True)
class Publisher:
    """What a publication works with; nobody else may be at work in the project."""

    project: Project
    engine: Engine
    registry: Registry
    emit: Emit
    pool: ThreadPoolExecutor
    take_over: bool = False
    known: dict[str, Manifest] = field(default_factory=dict)

    @property
    def tagging(self) -> Tagging:
        """What sets tags."""
        return Tagging(self.registry, self.emit, self.pool, self.known)

    def run(self) -> Release:
        """Finish what was stopped; then publish what the project declares. Raises Error."""
        journal = load_journal(self.project)
        if journal and journal.phase is Phase.TAGGING:
            self.emit(Noted(f"finishing the publication of {journal.version}, which was stopped"))
            done = self._finish(journal, self._claim(journal))
            if journal.version == self.project.family.lineage.version:
                return done
            journal = None
        return self._publish(journal)

    def _publish(self, before: Journal | None) -> Release:
        session, ready = survey(self.project, self.engine)
        passed = pass_gates(self.project, self.engine, ready, session.here)
        there = compare(self.project, self.registry, ready, self.pool.map)
        stock = Stock(self.project, session, ready, there)
        old = load_record(self.project, self.project.family.lineage.version)
        if old and not stock.missing and not before:
            check_recorded(old, {name: each.top.digest for name, each in there.items()})
            return _release(old, news=False)
        journal = self._begin(stock, before)
        claim = self._claimed(journal, before)
        try:
            uploaded = Upload(self.engine, self.registry, self.emit, self.pool).all(stock.missing)
            journal = self._ready(journal, stock, passed, uploaded, old)
            claim.hold()
        except Error:
            with suppress(Error):
                claim.release()
            raise
        save_journal(self.project, journal)
        return self._finish(journal, claim)

    def _begin(self, stock: Stock, before: Journal | None) -> Journal:
        """A new journal, which also knows what one that was stopped before has left."""
        private = dict.fromkeys((*(before.private if before else ()), *(str(private_tag(r)) for r in stock.missing)))
        first = self.project.family.lineage.images[self.project.family.order[0]]
        journal = Journal(
            version=self.project.family.lineage.version,
            claim=before.claim if before else secrets.token_hex(16),
            where=str(first.reference.untagged()),
            phase=Phase.PUSHING,
            private=tuple(private),
        )
        save_journal(self.project, journal)
        return journal

    def _claim(self, journal: Journal) -> Claim:
        where = Reference.parse(journal.where)
        claim = Claim(self.registry, where, journal.version, journal.claim)
        claim.take(over=self.take_over)
        return claim

    def _claimed(self, journal: Journal, before: Journal | None) -> Claim:
        try:
            return self._claim(journal)
        except Busy:
            if before is None:
                remove_journal(self.project)
            raise

    def _ready(
        self,
        journal: Journal,
        stock: Stock,
        passed: Mapping[Target, Passed],
        uploaded: Mapping[Target, Uploaded],
        old: Record | None,
    ) -> Journal:
        """The journal with all that is to be made visible; after this the engine is not needed any more."""
        digests = {name: each.top.digest for name, each in stock.there.items()}
        digests |= {name: self._top(stock, name, each).digest for name, each in _by_image(uploaded).items()}
        facts = {each.target: _facts(each.target, stock.there, uploaded) for each in stock.ready}
        new = Recording(stock, self.engine, facts, passed, digests, load(self.project.workspace)).record()
        if old:
            check_recorded(old, digests)
        puts = tuple(self._puts(stock, digests))
        text = record.write(old or new).decode()
        return journal.model_copy(update={"phase": Phase.TAGGING, "puts": puts, "record": text})

    def _top(self, stock: Stock, name: str, uploaded: Mapping[str, Uploaded]) -> Manifest:
        """What the version's tag is to name: the one platform's manifest, or an index of several."""
        tops = [each.top for each in uploaded.values()]
        if len(tops) == 1:
            top = tops[0]
        else:
            top = index_of({platform: each.seen.manifest for platform, each in uploaded.items()})
            self.registry.put(at(stock.image(name).reference, top.digest), top)
        self.known[top.digest] = top
        return top

    def _puts(self, stock: Stock, digests: Mapping[str, str]) -> Iterator[Put]:
        """The tags to set: of versions that are not there yet, ancestors first, then those that move."""
        depths = depth(each.recipe for each in stock.ready)
        for name, digest in digests.items():
            if name not in stock.there:
                reference = str(stock.image(name).reference)
                yield Put(reference=reference, digest=digest, before=None, rank=depths[name])
        below = max(depths.values()) + 1
        for name, digest in digests.items():
            image = stock.image(name)
            for tag in movingtags.names(image.version, self.project.family.lineage.tags):
                put = movingtags.put(self.registry, image.reference, tag, digest, below + depths[name], self._note)
                if put:
                    yield put

    def _note(self, text: str) -> None:
        self.emit(Noted(text))

    def _finish(self, journal: Journal, claim: Claim) -> Release:
        """Make everything visible, write the record, and clear away what was for this publication only."""
        self.tagging.finish(journal.puts)
        path = record.path_of(journal.version)
        if not self.project.workspace.exists(path):
            self.project.workspace.write(path, journal.record.encode())
        self._clear(journal, claim)
        return _release(record.read(journal.record.encode(), path), news=True)

    def _clear(self, journal: Journal, claim: Claim) -> None:
        if not forget(self.engine, self.registry, journal.private, self.pool):
            self._note("the registry lets no tag be removed: those that begin with forebear- stay there")
        claim.release()
        remove_journal(self.project)

    def abort(self) -> str | None:
        """Take back a publication that was stopped; its version, None where there is none. Raises Error."""
        journal = load_journal(self.project)
        if journal is None:
            return None
        claim = self._claim(journal)
        if journal.phase is Phase.TAGGING and load_record(self.project, journal.version):
            self._clear(journal, claim)
            raise BuildFailed(
                f"{journal.version} is published, and its record is written: there is nothing to take back",
                "a published version never changes; cut a new one with: forebear cut",
            )
        self.tagging.take_back(journal.puts)
        self._clear(journal, claim)
        return journal.version


def publish(
    project: Project, engine: Engine, registry: Registry, emit: Emit, *, jobs: int, take_over: bool = False
) -> Release:
    """Publish the release that a project declares, or finish one that was stopped. Raises Error."""
    with pooled(jobs) as pool:
        return Publisher(project, engine, registry, serial(emit), pool, take_over).run()


def abort(project: Project, engine: Engine, registry: Registry, emit: Emit, *, jobs: int) -> str | None:
    """Take back a publication that was stopped; its version, None where there is none. Raises Error."""
    with pooled(jobs) as pool:
        return Publisher(project, engine, registry, serial(emit), pool).abort()


def _by_image(uploaded: Mapping[Target, Uploaded]) -> dict[str, dict[str, Uploaded]]:
    found: dict[str, dict[str, Uploaded]] = {}
    for target, each in uploaded.items():
        found.setdefault(target.image, {})[target.platform] = each
    return found


def _facts(target: Target, there: Mapping[str, Published], uploaded: Mapping[Target, Uploaded]) -> Facts:
    if target in uploaded:
        return Facts(uploaded[target].seen, uploaded[target].seconds)
    return Facts(there[target.image].seen[target.platform], 0.0)


def _release(found: Record, *, news: bool) -> Release:
    digests = tuple((image.reference, image.digest) for image in found.images.values())
    return Release(found.version, record.path_of(found.version), digests, news)
