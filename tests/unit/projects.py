"""Projects on the disk for tests, with the fake engine that has their upstream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear import api
from forebear.pins import lock as locks
from forebear.pins.lock import Lock, Pin
from forebear.reference import Reference
from forebear.testing import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forebear.build.events import Ended, Event
    from forebear.build.plan import Plan
    from forebear.project import Project

HEAD = "lineage: 1\nproject: firethorn\nversion: 2.1.7\n"
FEDORA = Reference.parse("fedora:25")
CHAIN = """\
  fedora: {from: "docker.io/library/fedora:25"}
  tomcat: {from: fedora}
  webapp: {from: tomcat}
"""
TEMPLATE = "FROM {{ parent }}\nRUN make {{ image.name }}\n"


@dataclass(frozen=True)
class Site:
    """A project in a folder, and the engine that it is built on."""

    root: Path
    engine: FakeEngine

    @property
    def project(self) -> Project:
        """What its files say now."""
        return api.open_project(self.root)

    def write(self, path: str, text: str | bytes) -> Path:
        """Put a file in place."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def declare(self, images: str = CHAIN, head: str = HEAD, template: str = TEMPLATE) -> None:
        """Write lineage.yml, and a template for each image that has none."""
        self.write("lineage.yml", f"{head}images:\n{images}")
        for name in self.project.family.lineage.images:
            if not (self.root / f"templates/{name}.Dockerfile.j2").exists():
                self.write(f"templates/{name}.Dockerfile.j2", template)

    def lock(self, *pins: Pin) -> None:
        """Lock the upstreams, or fedora:25 to what the engine has under that name."""
        chosen = pins or (Pin(FEDORA, self.engine.tags[str(FEDORA)]),)
        lock = Lock("firethorn", {pin.upstream: pin for pin in chosen})
        self.write(locks.FILE, locks.write(lock))

    def plan(self, *selected: str) -> Plan:
        """The plan with the engine."""
        return api.plan(self.project, self.engine, selected)

    def actions(self, *selected: str) -> dict[str, str]:
        """The action for each image."""
        return {step.target.image: str(step.action) for step in self.plan(*selected).steps}

    def reasons(self, name: str) -> tuple[str, ...]:
        """Why an image would be built."""
        (step,) = (step for step in self.plan().steps if step.target.image == name)
        return step.reasons

    def build(
        self, *selected: str, options: api.Options | None = None, events: list[Event] | None = None
    ) -> dict[str, str]:
        """Build; the outcome for each image."""
        return outcomes(self.built(*selected, options=options, events=events))

    def built(
        self, *selected: str, options: api.Options | None = None, events: list[Event] | None = None
    ) -> tuple[Ended, ...]:
        """Build; how each image came to its end."""
        emit = (lambda _event: None) if events is None else events.append
        return api.build(self.project, self.engine, selected, options or api.Options(jobs=2), emit)


def site(root: Path, images: str = CHAIN, head: str = HEAD, templates: Mapping[str, str] | None = None) -> Site:
    """A project whose upstream is on the engine and locked."""
    found = Site(root, FakeEngine())
    found.engine.add("fedora:25", "os")
    for name, text in (templates or {}).items():
        found.write(f"templates/{name}.Dockerfile.j2", text)
    found.declare(images, head)
    found.lock()
    return found


def outcomes(ended: Sequence[Ended]) -> dict[str, str]:
    """The outcome for each image, by name."""
    return {each.target.image: str(each.outcome) for each in ended}
