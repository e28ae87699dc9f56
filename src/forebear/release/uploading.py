"""The first phase of a publication: every image is pushed under a private tag, and looked at in the registry."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.build.recipe import Target
from forebear.build.schedule import Schedule
from forebear.build.shelf import look, remove_tag
from forebear.errors import BuildFailed, EngineError, EngineRefused
from forebear.reference import Reference
from forebear.release.events import Arrived, Sending

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forebear.build.shelf import Seen
    from forebear.engine.model import Engine
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest
    from forebear.release.events import Emit
    from forebear.release.ready import Ready

PRIVATE = "forebear-"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An image that is in the registry, under no version yet: what the private tag names, and the image in it."""

    top: Manifest
    seen: Seen
    seconds: float


def private_tag(ready: Ready) -> Reference:
    """The tag that an image is pushed under: no other image has it."""
    return Reference.parse(ready.recipe.reference).with_tag(PRIVATE + ready.present.id.partition(":")[2][:16])


@dataclass(frozen=True, slots=True)
class Upload:
    """Pushes images, parents first: what a child shares with its parent is then in the registry already."""

    engine: Engine
    registry: Registry
    emit: Emit
    pool: ThreadPoolExecutor

    def all(self, ready: Sequence[Ready]) -> dict[Target, Uploaded]:
        """Push all. Raises BuildFailed where the registry has something else then, EngineError."""
        by_target = {each.target: each for each in ready}
        schedule = Schedule(
            {
                target: [p for name in each.recipe.parents if (p := Target(name, target.platform)) in by_target]
                for target, each in by_target.items()
            }
        )
        done: dict[Target, Uploaded] = {}
        running: dict[Future[Uploaded], Target] = {}
        try:
            while len(done) < len(by_target):
                while target := schedule.next():
                    running[self.pool.submit(self._one, by_target[target])] = target
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    target = running.pop(future)
                    done[target] = future.result()
                    schedule.done(target)
        except (KeyboardInterrupt, SystemExit):
            self.engine.cancel()
            raise
        return done

    def _one(self, ready: Ready) -> Uploaded:
        began = time.monotonic()
        private = private_tag(ready)
        self.engine.tag(ready.present.id, str(private))
        try:
            digest = self.engine.push(str(private), lambda sent, total: self.emit(Sending(ready.target, sent, total)))
        finally:
            with suppress(EngineError):
                self.engine.untag(private.familiar)
        top, seen = self._checked(ready, private, digest)
        took = round(time.monotonic() - began, 3)
        self.emit(Arrived(ready.target, seen.manifest.digest, took))
        return Uploaded(top, seen, took)

    def _checked(self, ready: Ready, private: Reference, digest: str) -> tuple[Manifest, Seen]:
        """What the registry has, which has to be what the engine sent, and the image that was built."""
        found = look(self.registry, private.untagged().with_digest(digest))
        seen = found[1].get(ready.target.platform) if found else None
        if found is None or seen is None:
            raise BuildFailed(
                f"the engine says that it pushed {digest}, and {private.registry} does not have it",
                "see the registry's log, then run it again",
            )
        if seen.facts.layers != ready.present.layers or seen.present.stamp != ready.present.stamp:
            raise BuildFailed(
                f"{private.name}@{digest} is not the image that was pushed: {seen.image}, not {ready.present.id}",
                "see the engine's and the registry's log",
            )
        return found[0], seen


def forget(engine: Engine | None, registry: Registry, private: Iterable[str], pool: ThreadPoolExecutor) -> bool:
    """Remove private tags, where the registry lets tags be removed; whether it does."""

    def remove(reference: Reference) -> bool:
        if engine:
            with suppress(EngineError):
                engine.untag(reference.familiar)
        digest = registry.digest(reference)
        if digest is None:
            return True
        try:
            remove_tag(registry, reference, digest)
        except EngineRefused:
            return False
        return True

    references = [Reference.parse(each) for each in private]
    # The first one tells whether the others are worth asking for.
    return all(map(remove, references[:1])) and all(pool.map(remove, references[1:]))
