"""What an engine can do, as a protocol, with the values that go in and come out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Builder(StrEnum):
    """Which of an engine's builders is used."""

    BUILDKIT = "buildkit"
    CLASSIC = "classic"


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself.

    `store`: "containerd" or the storage driver's name; `platform`: its own, as os/arch[/variant].
    """

    host: str
    version: str
    api: str
    store: str
    platform: str

    @property
    def keeps_digests(self) -> bool:
        """Whether an image's ID is the digest of its manifest, so that a local image can be named by digest."""
        return self.store == "containerd"

    def __str__(self) -> str:
        """`Docker 28.5.2 (API 1.51), containerd image store, linux/amd64`."""
        store = "containerd image store" if self.keeps_digests else self.store
        return f"Docker {self.version} (API {self.api}), {store}, {self.platform}"


@dataclass(frozen=True, slots=True)
class EngineDetails:
    """What an engine says of what is around it.

    `driver`: the storage driver, or containerd's snapshotter, with `driver_status` as it tells of itself; `folders`:
    where its data is, on its own machine; `kernel`: of that machine; `time`: what its clock says, None where it does
    not tell; `security`: its security options; `proxies`: by name, without passwords; `warnings`: of itself.
    """

    driver: str
    driver_status: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]
    kernel: str
    time: datetime | None
    security: tuple[str, ...]
    proxies: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine was found to be able to do, by trying it.

    `rewrites_timestamps`: whether new layers can carry a given time, so that they come out the same each time;
    `why_not` says what keeps the engine from the better one, "" where nothing does; `version`: of BuildKit, "" where
    the engine does not tell.
    """

    builder: Builder
    rewrites_timestamps: bool
    why_not: str
    version: str = ""

    @property
    def named(self) -> str:
        """The builder, as people know it, with its version where that is known."""
        name = "BuildKit" if self.builder is Builder.BUILDKIT else "the classic builder"
        return f"{name} {self.version}".strip()

    def __str__(self) -> str:
        """The builder, and what it means for reproducibility."""
        if self.rewrites_timestamps:
            return (
                f"{self.named}: a rebuild gives the same image, bit for bit, where the Dockerfile's commands allow it"
            )
        return f"{self.named}: the same inputs give layers that may differ in their times ({self.why_not})"


@dataclass(frozen=True, slots=True)
class Listed:
    """An image as a listing shows it."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed for an image's ID.

    `layers`: digests of the unpacked layers, lowest first; `config`: what a container of it gets, as
    sorted pairs of a field's name and its JSON text, without labels; `history`: the number of entries, None
    where it was not asked; `triggers`: the number of ONBUILD instructions; `size` in bytes; `beside`: how many
    entries of the history are labels of its own that the builder was given beside the Dockerfile.
    """

    id: str
    platform: str
    layers: tuple[str, ...]
    config: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    history: int | None
    triggers: int
    size: int
    beside: int = 0


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What one build is told.

    `context`: the chunks of a tar, in which `dockerfile` is the path of the Dockerfile, made anew at each call,
    since a build may have to be tried again;
    `epoch`: seconds since 1970, the time that the image carries; `fresh`: whether no cache may be used; `secrets`:
    what mounts of the type secret get, by name; `triggered`: whether triggers of ONBUILD come into effect, which may
    name images that it is not given; `large`: whether its layers may be, and take long to compress.
    """

    context: Callable[[], Iterator[bytes]] = field(hash=False)
    args: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    target: str | None
    platform: str
    epoch: int
    fresh: bool = False
    secrets: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    dockerfile: str = "Dockerfile"
    triggered: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a registry has under a tag.

    `digest` is that of the manifest, or of the index of the manifests of several platforms; `media_type` tells which.
    """

    digest: str
    media_type: str
    platforms: tuple[str, ...]

    @property
    def is_index(self) -> bool:
        """Whether the digest is that of an index (OCI) or manifest list (Docker)."""
        return self.media_type.endswith(("image.index.v1+json", "manifest.list.v2+json"))


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a container's command came to: its exit code and its output, both streams together."""

    exit: int
    output: str


@dataclass(frozen=True, slots=True)
class File:
    """What is at a path of an image: a "file", "folder" or something else; `mode`: permission bits.

    `content` is None where it is no file, or a larger one than is read.
    """

    kind: str
    mode: int
    uid: int
    gid: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str


Sent = Callable[[int, int], None]
"""Told how many bytes of a push are sent, and how many there are, as far as the engine knows."""

Log = Callable[[str], None]
"""Takes one line of a build's output, without its line end."""


class Engine(Protocol):
    """A container engine. Every method may raise EngineUnreachable or EngineRefused."""

    def info(self) -> EngineInfo:
        """What the engine says of itself."""
        ...

    def details(self) -> EngineDetails:
        """What the engine says of what is around it, now."""
        ...

    def capabilities(self) -> Capabilities:
        """What the engine was found to be able to do, tried once."""
        ...

    def tagged(self, folder: str, *, parts: int = 1) -> Mapping[str, Listed]:
        """The images under all tags of all repositories in a folder (docker.io/firethorn), by canonical reference.

        The listing may be asked for in several `parts` at once.
        """
        ...

    def listed(self) -> tuple[Listed, ...]:
        """All images on the engine, but what no name leads to."""
        ...

    def inspect(self, reference: str) -> Facts | None:
        """The facts of an image by ID or reference, all but its history; None where the engine has none."""
        ...

    def history(self, image: str) -> tuple[str, ...]:
        """What made each entry in the history of an image, by ID, newest first."""
        ...

    def build(self, request: BuildRequest, log: Log) -> str:
        """Build an image without a tag; the ID of it. Raises BuildFailed where a step of it fails."""
        ...

    def cancel(self) -> None:
        """End all builds, pulls and commands that run, and let none begin: most raise an Error."""
        ...

    def tag(self, image: str, reference: str) -> None:
        """Let a tag name an image."""
        ...

    def untag(self, reference: str) -> None:
        """Take a tag away, and what nothing else names."""
        ...

    def pull(self, reference: str, platform: str) -> None:
        """Get an image from its registry."""
        ...

    def push(self, reference: str, sent: Sent) -> str:
        """Send an image to the registry that its reference names; the digest of the manifest that is there now."""
        ...

    def used(self) -> frozenset[str]:
        """The IDs of the images that containers are made of, whether they run or not."""
        ...

    def occupied(self) -> int:
        """The bytes that the layers of all images take on the engine's disk."""
        ...

    def resolve(self, reference: str) -> Resolved | None:
        """Ask the registry, through the engine, what a tag names; None where the registry has no such image."""
        ...

    def save(self, image: str) -> Generator[bytes]:
        """An image as a tar, in chunks, as `docker save` gives it; closing it ends the saving."""
        ...

    def files(self, image: str, paths: tuple[str, ...]) -> Mapping[str, File]:
        """What is at some paths of an image, by ID; nothing of it runs. What is not there is left out."""
        ...

    def ask(self, image: str, port: int, path: str, seconds: int, good: Callable[[Answer], bool]) -> Answer:
        """Start a container of an image, without network, and ask its loopback until the answer is good.

        Once time is up the last answer counts. Raises BuildFailed where there was none, or the container ended.
        """
        ...

    def run(self, image: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
        """Run a command in a container without network, and remove it. Raises BuildFailed when time is up."""
        ...
