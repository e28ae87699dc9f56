"""What a publication or a promotion would do, without doing any of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from forebear.reference import Reference
from forebear.release import movingtags, record
from forebear.release.claims import Claim
from forebear.release.files import load_journal, load_record
from forebear.release.journal import Move, Phase, Put, forward
from forebear.release.ready import compare, survey
from forebear.release.recording import check_recorded
from forebear.release.tagging import moved, pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from forebear.engine.model import Engine
    from forebear.lineage.model import Moving
    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.release.journal import Journal

    EachOf = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

_UNKNOWN: Final = f"sha256:{'0' * 64}"
"""In the place of the digest of what is not pushed yet."""


class Does(StrEnum):
    """What is done to a tag."""

    PUSH = "push"
    COPY = "copy"
    SKIP = "skip"
    MOVE = "move"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done to a tag, and why."""

    reference: str
    does: Does
    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done; `unfinished` is the version of what was stopped among its tags, and is finished first."""

    unfinished: str
    planned: tuple[Planned, ...]


def outlook(project: Project, engine: Engine, registry: Registry, *, jobs: int, take_over: bool = False) -> Outlook:
    """What a publication would do, ancestors first. Raises as the publication itself would, but runs no gate."""
    journal = load_journal(project)
    claim = _claim(project, registry, journal)
    look = partial(claim.look, over=take_over)
    with pooled(jobs) as pool:
        if journal is None or journal.phase is Phase.PUSHING:
            return Outlook("", _declared(project, engine, registry, pool.map, look, again=journal is not None))
        look()
        first = _finishing(registry, journal, pool.map)
        if journal.version == project.family.lineage.version:
            return first
        return Outlook(first.unfinished, _declared(project, engine, registry, pool.map, look, again=False))


def _claim(project: Project, registry: Registry, journal: Journal | None) -> Claim:
    first = project.family.lineage.images[project.family.order[0]].reference
    where = Reference.parse(journal.where) if journal else first.untagged()
    return Claim(registry, where, project.family.lineage.version, journal.claim if journal else "")


def _declared(
    project: Project, engine: Engine, registry: Registry, each_of: EachOf, look: Callable[[], None], *, again: bool
) -> tuple[Planned, ...]:
    """What happens to what the project declares; `again` where it was begun before."""
    lineage = project.family.lineage
    _, ready = survey(project, engine)
    there = compare(project, registry, ready, each_of)
    digests = {each.target.image: _UNKNOWN for each in ready} | {name: seen.top.digest for name, seen in there.items()}
    versions = {lineage.images[name].reference: digest for name, digest in digests.items()}
    planned = tuple(_version(str(reference), digest) for reference, digest in versions.items())
    old = load_record(project, lineage.version)
    if old and len(there) == len(digests) and not again:
        check_recorded(old, digests)
        return planned
    look()
    return (*planned, *moving(registry, versions, lineage.tags))


def _finishing(registry: Registry, journal: Journal, each_of: EachOf) -> Outlook:
    images = record.read(journal.record.encode(), record.path_of(journal.version)).images.values()
    return stopped(registry, journal, {each.reference: each.digest for each in images}, Does.PUSH, each_of)


def _version(reference: str, digest: str) -> Planned:
    return Planned(reference, Does.PUSH, "not published yet") if digest == _UNKNOWN else skipped(reference, digest)


def skipped(reference: str, digest: str) -> Planned:
    """A tag that names what it is to name."""
    return Planned(reference, Does.SKIP, f"names {digest}")


def moving(registry: Registry, versions: Mapping[Reference, str], kinds: Iterable[Moving]) -> Iterator[Planned]:
    """What happens to the tags that move, given the digests that the tags of versions are to name."""
    kinds = tuple(kinds)
    for version, digest in versions.items():
        for tag in movingtags.names(str(version.tag), kinds):
            said: list[str] = []
            put = movingtags.put(registry, version, tag, digest, 0, said.append)
            yield _moving(put) if put else Planned(str(version.with_tag(tag)), Does.STAY, said[0])


def _moving(put: Put) -> Planned:
    if put.before == put.digest:
        return skipped(put.reference, put.digest)
    return Planned(put.reference, Does.MOVE, f"names {put.before} now" if put.before else "is not there yet")


def stopped(
    registry: Registry,
    journal: Journal,
    versions: Mapping[str, str],
    does: Does,
    each_of: EachOf,
) -> Outlook:
    """What finishing does, ancestors first; `versions` are the digests that all tags of versions are to name.

    `does` is what was done to them, `each_of` maps as the built-in function does. Raises BuildFailed where somebody
    else moved a tag.
    """
    named = each_of(lambda put: registry.digest(Reference.parse(put.reference)), journal.puts)
    left = {
        put.reference: _left(put, now, does if put.reference in versions else None)
        for put, now in zip(journal.puts, named, strict=True)
    }
    all_of = {reference: skipped(reference, digest) for reference, digest in versions.items()} | left
    return Outlook(journal.version, tuple(all_of.values()))


def _left(put: Put, now: str | None, does: Does | None) -> Planned:
    """What is left to do to a tag that names `now`; `does` is None for one that moves."""
    move = forward(put, now)
    if move is Move.CONFLICT:
        raise moved(put, now)
    if move is Move.SKIP:
        return skipped(put.reference, put.digest)
    return Planned(put.reference, does, "only its tag is missing") if does else _moving(put)
