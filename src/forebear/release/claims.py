"""One publication at a time: a claim that is put into the registry, and looked at again before anything is visible.

A registry has no compare-and-swap: what this guarantees, and what not, is in docs/releases.md.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from forebear.build.shelf import at, note
from forebear.errors import BuildFailed, Busy, EngineRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.reference import Reference
    from forebear.registry.client import Registry
    from forebear.registry.manifests import Manifest

TAG: Final = "forebear-publishing"
OWNER: Final = "forebear.publication"
SETTLE: Final = 1.0
"""How long a claim has to stand, in seconds, before it counts: longer than another's write may be under way."""

STALE: Final = 6 * 3600
"""After how many seconds a claim counts for nothing."""


@dataclass
class Claim:
    """The claim of a publication to be the only one; `where` is any repository of the family, always the same."""

    registry: Registry
    where: Reference
    version: str
    token: str
    _own: Manifest | None = None
    _since: float = field(default=0.0)

    @property
    def _tag(self) -> Reference:
        return self.where.with_tag(TAG)

    def look(self, *, over: bool = False) -> None:
        """Raise Busy where another publication is under way, unless `over` says that its place may be taken."""
        there = self.registry.manifest(self._tag)
        said = dict(there.annotations) if there else {}
        if _is_standing(said) and said[OWNER] != self.token and not over:
            raise Busy(
                f"another publication is under way: of {said.get('forebear.version', '?')},"
                f" by {said.get('forebear.by', '?')}, since {said.get('forebear.since', '?')}",
                "wait until it is done; where it was killed, run it again there, or: forebear publish --take-over",
            )

    def take(self, *, over: bool = False) -> None:
        """Claim; `over` takes another's place. Raises Busy where another publication is under way."""
        self.look(over=over)
        self._own = note(self._annotations())
        self.registry.put(self._tag, self._own)
        self._since = time.monotonic()

    def _annotations(self) -> dict[str, str]:
        return {
            OWNER: self.token,
            "forebear.version": self.version,
            "forebear.by": f"process {os.getpid()} on {os.uname().nodename}",
            "forebear.since": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }

    def hold(self) -> None:
        """Make sure that it still stands, once it has stood long enough. Raises BuildFailed where it does not."""
        time.sleep(max(0.0, self._since + SETTLE - time.monotonic()))
        if self._own is None or self.registry.digest(self._tag) != self._own.digest:
            raise BuildFailed(
                f"another publication took the place of this one of {self.version}; no version tag was moved by this",
                "wait until that is done, then run: forebear publish",
            )

    def release(self) -> None:
        """Take it back: removed where the registry removes, else put aside. Another's claim is left alone."""
        there = self.registry.manifest(self._tag)
        if there is None or dict(there.annotations).get(OWNER) != self.token:
            return
        try:
            self.registry.delete(at(self.where, there.digest))
        except EngineRefused:
            with suppress(EngineRefused):
                self.registry.put(self._tag, note({"forebear.version": self.version}))


def _is_standing(said: Mapping[str, str]) -> bool:
    """Whether annotations are those of a claim that counts."""
    if OWNER not in said:
        return False
    try:
        since = datetime.strptime(said["forebear.since"], "%Y-%m-%dT%H:%M:%S%z")
    except (KeyError, ValueError):
        return True
    return (datetime.now(UTC) - since).total_seconds() < STALE
