"""Pure: the lock, lineage.lock: the digest of every upstream, read and written.

The file is JSON: a text cut short anywhere is no JSON, so that a truncated lock is never taken for a whole one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from forebear.errors import Fault, InputError, Place
from forebear.jsontext import parse, refused
from forebear.reference import Reference, ReferenceFault, is_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE: Final = "lineage.lock"
FORMAT: Final = 1
_AGAIN: Final = "get it back from version control, or remove it and run: forebear lock"


@dataclass(frozen=True, slots=True)
class Pin:
    """What an upstream's tag was found to name.

    `digest`: of what the registry has under the tag (an index, where there are several platforms), or, for
    a `local` one, the image ID on the engine; `platforms`: the digest of each known platform's manifest.
    """

    upstream: Reference
    digest: str
    local: bool = False
    platforms: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> Reference:
        """The reference by which a Dockerfile names it: with the digest, unless only one engine knows that."""
        return self.upstream if self.local else self.upstream.with_digest(self.digest)

    def source(self, platform: str) -> str:
        """What to ask an engine for to get just that image: by digest, or by ID where it is local."""
        if self.local:
            return self.digest
        digest = dict(self.platforms).get(platform, self.digest)
        return str(self.upstream.untagged().with_digest(digest))


@dataclass(frozen=True, slots=True)
class Lock:
    """The pins of a project's upstreams, by upstream."""

    project: str
    pins: Mapping[Reference, Pin] = field(default_factory=dict, hash=False)

    def pin(self, upstream: Reference) -> Pin | None:
        """The pin of an upstream, if it is locked."""
        return self.pins.get(upstream)


def write(lock: Lock) -> bytes:
    """The text of a lock: sorted, and the same for the same lock."""
    pins = sorted(lock.pins.values(), key=lambda pin: str(pin.upstream))
    document = {
        "lock": FORMAT,
        "project": lock.project,
        "upstreams": {str(pin.upstream): _entry(pin) for pin in pins},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _entry(pin: Pin) -> dict[str, object]:
    if pin.local:
        return {"local": True, "image": pin.digest}
    return {"digest": pin.digest, "platforms": dict(sorted(pin.platforms))}


def read(data: bytes, project: str) -> Lock:
    """Read a lock; raises InputError with every fault, also where the lock is another project's."""
    return _checked(parse(data, FILE, _AGAIN), project)


def _checked(document: Any, project: str) -> Lock:
    if not isinstance(document, dict) or document.get("lock") != FORMAT:
        raise _refused("lock", f"it is not of format {FORMAT}")
    if document.get("project") != project:
        raise _refused("project", f"it belongs to the project {document.get('project')!r}, not to {project!r}")
    upstreams = document.get("upstreams")
    if not isinstance(upstreams, dict):
        raise _refused("upstreams", "it is missing")
    faults: list[Fault] = []
    pins = [pin for name, entry in upstreams.items() if (pin := _pin(name, entry, faults)) is not None]
    if faults:
        raise InputError(faults)
    return Lock(project, {pin.upstream: pin for pin in pins})


def _pin(name: str, entry: Any, faults: list[Fault]) -> Pin | None:
    path = f"upstreams.{name}"
    try:
        upstream = Reference.parse(name)
    except ReferenceFault as error:
        faults.append(_fault(path, str(error)))
        return None
    if str(upstream) != name:
        faults.append(_fault(path, f"it is not written in full, as {upstream}"))
        return None
    entry = entry if isinstance(entry, dict) else {}
    local = entry.get("local") is True
    digest, platforms = entry.get("image" if local else "digest"), entry.get("platforms", {})
    if not _digests([digest, *(platforms.values() if isinstance(platforms, dict) else [None])]):
        faults.append(_fault(path, "it has no digest, or one that is none"))
        return None
    return Pin(upstream, str(digest), local, tuple(sorted(platforms.items())))


def _digests(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) and is_digest(value) for value in values)


def _fault(path: str, problem: str) -> Fault:
    return Fault(Place(FILE, path=path), problem, _AGAIN)


def _refused(path: str, problem: str) -> InputError:
    return refused(FILE, path, problem, _AGAIN)
