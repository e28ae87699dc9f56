"""Giving a build its parents by content: throw-away tags that nobody else knows, so nobody else can move."""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.reference import Reference

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

    def of(self, reference: str, identifier: str) -> str:
        """A reference that a build takes for just the image with that ID, whatever other tag moves.

        `reference` is the canonical one by which a Dockerfile names it. On the containerd store the ID is a
        digest that can be added to it; elsewhere a tag is made, and the local tag always wins.
        """
        if self._by_digest:
            return str(Reference.parse(reference).with_digest(identifier))
        name = f"{self._folder}/{_component(reference)}:{identifier.removeprefix('sha256:')[:24]}-{self._run}"
        with self._lock:
            self._made.add(name)
        self._engine.tag(identifier, name)
        return name

    def give_back(self) -> None:
        """Remove all of them, as long as the engine answers. What cannot be removed stays: it harms nobody."""
        with self._lock:
            gone = sorted(self._made)
            self._made.clear()
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
