"""Versions: SemVer as image tags can hold it."""

from __future__ import annotations

import re
from typing import Final

from semver import Version

from forebear.lineage.wrong import Wrong, shown

# The tag of an image is at most 128 characters long (OCI distribution-spec, "Pulling manifests").
LONGEST: Final = 128
_NUMBERS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def parse_version(text: str) -> Version:
    """The SemVer 2.0.0 version in `text`, without a build part.

    Raises Wrong, which says what to write instead.
    """
    if len(text) > LONGEST:
        raise Wrong(f"a version of {len(text)} characters does not fit into a tag", f"use at most {LONGEST}")
    if not _is_semver(text):
        raise Wrong(*_diagnosis(text))
    version = Version.parse(text)
    if version.build is not None:
        raise Wrong(f"{text} has a build part, and a tag cannot hold +", f"write {text.partition('+')[0]}")
    return version


def _is_semver(text: str) -> bool:
    # The regular expression of semver takes every Unicode digit; the specification only ASCII ones.
    return text.isascii() and Version.is_valid(text)


def _diagnosis(text: str) -> tuple[str, str]:
    bare = text[1:] if text[:1] in ("v", "V") else text
    if bare != text and _is_semver(bare):
        return f"{text} is not SemVer: it begins with {text[0]}", f"write {bare}"
    if _NUMBERS.fullmatch(bare) and bare.count(".") != 2:
        three = ".".join([*bare.split("."), "0", "0"][:3])
        return f"{text} is not SemVer, which has three numbers", f"write {three}"
    return (
        f'"{shown(text)}" is not a SemVer version',
        "write MAJOR.MINOR.PATCH, for example 2.1.7 or 2.2.0-rc.1",
    )
