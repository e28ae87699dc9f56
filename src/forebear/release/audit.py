"""Audit a lineage: what its files declare, render and lock, and what is built of it."""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from forebear.pins.audit import dockerfiles, pom
from forebear.pins.audit.family import Declared, highest
from forebear.pins.audit.history import versions
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.model import WHOLE_FILE, Trouble
from forebear.pins.audit.report import Report
from forebear.pins.audit.settle import settle
from forebear.pins.audit.spans import Spans
from forebear.project import LIMIT
from forebear.release import built
from forebear.workspace import LINEAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.engine.model import Engine
    from forebear.pins.audit.judge import Judged
    from forebear.pins.audit.settings import Settings
    from forebear.project import Project, Rendered


def audit(project: Project, engine: Engine | None, settings: Settings) -> Report:
    """Judge a lineage. Raises InputError for templates that cannot be rendered, EngineError."""
    declared = Declared(project.family.lineage, project.lock, project.declaration.decode("utf-8-sig"))
    unlocked = {str(each) for each in project.family.lineage.upstreams if project.lock.pin(each) is None}
    judge = Judge(settings, references(project) | unlocked)
    found = chain(declared.all(), declared.back(highest(_past(project, engine))), _built(project, declared, engine))
    files = [judge.judge(LINEAGE, project.declaration, found), *_rendered(project, judge), *_poms(project, judge)]
    settled = settle(files, judge)
    paths = tuple(sorted(each.path for each in files))
    return Report(settled.findings, settled.suppressed, files=paths, fail_on=settings.fail_on)


def references(project: Project) -> frozenset[str]:
    """The canonical references that no Dockerfile of the project has to pin: its images, and upstreams without digest.

    These are the upstreams of which only the engine has an image: the lock names that by its ID.
    """
    own = (image.reference for image in project.family.lineage.images.values())
    local = (pin.upstream for pin in project.lock.pins.values() if pin.local)
    return frozenset(str(reference) for reference in chain(own, local))


def _past(project: Project, engine: Engine | None) -> Iterator[tuple[str, str, str]]:
    """Every version of every image that git and the engine know."""
    yield from versions(project.workspace.root, LINEAGE)
    if engine is not None:
        yield from built.versions(project, engine)


def _built(project: Project, declared: Declared, engine: Engine | None) -> Iterator[Trouble]:
    if engine is not None:
        for told in built.built(project, engine):
            yield declared.of_image(told.rule, told.image, told.problem, told.action)


def _rendered(project: Project, judge: Judge) -> Iterator[Judged]:
    """What there is to tell of each Dockerfile as it is in its folder."""
    for rendered in project.render().values():
        there = project.workspace.exists(rendered.path)
        data = project.workspace.read(rendered.path, limit=LIMIT) if there else b""
        found = dockerfiles.read(data, rendered.path) if there else iter(())
        yield judge.judge(rendered.path, data, chain(_drift(rendered, data, there=there), found))


def _poms(project: Project, judge: Judge) -> Iterator[Judged]:
    """What there is to tell of each pom.xml that an image is made from."""
    for image in project.family.lineage.images.values():
        for path in dict.fromkeys(path for each in image.prepare for path in each.inputs):
            if PurePosixPath(path).name == "pom.xml" and project.workspace.exists(path):
                data = project.workspace.read(path, limit=LIMIT)
                yield judge.judge(path, data, pom.read(data, image))


def _drift(rendered: Rendered, data: bytes, *, there: bool) -> Iterator[Trouble]:
    if not there:
        problem = f"the Dockerfile of {rendered.image.name} is not rendered"
        yield Trouble("drift", WHOLE_FILE, problem, "run: forebear render", rendered.image.name)
    elif data != rendered.text.encode():
        text = data.decode("utf-8", "surrogateescape")
        pairs = zip_longest(text.split("\n"), rendered.text.split("\n"))
        line = next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 1)
        problem = f"from here on it is not what templates/{rendered.image.template} says"
        yield Trouble("drift", Spans(text).line(line), problem, "run: forebear render", rendered.image.name)
