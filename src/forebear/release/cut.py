"""Pure: a cut, as the new versions of images and the edits of lineage.yml that declare them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forebear.errors import Fault, InputError, Place
from forebear.lineage.bumping import Bump, Level, bump_between, bumped, is_later, is_prerelease
from forebear.lineage.document import load
from forebear.lineage.edit import Edit
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.lineage.graph import Family

Own = Mapping[str, Collection[str]]
"""The keys that each image has of its own."""

_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Move:
    """An image that is cut: its version before and after."""

    image: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A new version of the family: who moves, parents first, and who keeps version and epoch.

    `epoch` is the moment of the cut, in seconds since 1970.
    """

    before: str
    after: str
    epoch: int
    moves: tuple[Move, ...]
    kept: tuple[str, ...]
    edits: tuple[Edit, ...]


def cut(family: Family, own: Own, wanted: str, selected: Collection[str], now: int, pre: str | None = None) -> Cut:
    """Move the selected images and their descendants by a level, or to a version.

    Each goes on from its own version. The family's moves too, and those that are not cut get what they inherited
    of it written down. A version as `wanted` is for those that have the version of the selected images (or the
    family's, where all are); the others move by as much. Raises InputError.
    """
    lineage = family.lineage
    chosen = [name for name in family.order if name in family.with_descendants(selected)]
    try:
        after = _afters(family, wanted, selected, pre)
    except Wrong as wrong:
        raise InputError([Fault(Place("VERSION"), wrong.problem, wrong.action)]) from wrong
    versions = {name: lineage.images[name].version for name in chosen}
    moves = tuple(Move(name, version, after[version]) for name, version in versions.items())
    kept = tuple(name for name in family.order if name not in chosen)
    faults = [
        Fault(Place("VERSION"), f"{move.image} is at {move.before}, and {move.after} is not later", "name a later one")
        for move in (Move("the family", lineage.version, after[lineage.version]), *moves)
        if not is_later(move.after, move.before)
    ]
    if faults:
        raise InputError(faults)
    new = after[lineage.version]
    edits = (*_family_edits(new, now), *_edits(moves, own, now), *_keeping(family, kept, own))
    return Cut(lineage.version, new, now, moves, kept, edits)


def own_keys(declaration: bytes) -> Own:
    """The keys that each image of a lineage.yml, which was read before, does not inherit of the family."""
    data: Any = load(declaration, "lineage.yml").data
    return {name: tuple(image) for name, image in data["images"].items()}


def _afters(family: Family, wanted: str, selected: Collection[str], pre: str | None) -> Mapping[str, str]:
    """What each version that an image of the family has becomes."""
    lineage = family.lineage
    versions = {lineage.version, *(image.version for image in lineage.images.values())}
    if wanted in _LEVELS:
        ended = {lineage.images[name].version for name in selected}
        if wanted == Level.RELEASE and not any(map(is_prerelease, ended)):
            raise Wrong(f"{', '.join(sorted(ended))} is no pre-release", "cut patch, minor or major")
        return {version: bumped(version, Bump(Level(wanted), pre)) for version in versions}
    if not wanted[:1].isdigit():
        raise Wrong(f'"{shown(wanted)}" is no level and no version', f"write {', '.join(_LEVELS)}, or one like 2.2.0")
    if pre:
        raise Wrong("--pre goes with a level", f"write {wanted}-{pre}.1, or patch, minor or major")
    at, new = _reference_version(family, selected), str(parse_version(wanted))
    bump = bump_between(at, new)
    return {version: bumped(version, bump) for version in versions} | {at: new}


def _reference_version(family: Family, selected: Collection[str]) -> str:
    """The version that a cut of these images goes on from."""
    images = family.lineage.images
    if len(selected) == len(images):
        return family.lineage.version
    versions = {images[name].version for name in selected}
    if len(versions) > 1:
        listed = ", ".join(f"{name} {images[name].version}" for name in family.order if name in selected)
        raise Wrong(f"the selected images have different versions ({listed})", "cut all of them, or by a level")
    return versions.pop()


def _family_edits(version: str, now: int) -> Iterator[Edit]:
    yield Edit(("version",), version)
    yield Edit(("epoch",), time(now), add=True, after=("version",))


def _edits(moves: Collection[Move], own: Own, now: int) -> Iterator[Edit]:
    """Those that have a version or an epoch of their own get new ones; the others inherit the family's."""
    for move in moves:
        if "version" in own[move.image]:
            yield _of(move.image, "version", move.after)
        if "epoch" in own[move.image]:
            yield _of(move.image, "epoch", time(now))


def _keeping(family: Family, kept: Collection[str], own: Own) -> Iterator[Edit]:
    """What is not cut and inherits of the family gets what it inherited written down."""
    for image in (family.lineage.images[name] for name in kept):
        if "version" not in own[image.name]:
            yield _of(image.name, "version", image.version)
        if "epoch" not in own[image.name]:
            yield _of(image.name, "epoch", time(image.epoch))


def _of(image: str, key: str, value: str) -> Edit:
    return Edit(("images", image, key), value, add=True, after=("version", "from"))


def time(seconds: int) -> str:
    """Seconds since 1970 as RFC 3339 has them: 2026-11-24T00:00:00Z."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
