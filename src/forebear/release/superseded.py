"""Pure: which images of a family an engine no longer needs, and why it needs the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from semver import Version

_PLATFORM: Final = re.compile(r"-(?:linux|windows|freebsd)-[a-z0-9_]+(?:-v[0-9]+)?$")
"""What a tag has behind its version where it is that of another platform than the engine's own."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """An image of the family under a tag on the engine; `base` is the reference that its label names as parent."""

    reference: str
    id: str
    layers: tuple[str, ...]
    base: str

    @property
    def version(self) -> str:
        """The version that its tag holds, without the platform behind it."""
        return _PLATFORM.sub("", self.reference.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Needs:
    """What decides what stays.

    `declared`: the references of lineage.yml; `records`: the references of each release, by its version; `keep`: how
    many releases stay; `used`: the IDs of images that containers are made of; `others`: the layers of images on
    the engine that are not the family's.
    """

    declared: Collection[str]
    records: Mapping[str, Collection[str]]
    keep: int
    used: Collection[str]
    others: Collection[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a tag, and why."""

    tagged: Tagged
    remove: bool
    why: str


def decide(tagged: Sequence[Tagged], needs: Needs) -> tuple[Decision, ...]:
    """What becomes of each tag: children before their parents, so that they can be removed in that order."""
    kept = _kept(tagged, needs)
    ordered = sorted(tagged, key=lambda each: (-len(each.layers), each.reference))
    return tuple(Decision(each, each.reference not in kept, kept.get(each.reference, "superseded")) for each in ordered)


def releases(tagged: Iterable[Tagged], records: Collection[str]) -> tuple[str, ...]:
    """Every release that a record or a tag tells of, the newest first; what is no version is none."""
    versions = {version: parsed for version in (*records, *(t.version for t in tagged)) if (parsed := _parsed(version))}
    return tuple(sorted(versions, key=lambda version: versions[version], reverse=True))


def _kept(tagged: Sequence[Tagged], needs: Needs) -> dict[str, str]:
    """Why each tag stays that does."""
    recorded = {reference for references in needs.records.values() for reference in references}
    newest = releases((t for t in tagged if t.reference not in recorded), needs.records)[: needs.keep]
    kept = {each.reference: why for each in tagged if (why := _own_reason(each, needs, newest))}
    by_reference = {each.reference: each for each in tagged}
    waiting = list(kept)
    while waiting:
        child = by_reference[waiting.pop()]
        if child.base in by_reference and child.base not in kept:
            kept[child.base] = f"parent of {_short(child.reference)}"
            waiting.append(child.base)
    return kept


def _own_reason(each: Tagged, needs: Needs, newest: Sequence[str]) -> str:
    if _parsed(each.version) is None:
        return "its tag is no version"
    if each.reference in needs.declared:
        return "declared in lineage.yml"
    if version := next((v for v in newest if each.reference in needs.records.get(v, ())), ""):
        return f"in the release {version}"
    recorded = any(each.reference in references for references in needs.records.values())
    if not recorded and each.version in newest:
        return f"of the release {each.version}"
    if each.id in needs.used:
        return "a container uses it"
    if each.layers and any(layers[: len(each.layers)] == each.layers for layers in needs.others):
        return "an image that is not of this family is built on it"
    return ""


def _short(reference: str) -> str:
    """`webapp:2.1.7`."""
    return reference.rpartition("/")[2]


def _parsed(text: str) -> Version | None:
    try:
        return parse_version(text)
    except Wrong:
        return None
