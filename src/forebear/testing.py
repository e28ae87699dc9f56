"""A fake engine: for tests of what decides and schedules, of forebear and of those who build on it.

It keeps images in memory and runs no command: what a real engine does, it cannot show.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forebear.engine.model import (
    Answer,
    Builder,
    BuildRequest,
    Capabilities,
    EngineDetails,
    EngineInfo,
    Facts,
    File,
    Listed,
    Resolved,
    RunOutcome,
)
from forebear.errors import BuildFailed, EngineRefused
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from forebear.engine.model import Log, Sent


def digest(text: str) -> str:
    """A digest that a text gives."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass
class FakeEngine:
    """An engine in memory.

    `published` is what registries have; `fails` makes the build of an image raise, by its name; `before`
    is called as each build begins; `built` lists the names of what was built, in order; `containers` holds the IDs
    of images that containers are made of.
    """

    published: dict[str, Resolved] = field(default_factory=dict)
    fails: dict[str, Exception] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _name: None
    built: list[str] = field(default_factory=list)
    images: dict[str, Facts] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    containers: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def info(self) -> EngineInfo:
        """An engine with the containerd image store."""
        return EngineInfo("fake://", "28.0.0", "1.51", "containerd", "linux/amd64")

    def details(self) -> EngineDetails:
        """A far machine, whose clock is in step."""
        return EngineDetails("overlayfs", (), ("/var/lib/docker",), "6.1.0", datetime.now(UTC), (), (), ())

    def capabilities(self) -> Capabilities:
        """The best."""
        return Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")

    def add(self, reference: str, *layers: str) -> Facts:
        """Put an image on the engine, as an import or a pull would."""
        facts = Facts(digest(json.dumps(layers)), "linux/amd64", layers, (), (), len(layers), 0, 0)
        self.images[facts.id] = facts
        self.tags[str(Reference.parse(reference))] = facts.id
        return facts

    def tagged(self, folder: str, *, parts: int = 1) -> Mapping[str, Listed]:
        """The images under the tags in a folder."""
        with self._lock:
            found = {tag: image for tag, image in self.tags.items() if tag.rpartition("/")[0] == folder}
            return {tag: Listed(image, (tag,), dict(self.images[image].labels)) for tag, image in found.items()}

    def listed(self) -> tuple[Listed, ...]:
        """All images that have a tag."""
        with self._lock:
            tags: dict[str, list[str]] = {}
            for tag, image in self.tags.items():
                tags.setdefault(image, []).append(tag)
            return tuple(Listed(i, tuple(names), dict(self.images[i].labels)) for i, names in tags.items())

    def inspect(self, reference: str) -> Facts | None:
        """By ID, by tag, or by a digest that is an ID."""
        with self._lock:
            name = reference.rpartition("@")[2] if "@" in reference else reference
            if name in self.images:
                return self.images[name]
            return self.images.get(self.tags.get(str(Reference.parse(name)), ""))

    def history(self, image: str) -> tuple[str, ...]:
        """An entry a layer."""
        return tuple(f"layer {layer}" for layer in reversed(self.images[image].layers))

    def build(self, request: BuildRequest, log: Log) -> str:
        """Make an image of one layer, which the Dockerfile and context give, on what the first base argument names."""
        name = dict(request.labels).get("forebear.image", "")
        self.before(name)
        log(f"[1/1] building {name}")
        if name in self.fails:
            raise self.fails[name]
        base = self._base(dict(request.args))
        facts = self._made(request, base)
        with self._lock:
            self.built.append(name)
            self.images[facts.id] = facts
        return facts.id

    def _base(self, args: Mapping[str, str]) -> Facts | None:
        handles = [value for arg, value in args.items() if arg.startswith("FOREBEAR_BASE_")]
        if not handles:
            return None
        base = self.inspect(handles[0])
        if base is None:
            raise BuildFailed(f"{handles[0]}: not found")
        return base

    def _made(self, request: BuildRequest, base: Facts | None) -> Facts:
        layer = digest(_instructions(b"".join(request.context()), request.dockerfile))
        below = base or Facts("", request.platform, (), (), (), 0, 0, 0)
        labels = tuple(sorted({**dict(below.labels), **dict(request.labels)}.items()))
        facts = replace(below, layers=(*below.layers, layer), labels=labels, history=None)
        return replace(facts, id=digest(repr((facts.layers, labels))))

    def cancel(self) -> None:
        """Nothing runs for long here."""

    def tag(self, image: str, reference: str) -> None:
        """Let a tag name an image."""
        with self._lock:
            self.tags[str(Reference.parse(reference))] = image

    def untag(self, reference: str) -> None:
        """Take a tag away."""
        with self._lock:
            self.tags.pop(reference, None)

    def pull(self, reference: str, platform: str) -> None:
        """Registries of a fake have nothing to pull."""
        raise EngineRefused(f"while pulling {reference}: not found", status=404)

    def push(self, reference: str, sent: Sent) -> str:
        """Registries of a fake take nothing."""
        raise EngineRefused(f"while pushing {reference}: a fake engine knows no registry")

    def used(self) -> frozenset[str]:
        """The IDs of the images that containers are made of."""
        return frozenset(self.containers)

    def occupied(self) -> int:
        """The sizes of all images together."""
        with self._lock:
            return sum(self.images[image].size for image in set(self.tags.values()))

    def resolve(self, reference: str) -> Resolved | None:
        """What is published under a tag."""
        return self.published.get(str(Reference.parse(reference)))

    def save(self, image: str) -> Generator[bytes]:
        """The images of a fake have no files."""
        raise EngineRefused(f"while saving {image}: a fake engine keeps no files")

    def files(self, image: str, paths: tuple[str, ...]) -> Mapping[str, File]:
        """The images of a fake have no files."""
        return {}

    def ask(self, image: str, port: int, path: str, seconds: int, good: Callable[[Answer], bool]) -> Answer:
        """Nothing listens in an image of a fake."""
        raise BuildFailed(f"port {port} did not answer within {seconds} s")

    def run(self, image: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
        """Every command succeeds, and prints itself."""
        return RunOutcome(0, " ".join(command))


def _instructions(context: bytes, dockerfile: str) -> str:
    """What of a context would change the files of an image: all but comments of the Dockerfile and labels."""
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        texts = [(m.name, f.read() if (f := tar.extractfile(m)) else b"") for m in tar.getmembers()]
    return repr([(name, _bare(data) if name == dockerfile else data) for name, data in texts])


def _bare(dockerfile: bytes) -> bytes:
    return b"\n".join(line for line in dockerfile.splitlines() if not line.startswith(b"#"))
