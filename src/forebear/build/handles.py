"""Giving a build its parents by content: throw-away tags that nobody else knows, so nobody else can move."""

from __future__ import annotations

import hashlib
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
_RUN: Final = re.compile(r":[0-9a-f]+-([0-9a-f]+)-([0-9a-f]+)-[0-9a-f]+$")


class Handles:
    """The throw-away tags of a run.

    Their registry cannot exist: nothing listens on port 0 (RFC 6335, section 6). An engine that lost the tag finds
    nothing, instead of somebody's image; and the containerd store, which asks the registry first, is refused at once,
    where a name would be looked up in the DNS for each build. Each tag ends with when and where the run began, and a
    random part, so that two runs on one engine do not take each other's away. `place` is where runs exclude each other.
    """

    def __init__(self, engine: Engine, project: str, *, by_digest: bool, place: str = "") -> None:
        self._engine = engine
        self._place = hashlib.sha256(place.encode()).hexdigest()[:8]
        self._run = f"{int(time.time()):x}-{self._place}-{secrets.token_hex(4)}"
        self._folder = f"127.0.0.1:0/forebear/{project}"
        self._by_digest = by_digest
        self._lock = threading.Lock()
        self._made: dict[str, threading.Lock] = {}
        self._held: set[str] = set()

    def of(self, base: str, identifier: str) -> str:
        """A reference that a build takes for just the image with that ID, whatever other tag moves.

        `base` is what messages call it. The tag also keeps the image: the containerd store has no more of one
        whose last tag moved, and looks a reference of that up at its registry. There a tag is looked up at the
        registry first, too, so the digest is added; elsewhere the ID is no digest that a build could take, and
        the local tag always wins.
        """
        name = f"{self._folder}/{_component(base)}:{identifier.removeprefix('sha256:')[:24]}-{self._run}"
        with self._lock:
            one_at_a_time = self._made.setdefault(name, threading.Lock())
        with one_at_a_time:
            if name not in self._held:
                self._engine.tag(identifier, name)
                self._held.add(name)
        return f"{name}@{identifier}" if self._by_digest else name

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
        """Remove the tags of runs that were killed: in this place, or a day ago or more."""
        for reference in self._engine.tagged(self._folder):
            run = _RUN.search(reference)
            if run and (run[2] == self._place or int(run[1], 16) < time.time() - _STALE):
                with suppress(EngineError):
                    self._engine.untag(reference)


def _component(image: str) -> str:
    """A name that may be an upstream's reference, as one component of a repository."""
    return re.sub(r"[^a-z0-9]+", "-", image.lower()).strip("-")
