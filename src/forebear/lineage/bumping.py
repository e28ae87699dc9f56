"""Which version comes next: by a level, as a pre-release, or as the final one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong, shown

if TYPE_CHECKING:
    from semver import Version

# An identifier of a pre-release (SemVer 2.0.0, item 9) that a number can follow.
_LABEL: Final = re.compile(r"[A-Za-z][0-9A-Za-z-]*")


class Level(StrEnum):
    """How far a version moves; RELEASE ends its pre-releases."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Bump:
    """A level, and the pre-release that is to be made on the way there: `rc`."""

    level: Level
    pre: str | None = None


def bumped(text: str, bump: Bump) -> str:
    """The version after `text`.

    A pre-release is on its way to a version: 2.2.0-rc.1 becomes 2.2.0 by a minor level and by RELEASE, 2.2.0-rc.2 by a
    minor level with rc. By RELEASE, what is no pre-release moves by a patch. Raises Wrong for a label that cannot be.
    """
    version = parse_version(text)
    target = _target(version, bump.level)
    if bump.pre is None:
        return str(target)
    if not _LABEL.fullmatch(bump.pre):
        raise Wrong(f'"{shown(bump.pre)}" cannot begin a pre-release', "write a letter, then letters, digits and -")
    return f"{target}-{bump.pre}.{_count(version, target, bump.pre)}"


def bump_between(before: str, after: str) -> Bump:
    """What moves one version to, or nearest to, another."""
    old, new = parse_version(before), parse_version(after)
    pre = new.prerelease.partition(".")[0] if new.prerelease else None
    label = pre if pre and _LABEL.fullmatch(pre) else None
    if old.prerelease and old.finalize_version() == new:
        return Bump(Level.RELEASE)
    if old.major != new.major:
        return Bump(Level.MAJOR, label)
    return Bump(Level.MINOR if old.minor != new.minor else Level.PATCH, label)


def is_later(after: str, before: str) -> bool:
    """Whether one version comes after another (SemVer 2.0.0, item 11)."""
    return parse_version(after) > parse_version(before)


def is_prerelease(text: str) -> bool:
    """Whether a version is one."""
    return parse_version(text).prerelease is not None


def _target(version: Version, level: Level) -> Version:
    zeros = {Level.MINOR: (version.patch,), Level.MAJOR: (version.minor, version.patch)}.get(level, ())
    if version.prerelease and not any(zeros):
        return version.finalize_version()
    moved = {Level.MINOR: version.bump_minor, Level.MAJOR: version.bump_major}.get(level, version.bump_patch)
    return moved()


def _count(version: Version, target: Version, label: str) -> int:
    word, _, number = (version.prerelease or "").partition(".")
    goes_on = version.finalize_version() == target and word == label and number.isdigit()
    return int(number) + 1 if goes_on else 1
