"""Pure: the proof of an ancestry: from what a registry has, and what a record says, to statements that hold or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forebear.build.recipe import BaseKind, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.build.recipe import Present
    from forebear.release.record import Made


class Verdict(StrEnum):
    """Whether a statement holds; TRUSTED is one that nothing contradicts and nothing proves."""

    PROVED = "proved"
    TRUSTED = "trusted"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is said of an image, and whether it holds."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a record says of an image on one platform; `digest` is what the tag is to name."""

    digest: str
    made: Made


@dataclass(frozen=True, slots=True)
class Found:
    """What a registry has of an image on one platform: what its tag names, the manifest and the image in it."""

    digest: str
    manifest: str
    present: Present


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be proved of an image on one platform.

    `kind` and `ground`: what it starts from; `recorded` is None where there is no record, `found` where the
    registry has nothing.
    """

    target: Target
    reference: str
    kind: BaseKind
    ground: str
    recorded: Recorded | None
    found: Found | None


@dataclass(frozen=True, slots=True)
class Bottom:
    """An upstream on one platform: its unpacked layers, None where nobody knows them.

    `verdict` tells whether they are proved; `source` where they are known from, in words.
    """

    identity: str
    layers: tuple[str, ...] | None
    verdict: Verdict
    source: str


@dataclass(frozen=True, slots=True)
class Proved:
    """What is proved of an image on one platform, and what not."""

    subject: Subject
    statements: tuple[Statement, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """What does not hold."""
        return tuple(each.text for each in self.statements if each.verdict is Verdict.WRONG)

    @property
    def trusted(self) -> tuple[str, ...]:
        """What had to be trusted."""
        return tuple(each.text for each in self.statements if each.verdict is Verdict.TRUSTED)


def prove(subjects: Iterable[Subject], bottoms: Mapping[Target, Bottom]) -> tuple[Proved, ...]:
    """Prove what can be proved, for images given parents first; `bottoms` are the upstreams by name and platform."""
    found: dict[Target, Present] = {}
    proved = []
    for subject in subjects:
        proved.append(Proved(subject, tuple(_statements(subject, found, bottoms))))
        if subject.found:
            found[subject.target] = subject.found.present
    return tuple(proved)


def _statements(
    subject: Subject, found: Mapping[Target, Present], bottoms: Mapping[Target, Bottom]
) -> Iterator[Statement]:
    if subject.found is None:
        yield Statement(Verdict.WRONG, f"{subject.reference} is not in the registry")
        return
    yield from _as_recorded(subject, subject.found)
    yield _key(subject, subject.found.present)
    if subject.kind is BaseKind.UPSTREAM:
        yield from _on_upstream(subject, subject.found.present, bottoms.get(_ground(subject)))
    elif subject.kind is BaseKind.PARENT:
        yield from _on_parent(subject, subject.found.present, found.get(_ground(subject)))
    else:
        yield Statement(Verdict.PROVED, f"starts from scratch, with {_count(subject.found.present.layers)}")


def _ground(subject: Subject) -> Target:
    return Target(subject.ground, subject.target.platform)


def _as_recorded(subject: Subject, found: Found) -> Iterator[Statement]:
    recorded = subject.recorded
    if recorded is None:
        yield Statement(Verdict.TRUSTED, f"no record says that the tag names {found.digest}")
        return
    yield _same("the tag names", found.digest, recorded.digest)
    if found.manifest != found.digest:
        yield _same(f"the index has for {subject.target.platform}", found.manifest, recorded.made.manifest)
    layers = tuple(layer.diff_id for layer in recorded.made.layers)
    if layers != found.present.layers:
        yield Statement(Verdict.WRONG, f"has other layers than its record: {_differ(found.present.layers, layers)}")
    key = found.present.stamp.key if found.present.stamp else "none"
    if key != recorded.made.key or recorded.made.components.inputs.key != recorded.made.key:
        yield Statement(Verdict.WRONG, f"has the key {key}, the record says {recorded.made.key}")


def _same(what: str, now: str, recorded: str) -> Statement:
    if now == recorded:
        return Statement(Verdict.PROVED, f"{what} {now}, as recorded")
    return Statement(Verdict.WRONG, f"{what} {now}, the record says {recorded}")


def _key(subject: Subject, present: Present) -> Statement:
    stamp = present.stamp
    if stamp is None:
        return Statement(Verdict.WRONG, "has no labels of forebear that hold together")
    if stamp.image != subject.target.image:
        return Statement(Verdict.WRONG, f"is labelled as {stamp.image}")
    return Statement(Verdict.PROVED, f"its key {stamp.key} is the digest of its inputs")


def _on_parent(subject: Subject, present: Present, parent: Present | None) -> Iterator[Statement]:
    name = subject.ground
    if parent is None:
        yield Statement(Verdict.WRONG, f"its parent {name} is not in the registry")
        return
    yield _begins(present, parent.layers, name, Verdict.PROVED, "")
    content = _identity(present, "parent", name)
    if content == parent.content:
        yield Statement(Verdict.PROVED, f"was built on just this {name}, layers and configuration")
    else:
        yield Statement(Verdict.WRONG, f"was built on another {name}, with the content {content}, not {parent.content}")


def _on_upstream(subject: Subject, present: Present, bottom: Bottom | None) -> Iterator[Statement]:
    name = subject.ground
    identity = _identity(present, "upstream", name)
    if bottom is None or bottom.layers is None:
        why = bottom.source if bottom else "nothing tells its layers"
        yield Statement(Verdict.TRUSTED, f"that it begins with the layers of {name}@{identity} ({why})")
        return
    if identity != bottom.identity:
        yield Statement(Verdict.WRONG, f"was built on {name}@{identity}, not on @{bottom.identity}")
    yield _begins(present, bottom.layers, f"{name}@{bottom.identity}", bottom.verdict, bottom.source)


def _identity(present: Present, kind: str, name: str) -> str:
    """What the inputs of an image say of the base that it starts from."""
    bases = present.stamp.inputs.bases if present.stamp else ()
    values = (base.value.rpartition(" ") for base in bases if base.kind == kind and not base.name)
    return next((identity for base, _, identity in values if base == name), "none")


def _begins(present: Present, below: tuple[str, ...], name: str, verdict: Verdict, source: str) -> Statement:
    if present.layers[: len(below)] == below:
        told = f" ({source})" if source else ""
        added = len(present.layers) - len(below)
        return Statement(verdict, f"begins with the {_count(below)} of {name}{told}, and adds {added}")
    return Statement(
        Verdict.WRONG, f"does not begin with the {_count(below)} of {name}: {_differ(present.layers, below)}"
    )


def _differ(has: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """Where two lists of layers differ first."""
    pairs = enumerate(zip((*has, "nothing"), (*wanted, "nothing"), strict=False), 1)
    number, (one, other) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    return f"layer {number} is {one}, not {other}"


def _count(layers: tuple[str, ...]) -> str:
    return "1 layer" if len(layers) == 1 else f"{len(layers)} layers"
