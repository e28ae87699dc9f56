"""Which images were built here, by which engine, and how long each took: for records; a line for each build."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from forebear.build.events import Began, Ended, Event, Outcome
from forebear.errors import InputError

if TYPE_CHECKING:
    from forebear.engine.model import Capabilities, EngineInfo
    from forebear.workspace import Workspace

FILE: Final = ".forebear/builds.jsonl"
_LIMIT: Final = 64 << 20
_LONGEST: Final = 10**9
_KEPT: Final = 20_000
"""How many builds are kept, the last ones: some hundred bytes each."""


@dataclass(frozen=True, slots=True)
class Build:
    """How an image was built: in how many seconds, gates included, and by which engine and builder."""

    seconds: float
    version: str
    api: str
    store: str
    platform: str
    builder: str


class Builds:
    """Takes events, and notes what was built; a file that cannot be written costs the note and nothing else."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine: EngineInfo | None = None
        self._can: Capabilities | None = None

    def take(self, event: Event) -> None:
        """Note what was built, at once: the process may be killed before the next event."""
        if isinstance(event, Began):
            self._engine, self._can = event.engine, event.capabilities
        elif isinstance(event, Ended) and event.outcome is Outcome.BUILT and self._engine and self._can:
            self._add(event.image, _build(event.seconds, self._engine, self._can))

    def _add(self, image: str, build: Build) -> None:
        line = json.dumps({"image": image, **asdict(build)}, separators=(",", ":"))
        with suppress(OSError, InputError), (self._workspace.prepare() / FILE.rpartition("/")[2]).open("a") as file:
            file.write(f"{line}\n")


def load(workspace: Workspace) -> dict[str, Build]:
    """What is known, by image ID: the last build of each. Nothing of a file that cannot be read, or of a bad line."""
    with suppress(InputError):
        if workspace.exists(FILE):
            lines = workspace.read(FILE, limit=_LIMIT).decode(errors="replace").splitlines()
            return dict(filter(None, map(_read, lines)))
    return {}


def trim(workspace: Workspace) -> None:
    """Forget the oldest, where there are twice as many as are kept."""
    with suppress(InputError):
        if not workspace.exists(FILE):
            return
        lines = workspace.read(FILE, limit=_LIMIT).splitlines(keepends=True)
        if len(lines) > 2 * _KEPT:
            workspace.write(FILE, b"".join(lines[-_KEPT:]))


def _build(seconds: float, engine: EngineInfo, can: Capabilities) -> Build:
    return Build(round(seconds, 3), engine.version, engine.api, engine.store, engine.platform, can.named)


def _read(line: str) -> tuple[str, Build] | None:
    try:
        found: dict[str, Any] = json.loads(line)
        image, seconds = str(found.pop("image")), float(found.pop("seconds"))
        build = Build(seconds, **{name: str(value) for name, value in found.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    # A project may bring a file of its own: what no record can hold was not written here.
    sound = 0 <= seconds < _LONGEST and all(str(value).isprintable() for value in found.values())
    return (image, build) if sound else None
