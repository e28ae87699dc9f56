"""Giving a build its parents by content: throw-away tags that nobody else knows, so nobody else can move."""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.errors import EngineError, EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from forebear.engine.model import Engine

_STALE: Final = 24 * 3600
_BEGAN: Final = re.compile(r":[0-9a-f]+-([0-9a-f]+)-[0-9a-f]+$")


class Handles:
    """The throw-away tags of a run.

    The registry `forebear.invalid` cannot exist (RFC 2606, section 2): an engine that lost the tag finds
    nothing, instead of somebody's image. Each tag ends with when the run began, and a random part, so that
    two runs on one engine do not take each other's away.
    """

    def __init__(self, engine: Engine, project: str, *, by_digest: bool) -> None:
        self._engine = engine
        self._run = f"{int(time.time()):x}-{secrets.token_hex(4)}"
        self._folder = f"forebear.invalid/{project}"
        self._by_digest = by_digest
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._held: dict[str, str] = {}

    def name(self, image: str, digest: str) -> str:
        """The throw-away tag for an image of the family, or an upstream, with a key or ID; given back in the end."""
        name = f"{self._folder}/{_component(image)}:{digest.removeprefix('sha256:')[:24]}-{self._run}"
        with self._lock:
            self._made.add(name)
        return name

    def of(self, image: str, identifier: str) -> str:
        """A reference that a build takes for just the image with that ID, whatever other tag moves.

        On the containerd store a tag alone is looked up at its registry first, so the digest is added;
        elsewhere the ID is no digest that a build could take, and the local tag always wins.
        """
        name = self._held.get(identifier)
        if name is None:
            name = self.name(image, identifier)
            self._engine.tag(identifier, name)
            self.hold(identifier, name)
        return f"{name}@{identifier}" if self._by_digest else name

    def hold(self, identifier: str, name: str) -> None:
        """Remember that a throw-away tag names an image."""
        with self._lock:
            self._held[identifier] = name

    def give_back(self) -> None:
        """Remove all of them, as long as the engine answers. What cannot be removed stays: it harms nobody."""
        with self._lock:
            gone = sorted(self._made)
            self._made.clear()
            self._held.clear()
        with suppress(EngineUnreachable):
            for name in gone:
                with suppress(EngineRefused):
                    self._engine.untag(name)

    def sweep(self) -> None:
        """Remove the tags of runs that were killed, a day ago or more."""
        for reference in self._engine.tagged(self._folder):
            began = _BEGAN.search(reference)
            if began and int(began[1], 16) < time.time() - _STALE:
                with suppress(EngineError):
                    self._engine.untag(reference)


def _component(image: str) -> str:
    """A name that may be an upstream's reference, as one component of a repository."""
    return re.sub(r"[^a-z0-9]+", "-", image.lower()).strip("-")
