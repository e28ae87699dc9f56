"""Pure: a cut, as the new versions of images and the edits of lineage.yml that declare them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place
from forebear.lineage.bumping import Bump, Level, bump_between, bumped, is_later, is_prerelease
from forebear.lineage.edit import Edit
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from forebear.lineage.graph import Family
    from forebear.lineage.model import Image

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


def cut(family: Family, wanted: str, selected: Collection[str], now: int, pre: str | None = None) -> Cut:
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
    moves = tuple(Move(name, image.version, after[image.version]) for name in chosen for image in [lineage.images[name]])
    kept = tuple(name for name in family.order if name not in chosen)
    faults = [
        Fault(Place("VERSION"), f"{move.image} is at {move.before}, and {move.after} is not later", "name a later one")
        for move in (Move("the family", lineage.version, after[lineage.version]), *moves)
        if not is_later(move.after, move.before)
    ]
    if faults:
        raise InputError(faults)
    new = after[lineage.version]
    edits = (*_family_edits(new, now), *_edits(family, moves, new, now), *_keeping(family, kept))
    return Cut(lineage.version, new, now, moves, kept, edits)


def _afters(family: Family, wanted: str, selected: Collection[str], pre: str | None) -> Mapping[str, str]:
    """What each version that an image of the family has becomes."""
    lineage = family.lineage
    versions = {lineage.version, *(image.version for image in lineage.images.values())}
    at = _reference_version(family, selected)
    if wanted in _LEVELS:
        if wanted == Level.RELEASE and not is_prerelease(at):
            raise Wrong(f"{at} is no pre-release, and there is none to end", "cut patch, minor or major")
        bump = Bump(Level(wanted), pre)
        return {version: bumped(version, bump) for version in versions}
    if pre:
        raise Wrong("--pre goes with a level", f"write {wanted}-{pre}.1, or patch, minor or major")
    new = str(parse_version(wanted))
    return {version: bumped(version, bump_between(at, new)) for version in versions} | {at: new}


def _reference_version(family: Family, selected: Collection[str]) -> str:
    """The version that a cut of these images goes on from."""
    images = family.lineage.images
    if len(selected) == len(images):
        return family.lineage.version
    versions = {images[name].version for name in selected}
    if len(versions) > 1:
        listed = ", ".join(f"{name} {images[name].version}" for name in family.order if name in selected)
        raise Wrong(f"the selected images have different versions ({listed})", "cut one after the other, or all of them")
    return versions.pop()


def _family_edits(version: str, now: int) -> Iterator[Edit]:
    yield Edit(("version",), version)
    yield Edit(("epoch",), time(now), add=True, after=("version",))


def _edits(family: Family, moves: Collection[Move], version: str, now: int) -> Iterator[Edit]:
    """Those that have a version or an epoch of their own get new ones; the others inherit the family's."""
    for move in moves:
        image = family.lineage.images[move.image]
        if move.after != version or image.own_version:
            yield _of(image, "version", move.after)
        if image.own_epoch:
            yield _of(image, "epoch", time(now))


def _keeping(family: Family, kept: Collection[str]) -> Iterator[Edit]:
    """What is not cut and inherits of the family gets what it inherited written down."""
    for image in (family.lineage.images[name] for name in kept):
        if not image.own_version:
            yield _of(image, "version", image.version)
        if not image.own_epoch:
            yield _of(image, "epoch", time(image.epoch))


def _of(image: Image, key: str, value: str) -> Edit:
    return Edit(("images", image.name, key), value, add=True, after=("version", "from"))


def time(seconds: int) -> str:
    """Seconds since 1970 as RFC 3339 has them: 2026-11-24T00:00:00Z."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
