"""The public functions: everything that the command line does, with typed values in and out."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed, Fault, InputError, Place
from forebear.lineage.selectors import select
from forebear.pins import lock as locks
from forebear.pins import locking
from forebear.project import LIMIT, Project, Rendered
from forebear.project import load as open_project
from forebear.workspace import find_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from forebear.build.events import Ended
    from forebear.build.make import Gates
    from forebear.build.plan import Plan
    from forebear.build.recipe import Recipe
    from forebear.build.run import Emit
    from forebear.engine.model import Engine
    from forebear.lineage.model import Image
    from forebear.pins.locking import Locking
    from forebear.pins.resolve import Difference, Manifests
    from forebear.reference import Reference
    from forebear.release.doctor import Diagnosis
    from forebear.release.reproduce import Reproduced

__all__ = [
    "Drift",
    "Gated",
    "Options",
    "build",
    "check_lock",
    "connect",
    "doctor",
    "drift",
    "graph",
    "init",
    "open_project",
    "plan",
    "render",
    "reproduce",
    "run_gates",
    "write_lock",
]


@dataclass(frozen=True, slots=True)
class Drift:
    """A rendered Dockerfile that is not what the templates say; `diff` is a unified diff from file to template."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True)
class Gated:
    """How an image passed its gates; `problem` is empty where it did."""

    image: str
    reference: str
    problem: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: `jobs` images at once, 0 for two a processor; with `fail_fast` the first failure ends the run."""

    jobs: int = 0
    fail_fast: bool = False


_DEFAULT = Options()


def connect(address: str | None = None) -> Engine:
    """The engine at an address, else the one of DOCKER_HOST, the active Docker context or the default socket.

    Raises EngineUnreachable.
    """
    from forebear.engine.client import Docker

    return Docker(address)


def render(project: Project, selected: Sequence[str] = ()) -> tuple[str, ...]:
    """Write the Dockerfiles of the selected images; the paths of those that changed. Raises InputError."""
    rendered = project.render(select(project.family, selected))
    with project.workspace.locked():
        return project.write(rendered.values())


def drift(project: Project, selected: Sequence[str] = ()) -> tuple[Drift, ...]:
    """The rendered Dockerfiles that differ from what the templates say today. Raises InputError."""
    return tuple(_drift(project, project.render(select(project.family, selected)).values()))


def _drift(project: Project, rendered: Iterable[Rendered]) -> Iterator[Drift]:
    for each in rendered:
        there = project.workspace.exists(each.path)
        text = project.workspace.read_text(each.path, limit=LIMIT) if there else ""
        if text != each.text:
            old = each.path if there else "/dev/null"
            diff = difflib.unified_diff(_lines(text), _lines(each.text), old, f"{each.path} (rendered)")
            yield Drift(each.path, "".join(diff))


def _lines(text: str) -> list[str]:
    """The lines of a text as a unified diff shows them (POSIX.1-2024, diff, "Diff -u Output Format")."""
    *lines, rest = text.split("\n")
    return [f"{line}\n" for line in lines] + ([f"{rest}\n\\ No newline at end of file\n"] if rest else [])


def graph(project: Project, form: str = "tree", selected: Sequence[str] = ()) -> str:
    """A picture of the selected images as text: "tree", "mermaid", "dot" or "json". Raises InputError."""
    from forebear.pictures import document, dot, mermaid, tree

    draw = {
        "tree": tree.tree,
        "mermaid": mermaid.mermaid,
        "dot": dot.dot,
        "json": lambda family, names: document.text(document.document(family, names)),
    }
    return draw[form](project.family, select(project.family, selected))


def write_lock(
    project: Project,
    engine: Engine,
    tell: locking.Tell = lambda _upstream: None,
    *,
    upgrade: Sequence[str] | None = None,
    local: bool = False,
) -> Locking:
    """Lock every upstream that is not locked, and write lineage.lock where that changes it.

    `upgrade` names upstreams to resolve anew, an empty one all of them. With `local` an upstream whose
    registry cannot be asked is locked to what the engine has. Raises InputError, EngineError.
    """
    lineage = project.family.lineage
    chosen = () if upgrade is None else _upstreams(project, upgrade)
    done = locking.update(lineage, project.lock, engine, _manifests(), tell, upgrade=chosen, local=local)
    with project.workspace.locked():
        project.workspace.write(locks.FILE, locks.write(done.lock))
    return done


def check_lock(project: Project, engine: Engine, tell: locking.Tell = lambda _upstream: None) -> tuple[Difference, ...]:
    """How lineage.lock differs from lineage.yml and from what its tags name today. Raises EngineError."""
    return locking.check(project.family.lineage, project.lock, engine, _manifests(), tell)


def _manifests() -> Manifests:
    from forebear.engine.connect import credentials
    from forebear.registry.client import Registry

    return Registry(credentials).manifests


def _upstreams(project: Project, names: Sequence[str]) -> tuple[Reference, ...]:
    """The upstreams that names mean: a whole reference, or a repository's name or last part."""
    upstreams = project.family.lineage.upstreams
    found = {name: [u for u in upstreams if name in _names_of(u)] for name in names}
    known = ", ".join(u.familiar for u in upstreams)
    faults = [
        Fault(Place("NAME"), f'"{name}" is no upstream', f"write one of {known}") for name in found if not found[name]
    ]
    if faults:
        raise InputError(faults)
    return tuple(u for hits in found.values() for u in hits) if names else upstreams


def _names_of(upstream: Reference) -> tuple[str, ...]:
    return (
        str(upstream),
        upstream.familiar,
        upstream.name,
        upstream.repository,
        upstream.repository.rpartition("/")[2],
    )


def plan(project: Project, engine: Engine | None, selected: Sequence[str] = ()) -> Plan:
    """What a build of the selected images would do, and why; without an engine, what can be known without.

    Raises InputError, EngineError.
    """
    from forebear.build.session import Session

    return Session(project, engine, select(project.family, selected)).plan


def build(
    project: Project,
    engine: Engine,
    selected: Sequence[str] = (),
    options: Options = _DEFAULT,
    emit: Emit = lambda _event: None,
) -> tuple[Ended, ...]:
    """Render, and build the selected images: how each came to its end, parents first.

    What fails is told in the result, not raised. Raises InputError, and EngineError where the engine is gone.
    """
    from forebear.build.session import Session

    chosen = select(project.family, selected)
    with project.workspace.locked():
        session = Session(project, engine, chosen, write=True)
        return session.run(_gates(project, engine), emit, options.jobs or _jobs(), fail_fast=options.fail_fast)


def run_gates(project: Project, engine: Engine, selected: Sequence[str] = ()) -> tuple[Gated, ...]:
    """Let the selected images that have gates pass them, as they are on the engine. Raises InputError, EngineError."""
    images = (project.family.lineage.images[name] for name in select(project.family, selected))
    return tuple(_gated(engine, image) for image in images if image.tests)


def _gated(engine: Engine, image: Image) -> Gated:
    from forebear.release.gates import check

    reference = image.reference.familiar
    facts = engine.inspect(reference)
    if facts is None:
        return Gated(image.name, reference, "it is not on the engine; run: forebear build")
    try:
        check(engine, image.tests, facts.id, lambda _line: None)
    except BuildFailed as error:
        return Gated(image.name, reference, str(error))
    return Gated(image.name, reference, "")


def _gates(project: Project, engine: Engine) -> Callable[[Recipe], Gates]:
    from forebear.release.gates import check

    images = project.family.lineage.images
    return lambda recipe: lambda image, log: check(engine, images[recipe.target.image].tests, image, log)


def _jobs() -> int:
    return max(2, 2 * (os.cpu_count() or 1))


def reproduce(
    project: Project,
    engine: Engine,
    selected: Sequence[str] = (),
    options: Options = _DEFAULT,
    emit: Emit = lambda _event: None,
    other: Engine | None = None,
) -> tuple[Reproduced, ...]:
    """Build the selected images a second time, from an empty cache, and tell how far they come out the same.

    With another engine they are built there. Raises InputError where an image is not as it is declared, EngineError.
    """
    from forebear.release.reproduce import reproduce as carried_out

    chosen = select(project.family, selected)
    with project.workspace.locked():
        return carried_out(project, engine, chosen, emit, jobs=options.jobs or _jobs(), other=other)


def doctor(start: Path, engine: Engine | None = None) -> Diagnosis:
    """What an engine, by default that of `connect`, can promise to the project around a folder; there may be none.

    An engine that cannot be reached, and a project with faults, are findings. Raises InputError where no folder is.
    """
    from forebear.release.doctor import examine

    load = open_project if _is_in_project(start) else lambda _start: None
    return examine(lambda: engine or connect(), lambda: load(start))


def _is_in_project(folder: Path) -> bool:
    try:
        find_root(folder)
    except InputError:
        if os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where it may not look
            return False
        raise
    return True


def init(
    folder: Path, project: str | None = None, upstream: str = "docker.io/library/debian:12-slim"
) -> tuple[str, ...]:
    """Write a first lineage.yml and template into a folder; the paths of what was written. Raises InputError."""
    from forebear.starting import start

    return start(folder, project, upstream)
