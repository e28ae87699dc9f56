"""The second phase of a publication: version tags are set, ancestors first, and each is read again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebear.build.shelf import at, remove_tag
from forebear.errors import BuildFailed, EngineRefused
from forebear.reference import Reference
from forebear.registry.client import Exists
from forebear.release.events import Fate, TagMoved
from forebear.release.journal import Move, Put, back, forward, ranks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.events import Emit, Event


@dataclass(frozen=True)
class Tagging:
    """Sets the tags of a publication; `known` are manifests that need not be asked for, by digest."""

    registry: Registry
    emit: Emit
    pool: ThreadPoolExecutor
    known: dict[str, Manifest] = field(default_factory=dict)

    def finish(self, puts: Iterable[Put]) -> None:
        """Let every tag name what it is to name. Raises BuildFailed at the first that somebody else moved."""
        puts = tuple(puts)
        for group in ranks(puts):
            for event in self.pool.map(self._set, group):
                self.emit(event)
        self.check(puts)

    def _set(self, put: Put) -> TagMoved:
        reference = Reference.parse(put.reference)
        is_set = (self._move if put.before else self._create)(reference, put)
        if is_set and (again := self.registry.digest(reference)) != put.digest:
            raise moved(put, again)
        return TagMoved(put.reference, put.digest, Fate.SET if is_set else Fate.THERE)

    def _create(self, reference: Reference, put: Put) -> bool:
        """Set a tag that named nothing; whether that had still to be done."""
        try:
            return self.registry.create(reference, self._manifest(reference, put.digest))
        except Exists as error:
            raise moved(put, error.digest) from error

    def _move(self, reference: Reference, put: Put) -> bool:
        """Set a tag that named something else; whether that had still to be done."""
        now = self.registry.digest(reference)
        move = forward(put, now)
        if move is Move.CONFLICT:
            raise moved(put, now)
        if move is Move.PUT:
            self.registry.put(reference, self._manifest(reference, put.digest))
        return move is Move.PUT

    def check(self, puts: Iterable[Put]) -> None:
        """Read all tags once more. Raises BuildFailed where one was moved."""
        for put, now in self.pool.map(self._now, puts):
            if now != put.digest:
                raise moved(put, now)

    def _now(self, put: Put) -> tuple[Put, str | None]:
        return put, self.registry.digest(Reference.parse(put.reference))

    def _manifest(self, reference: Reference, digest: str) -> Manifest:
        found = self.known.get(digest) or self.registry.manifest(at(reference, digest))
        if found is None:
            raise BuildFailed(
                f"{reference.name}@{digest} is gone from the registry",
                "take back what was done: run the same command with --abort; then run it again",
            )
        return found

    def take_back(self, puts: Iterable[Put]) -> None:
        """Let every tag name what it named before, children first. Raises BuildFailed where the registry refuses."""
        for group in reversed(ranks(puts)):
            for event in self.pool.map(self._restore, group):
                if event:
                    self.emit(event)

    def _restore(self, put: Put) -> TagMoved | None:
        reference = Reference.parse(put.reference)
        move = back(put, self.registry.digest(reference))
        if move is Move.PUT and put.before:
            self.registry.put(reference, self._manifest(reference, put.before))
            return TagMoved(put.reference, put.before, Fate.RESTORED)
        if move is Move.REMOVE:
            self._remove(reference, put)
            return TagMoved(put.reference, put.digest, Fate.REMOVED)
        return None

    def _remove(self, reference: Reference, put: Put) -> None:
        try:
            remove_tag(self.registry, reference, put.digest)
        except EngineRefused as error:
            raise BuildFailed(
                f"{put.reference} cannot be taken back: {error.problem}",
                "the registry does not let tags be removed; finish instead: run the same command without --abort",
            ) from error


def moved(put: Put, now: str | None) -> BuildFailed:
    """The error for a tag that somebody else moved."""
    names = f"names {now}" if now else "is gone"
    return BuildFailed(
        f"somebody else moved {put.reference}: it {names}, and was to name {put.digest}; it was left alone",
        "find out who publishes there; then run the same command again to finish, or with --abort to take back",
    )


@contextmanager
def pooled(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads; what waits is given up where anything fails."""
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="registry")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    finally:
        pool.shutdown(wait=True)


def serial(emit: Emit) -> Emit:
    """Events come from several threads, and are told one after the other."""
    lock = threading.Lock()

    def tell(event: Event) -> None:
        with lock:
            emit(event)

    return tell
