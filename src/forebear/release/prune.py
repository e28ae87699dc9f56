"""Clearing an engine of what is superseded: what goes, what stays and why, and what was freed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.build.key import OCI
from forebear.build.memory import Memory
from forebear.build.recipes import tag
from forebear.build.spare import spare
from forebear.errors import EngineRefused
from forebear.reference import Reference
from forebear.release.files import load_records
from forebear.release.superseded import Decision, Needs, Tagged, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forebear.engine.model import Engine, Facts, Listed
    from forebear.project import Project


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, and how many bytes of the engine's disk that freed; None where it does not tell."""

    removed: tuple[str, ...]
    freed: int | None


def plan(project: Project, engine: Engine, keep: int) -> tuple[Decision, ...]:
    """What becomes of each image of the family on an engine, children first. Raises InputError, EngineError."""
    memory = Memory(spare(project.workspace) / "images.db")
    listed = engine.listed()
    own, others = [], []
    for image in listed:
        names = [reference for each in image.tags if (reference := _parsed(each)) and reference.tag]
        mine = [reference for reference in names if reference.name.rpartition("/")[0] == project.folder]
        facts = memory.get(image.id) or engine.inspect(image.id)
        if facts and mine:
            own += [_tagged(reference, facts) for reference in mine]
        elif facts:
            others.append(facts.layers)
    return decide(own, _needs(project, engine, keep, others))


def _parsed(name: str) -> Reference | None:
    with suppress(ValueError):
        return Reference.parse(name)
    return None


def _tagged(reference: Reference, facts: Facts) -> Tagged:
    return Tagged(str(reference), facts.id, facts.layers, dict(facts.labels).get(f"{OCI}base.name", ""))


def _needs(project: Project, engine: Engine, keep: int, others: Sequence[tuple[str, ...]]) -> Needs:
    own = engine.info().platform
    images = project.family.lineage.images.values()
    declared = {
        str(image.reference.with_tag(tag(image, platform, own)))
        for image in images
        for platform in image.platforms or (own,)
    }
    records = {
        version: {each.reference for each in record.images.values()}
        for version, record in load_records(project).items()
    }
    return Needs(declared, records, keep, engine.used(), others)


def remove(engine: Engine, decisions: Iterable[Decision]) -> Pruned:
    """Remove what is to go; what the engine does not let go, since it is used by now, stays. Raises EngineError."""
    before = _occupied(engine)
    removed = []
    for decision in decisions:
        if decision.remove:
            with suppress(EngineRefused):
                engine.untag(decision.tagged.reference)
                removed.append(decision.tagged.reference)
    _drop_unnamed(engine, {each.tagged.id for each in decisions if each.remove})
    after = _occupied(engine)
    return Pruned(tuple(removed), None if before is None or after is None else max(0, before - after))


def _occupied(engine: Engine) -> int | None:
    """The bytes that images take. The containerd store cannot tell while others build: what it counts may go."""
    for _ in range(3):
        with suppress(EngineRefused):
            return engine.occupied()
    return None


def _drop_unnamed(engine: Engine, images: Iterable[str]) -> None:
    """Remove images that only digests name any more: the containerd store keeps one that was pulled by digest."""
    left = {image.id: image for image in engine.listed()}
    for identifier in images:
        if identifier in left and not _has_tag(left[identifier]):
            with suppress(EngineRefused):
                engine.untag(identifier)


def _has_tag(image: Listed) -> bool:
    return any("@" not in each for each in image.tags)
