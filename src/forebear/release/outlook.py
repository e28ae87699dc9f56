"""What a publication would do, without doing any of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forebear.release import movingtags
from forebear.release.files import load_journal
from forebear.release.ready import compare, survey
from forebear.release.tagging import pooled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.engine.model import Engine
    from forebear.project import Project
    from forebear.registry.client import Registry


class Does(StrEnum):
    """What is done to a tag."""

    PUSH = "push"
    SKIP = "skip"
    MOVE = "move"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a publication would do to a tag, and why."""

    reference: str
    does: Does
    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a publication would do; `unfinished` is the version of one that was stopped, which comes first."""

    unfinished: str
    planned: tuple[Planned, ...]


def outlook(project: Project, engine: Engine, registry: Registry, *, jobs: int) -> Outlook:
    """What a publication would do, ancestors first. Raises as the publication itself would."""
    journal = load_journal(project)
    _, ready = survey(project, engine)
    with pooled(jobs) as pool:
        there = compare(project, registry, ready, pool.map)
    names = dict.fromkeys(each.target.image for each in ready)
    images = project.family.lineage.images
    versions = tuple(
        Planned(str(images[name].reference), Does.SKIP, f"published as {there[name].top.digest}")
        if name in there
        else Planned(str(images[name].reference), Does.PUSH, "not published yet")
        for name in names
    )
    return Outlook(journal.version if journal else "", (*versions, *_moving(project, registry, list(names))))


def _moving(project: Project, registry: Registry, names: list[str]) -> Iterator[Planned]:
    lineage = project.family.lineage
    for name in names:
        image = lineage.images[name]
        for tag in movingtags.names(image.version, lineage.tags):
            said: list[str] = []
            put = movingtags.put(registry, image.reference, tag, f"sha256:{'0' * 64}", 0, said.append)
            was = f"names {put.before} now" if put and put.before else "is not there yet"
            does = Does.MOVE if put else Does.STAY
            yield Planned(str(image.reference.with_tag(tag)), does, was if put else said[0])
