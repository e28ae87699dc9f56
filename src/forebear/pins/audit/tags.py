"""Which tags move: a guess from their words, since no registry is asked."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final = _words(
    "latest stable oldstable lts edge nightly main master trunk head tip dev devel develop development canary current"
    " mainline rolling testing unstable experimental snapshot preview next beta alpha rc release prod production"
    " staging weekly daily monthly newest"
)
_CODE_NAMES: Final = _words(
    # Debian, Ubuntu, Fedora, openSUSE: releases that get updates under the same name.
    "buzz rex bo hamm slink potato woody sarge etch lenny squeeze wheezy jessie stretch buster bullseye bookworm trixie"
    " forky duke sid precise trusty xenial bionic focal groovy hirsute impish jammy kinetic lunar mantic noble oracular"
    " plucky questing rawhide tumbleweed leap"
)
_PART: Final = re.compile(r"[^-_+]+")
_PURE: Final = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)[a-z]{0,2}[0-9]*", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_DATE: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}([-._]?)(?:0[1-9]|1[0-2])\1(?:[0-2][0-9]|3[01])(?![0-9])")
_JAVA_UPDATE: Final = re.compile(r"(?<![0-9a-z])[0-9]{1,2}u[0-9]+", re.IGNORECASE)
_COMMIT: Final = re.compile(r"(?:[a-z]{1,6}[-_.])?(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,64}")


@lru_cache(maxsize=1 << 12)
def moves(tag: str) -> str | None:
    """Why a tag is taken for one that moves, as the end of a sentence; None where it looks like one release.

    One release is a version of three numbers or more, a version of two with a release number (9.3-1475), a
    date, a commit, or a build number of five digits. What stands behind the first version (-slim, -alpine3.19) is
    the release's variant.
    """
    parts = _PART.findall(tag)
    if _fixed(tag, parts):
        return None
    words = [part.lower() for part in parts]
    if word := next((word for word in words if word in _WORDS), None):
        return f"{word} names whatever is newest"
    version = _version(tag, parts)
    if version is None:
        return _unversioned(words)
    which = "minor" if "." in version else "major"
    return f"{version} is a bare {which} version"


def _fixed(tag: str, parts: list[str]) -> bool:
    if _DATE.search(tag) or _JAVA_UPDATE.search(tag) or any(_COMMIT.fullmatch(part) for part in (tag, *parts)):
        return True
    version = _version(tag, parts)
    return version is not None and (version.count(".") >= 2 or len(version.partition(".")[0]) >= 5)


def _version(tag: str, parts: list[str]) -> str | None:
    """The first version that is a part by itself, with the release number behind it; else the first number."""
    for at, part in enumerate(parts):
        if pure := _PURE.fullmatch(part):
            release = parts[at + 1] if at + 1 < len(parts) else ""
            behind = "." in pure[1] and release[:1].isdigit() and _PURE.fullmatch(release)
            return f"{pure[1]}.{release}" if behind else pure[1]
    glued = _NUMBERS.search(tag)
    return glued[0] if glued else None


def _unversioned(words: list[str]) -> str:
    if name := next((word for word in words if word in _CODE_NAMES), None):
        return f"{name} is a distribution's release"
    return "it names no version"
