"""A small family that is published to a registry of its own, again and again."""

from __future__ import annotations

import multiprocessing
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest

from forebear import api
from forebear.errors import EngineError
from forebear.registry.client import Registry as Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from families import Family

    from forebear.release.publish import Release

CHAIN = ("top", "mid", "low")
REPOSITORIES = "storage/docker/registry/v2/repositories"


def briefly(seconds: float) -> None:
    """Wait, but not as long as one would for a registry that needs it."""
    time.sleep(min(seconds, 0.02))


@dataclass
class Shop:
    """A family of tiny images in a row, and the folder of the registry that it is published to."""

    family: Family
    storage: Path
    names: tuple[str, ...] = CHAIN
    seen: list[str] = field(default_factory=list)

    def stock(self, registry: str) -> None:
        """Declare and build the family."""
        self.family.declare(registry=registry)
        for name, base in zip(self.names, ("scratch", *self.names), strict=False):
            self.family.add(name, base, f"COPY file /{name}", files={"file": name})
        self.family.lock()
        assert set(self.family.build().values()) <= {"built", "reused"}

    def publish(self) -> Release:
        """Publish, in this process."""
        registry = Client(wait=briefly)
        return api.publish(api.open_project(self.family.root), self.family.engine, registry=registry)

    def tags(self, name: str) -> set[str]:
        """The tags of an image, as they are on the registry's disk."""
        folder = self.storage / REPOSITORIES / self.family.project / name / "_manifests/tags"
        with suppress(FileNotFoundError):
            return {each.name for each in folder.iterdir() if (each / "current/link").exists()}
        return set()

    def has(self, name: str) -> bool:
        """Whether the version of an image is there."""
        return "1.0.0" in self.tags(name)

    def insist(self) -> int:
        """Publish until it is done: where all attempts of a request failed, the next run finishes. How many it took."""
        for run in count(1):
            with suppress(EngineError):
                self.publish()
                return run
        return 0

    def refused(self, code: int = 4) -> str:
        """What the command line says of a publication that ends with a code, and has made nothing visible."""
        said = self.family.forebear("publish", code=code).err
        assert not any(map(self.has, self.names))
        assert not list(self.family.root.glob("releases/*"))
        return said

    def empty(self) -> None:
        """Let the registry and the project forget what was published, but for the blobs."""
        shutil.rmtree(self.storage / REPOSITORIES / self.family.project, ignore_errors=True)
        shutil.rmtree(self.family.root / "releases", ignore_errors=True)

    def complete(self) -> bool:
        """Whether every version is there, nothing that is private is left, and what is there is proved."""
        clean = all(self.tags(name) == {"1.0.0"} for name in self.names)
        return clean and api.verify(api.open_project(self.family.root)).holds

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look, all the while, for a version whose parent's is missing."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.01):
                for parent, child in pairwise(self.names):
                    if self.has(child) and not self.has(parent) and self.has(child):
                        self.seen.append(f"{child} without {parent}")

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        assert self.seen == []


@contextmanager
def cut_off(tag: int) -> Iterator[None]:
    """Lose the network before a tag is set, counted from 0, which ends the publication or promotion within."""
    create, numbers = Client.create, count()

    def broken(self: Client, *arguments: object) -> bool:
        if next(numbers) == tag:
            raise EngineError("the network is gone")
        return create(self, *arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched, suppress(EngineError):
        patched.setattr(Client, "create", broken)
        yield
    assert next(numbers) > tag


def killed(seconds: float, work: Callable[..., Any], *arguments: object) -> None:
    """Let a process do some work, and kill it after a while, unless it is done by then."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()


def timed(work: Callable[[], object]) -> float:
    """How long some work takes, in seconds."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
