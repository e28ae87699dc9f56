"""The doctor: what an engine can promise to a project, and what is in the way, before any build."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from forebear.build.promise import Grade, promised
from forebear.errors import EngineRefused, EngineUnreachable, InputError
from forebear.release import health, surroundings
from forebear.release.drivers import driver
from forebear.release.findings import Finding, Level, good, note, ordered, problem
from forebear.release.trial import obstacle
from forebear.release.unreachable import unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.engine.model import Capabilities, Engine, EngineDetails, EngineInfo
    from forebear.lineage.model import Image
    from forebear.project import Project

_TLS: Final = ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, problems first.

    `engine`, `details` and `capabilities` are None where the engine did not get as far as to tell; `grade` is the
    best one that it can promise.
    """

    findings: tuple[Finding, ...]
    engine: EngineInfo | None = None
    details: EngineDetails | None = None
    capabilities: Capabilities | None = None

    @property
    def grade(self) -> Grade | None:
        """The best grade that a rebuild can be promised on the engine."""
        if self.capabilities is None:
            return None
        return promised(self.capabilities, adds_layers=True).grade

    @property
    def problems(self) -> int:
        """How many findings are in the way."""
        return sum(finding.level is Level.PROBLEM for finding in self.findings)


def examine(opened: Callable[[], Engine], load: Callable[[], Project | None]) -> Diagnosis:
    """Examine an engine, which `opened` gives, and a project, which `load` gives; None where there is none.

    What cannot be reached or read is a finding: only defects are raised.
    """
    project, found = _project(load)
    about = [] if project is None else list(_about(project))
    try:
        diagnosis = _engine(opened(), project)
    except EngineUnreachable as error:
        return Diagnosis(ordered((*unreachable(error), *found, *about)))
    except EngineRefused as error:
        said = problem("engine", error.problem, "it answers, but not as a Docker engine does", error.action or _UPDATE)
        return Diagnosis(ordered((said, *found, *about)))
    return Diagnosis(
        ordered((*diagnosis.findings, *found, *about)), diagnosis.engine, diagnosis.details, diagnosis.capabilities
    )


_UPDATE: Final = "see the engine's log; update it if it is older than Docker 20.10"


def _project(load: Callable[[], Project | None]) -> tuple[Project | None, tuple[Finding, ...]]:
    try:
        project = load()
    except InputError as error:
        first, *more = map(str, error.faults)
        what = f"{first} (and {len(more)} more)" if more else first
        return None, (
            problem(
                "project",
                what,
                "no command works on this project",
                "correct that; forebear render tells of all at once",
            ),
        )
    if project is None:
        action = "start one with: forebear init; or name its folder with -C"
        return None, (note("project", "there is no lineage.yml here", "the engine alone was looked at", action),)
    return project, ()


def _about(project: Project) -> Iterator[Finding]:
    from forebear.engine.connect import credentials

    yield from surroundings.lock(project)
    yield from surroundings.registries(project.lock.pins.values(), credentials)
    yield from surroundings.folders(project)


def _engine(engine: Engine, project: Project | None) -> Diagnosis:
    info = engine.info()
    before = datetime.now(UTC)
    details = engine.details()
    skew = _skew(before, details.time, datetime.now(UTC))
    capabilities = engine.capabilities()
    findings = [
        *health.address(info, tls=any(os.environ.get(name) for name in _TLS)),
        health.builder(capabilities),
        health.store(info),
        health.grade(info, capabilities),
        driver(details),
        *surroundings.disk(info, details),
        *([health.clock(skew)] if skew is not None else []),
        *health.surroundings(details, os.environ),
        *_runs(engine, info.platform, _platforms(info, project)),
        *(_epochs(project, details) if project and capabilities.rewrites_timestamps else ()),
    ]
    return Diagnosis(tuple(findings), info, details, capabilities)


def _skew(before: datetime, said: datetime | None, after: datetime) -> timedelta | None:
    """How far a clock that was read between two moments is ahead; none where it may have been in step."""
    if said is None:
        return None
    return min(said - before, timedelta()) + max(said - after, timedelta())


def _platforms(info: EngineInfo, project: Project | None) -> dict[str, list[str]]:
    """The engine's own platform, then the others that are declared, each with its images."""
    found: dict[str, list[str]] = {info.platform: []}
    for image in project.family.lineage.images.values() if project else ():
        for platform in image.platforms:
            found.setdefault(platform, []).append(image.name)
    return found


def _runs(engine: Engine, own: str, platforms: dict[str, list[str]]) -> Iterator[Finding]:
    for platform, images in platforms.items():
        found = obstacle(engine, platform)
        yield _own(platform, found) if platform == own else _foreign(platform, found, images)


def _own(platform: str, obstacle: str | None) -> Finding:
    if obstacle is None:
        means = "forebear has no program to try it with"
        return note("run", f"whether RUN works on {platform} was not tried", means, "try a build")
    if obstacle:
        action = "see the engine's log; its network, its runtime (runc), its cgroups or a security module is in the way"
        return problem("run", f"a RUN does not work: {obstacle}", "only images without RUN can be built", action)
    return good("run", f"a RUN works on {platform}: one was tried", "builds can run commands")


def _foreign(platform: str, obstacle: str | None, images: list[str]) -> Finding:
    whose = f"{images[0]} and {len(images) - 1} more" if len(images) > 1 else images[0]
    architecture = platform.split("/")[1]
    if obstacle is None:
        means = f"{whose} is declared for it; forebear has no program to try it with"
        return note("emulation", f"whether {platform} runs here was not tried", means, "try a build")
    if obstacle:
        means = f"RUN and gates of {whose} fail on that platform; COPY alone works"
        action = f"register QEMU for {architecture} with binfmt_misc (Debian: qemu-user-static), with its F flag"
        return problem("emulation", f"{platform} does not run here: {obstacle}", means, action)
    return good(
        "emulation", f"{platform} runs here, emulated: a RUN was tried", "slower than on its own, several times"
    )


def _epochs(project: Project, details: EngineDetails) -> Iterator[Finding]:
    """Images whose epoch is to come: times are only ever taken back to it (BuildKit, docs/build-repro.md)."""
    if details.time is None:
        return
    now = details.time.timestamp()
    late = [image for image in project.family.lineage.images.values() if image.epoch > now]
    if late:
        yield _late(late[0], len(late))


def _late(image: Image, count: int) -> Finding:
    whose = f"{image.name} and {count - 1} more" if count > 1 else image.name
    moment = datetime.fromtimestamp(image.epoch, UTC)
    what = f"the epoch of {whose}, {moment:%Y-%m-%dT%H:%M:%SZ}, is later than the engine's clock"
    means = "what commands write keeps the time of the build, so that layers differ: only later times become the epoch"
    return problem("epoch", what, means, "set an earlier `epoch` in lineage.yml")
