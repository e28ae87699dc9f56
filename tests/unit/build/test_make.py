from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from forebear.build.content import present
from forebear.build.context import Context, stream
from forebear.build.handles import Handles
from forebear.build.key import KEY
from forebear.build.make import TAIL, Source, Tail, Workshop, verify
from forebear.build.memory import Memory
from forebear.engine.model import BuildRequest, Facts, Log
from forebear.errors import BuildFailed
from forebear.pins.lock import Pin
from forebear.reference import Reference
from forebear.testing import FakeEngine

from .samples import SCRATCH, parent, recipe, upstream

if TYPE_CHECKING:
    from forebear.build.recipe import Present, Recipe

FEDORA = Reference.parse("fedora:25")
NONE = Context(Path("/nowhere"), "images/none", (), "sha256:")
TAG = "docker.io/firethorn/fedora:2.1.7"


class Engine(FakeEngine):
    """Remembers what it was asked to build, and may build something else."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[BuildRequest] = []
        self.pullable: dict[str, Facts] = {}
        self.wrong: dict[str, Any] = {}

    def build(self, request: BuildRequest, log: Log) -> str:
        self.requests.append(request)
        made = super().build(request, log)
        self.images[made] = replace(self.images[made], **self.wrong)
        return made

    def pull(self, reference: str, platform: str) -> None:
        facts = self.pullable.get(reference)
        if facts is None:
            super().pull(reference, platform)
        else:
            self.images[facts.id] = facts


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def workshop(engine: Engine, tmp_path: Path) -> Workshop:
    return Workshop(engine, Handles(engine, "firethorn", by_digest=True), Memory(tmp_path / "images.db"))


def source(*bases: tuple[str, str], pins: dict[str, Pin] | None = None) -> Source:
    return Source(
        context=lambda: stream(NONE, b"FROM x\nRUN make\n", epoch=1),
        args=(("LANG", "C"),),
        labels=(("vendor", "us"),),
        target=None,
        epoch=7,
        bases=bases,
        pins=pins or {},
    )


def make(workshop: Workshop, made_of: Recipe, bases: dict[str, Present], lines: list[str] | None = None) -> Present:
    arguments = [(f"FOREBEAR_BASE_{number}", name) for number, name in enumerate(bases, 1)]
    said: list[str] = [] if lines is None else lines
    return workshop.make(made_of, source(*arguments), bases, lambda _image, _log: None, said.append)


class TestUpstream:
    NEED = upstream()

    def test_what_the_engine_has_is_taken(self, engine: Engine, workshop: Workshop) -> None:
        facts = engine.add("fedora:25", "os")
        assert workshop.upstream(self.NEED, Pin(FEDORA, facts.id), "linux/amd64") == present(facts)

    def test_what_it_does_not_have_is_pulled_by_digest(self, engine: Engine, workshop: Workshop) -> None:
        facts = FakeEngine().add("fedora:25", "os")
        engine.pullable[f"docker.io/library/fedora@{facts.id}"] = facts
        assert workshop.upstream(self.NEED, Pin(FEDORA, facts.id), "linux/amd64").id == facts.id

    def test_another_platform_under_the_same_digest_is_pulled_over(self, engine: Engine, workshop: Workshop) -> None:
        facts = engine.add("fedora:25", "os")
        wanted = replace(facts, platform="linux/arm64")
        engine.pullable[f"docker.io/library/fedora@{facts.id}"] = wanted
        assert workshop.upstream(self.NEED, Pin(FEDORA, facts.id), "linux/arm64").platform == "linux/arm64"

    def test_a_platform_that_it_is_not_made_for_is_refused(self, engine: Engine, workshop: Workshop) -> None:
        facts = engine.add("fedora:25", "os")
        with pytest.raises(BuildFailed, match=r"^upstream fedora:25 is for linux/amd64, not for linux/arm64$"):
            workshop.upstream(self.NEED, Pin(FEDORA, facts.id, local=True), "linux/arm64")

    def test_a_local_one_that_is_gone_is_refused_and_never_pulled(self, engine: Engine, workshop: Workshop) -> None:
        facts = FakeEngine().add("fedora:25", "os")
        engine.pullable[facts.id] = facts
        with pytest.raises(BuildFailed, match="which this engine does not have; load it, or lock what there is now"):
            workshop.upstream(self.NEED, Pin(FEDORA, facts.id, local=True), "linux/amd64")


class TestMake:
    FEDORA = recipe("fedora", upstream())

    def bases(self, engine: Engine) -> dict[str, Present]:
        return {"fedora:25": present(engine.add("fedora:25", "os"))}

    def test_the_engine_is_told_everything(self, engine: Engine, workshop: Workshop) -> None:
        bases = self.bases(engine)
        made = make(workshop, self.FEDORA, bases)
        (request,) = engine.requests
        assert (request.platform, request.epoch, request.target) == ("linux/amd64", 7, None)
        assert request.args[0] == ("LANG", "C")
        assert request.args[1][0] == "FOREBEAR_BASE_1"
        assert request.args[1][1].endswith(f"@{bases['fedora:25'].id}")
        assert made.stamp is not None
        assert dict(request.labels)[KEY] == made.stamp.key == self.FEDORA.inputs({}).key
        assert dict(request.labels)["vendor"] == "us"

    def test_the_engine_is_told_of_triggers_that_come_into_effect(self, engine: Engine, workshop: Workshop) -> None:
        facts = engine.add("fedora:25", "os")
        for base, triggers in ((facts, False), (replace(facts, triggers=1), False), (facts, True)):
            made_of = replace(source(("FOREBEAR_BASE_1", "fedora:25")), triggers=triggers)
            workshop.make(self.FEDORA, made_of, {"fedora:25": present(base)}, lambda _image, _log: None, print)
        assert [request.triggered for request in engine.requests] == [False, True, True]

    def test_the_tag_is_moved_to_what_was_built(self, engine: Engine, workshop: Workshop) -> None:
        made = make(workshop, self.FEDORA, self.bases(engine))
        assert engine.tags[TAG] == made.id

    def test_a_child_is_built_on_the_parent_by_content_whoever_moves_its_tag(
        self, engine: Engine, workshop: Workshop
    ) -> None:
        fedora = make(workshop, self.FEDORA, self.bases(engine))
        engine.before = lambda _name: engine.tag(engine.add("evil:1", "evil").id, TAG)
        tomcat = make(workshop, recipe("tomcat", parent("fedora")), {"fedora": fedora})
        assert tomcat.layers[:-1] == fedora.layers
        assert engine.tags[TAG] != fedora.id

    def test_the_log_speaks_of_bases_by_their_names(self, engine: Engine, workshop: Workshop) -> None:
        bases = self.bases(engine)
        handle = workshop.handles.of("fedora:25", bases["fedora:25"].id)
        lines: list[str] = []

        class Talkative(Engine):
            def build(self, request: BuildRequest, log: Log) -> str:
                log(f"FROM {handle} and {handle}")
                return super().build(request, log)

        talkative = Talkative()
        talkative.images, talkative.tags = engine.images, engine.tags
        make(replace(workshop, engine=talkative), self.FEDORA, bases, lines)
        assert lines[0] == "FROM fedora:25 and fedora:25"

    def test_what_was_built_on_something_else_moves_no_tag(self, engine: Engine, workshop: Workshop) -> None:
        engine.wrong = {"layers": ("other", "f")}
        with pytest.raises(BuildFailed, match="layers do not begin with those of its upstream fedora:25"):
            make(workshop, self.FEDORA, self.bases(engine))
        assert TAG not in engine.tags

    def test_what_was_built_for_another_platform_moves_no_tag(self, engine: Engine, workshop: Workshop) -> None:
        engine.wrong = {"platform": "linux/arm64"}
        with pytest.raises(BuildFailed, match="it was built for linux/arm64, not for linux/amd64"):
            make(workshop, self.FEDORA, self.bases(engine))
        assert TAG not in engine.tags

    def test_what_does_not_pass_its_gates_moves_no_tag(self, engine: Engine, workshop: Workshop) -> None:
        seen: list[str] = []

        def gates(image: str, log: Log) -> None:
            seen.append(image)
            log("gate")
            raise BuildFailed('gate "runs": exit code 1, not 0')

        lines: list[str] = []
        bases = self.bases(engine)
        with pytest.raises(BuildFailed, match="gate"):
            workshop.make(self.FEDORA, source(("FOREBEAR_BASE_1", "fedora:25")), bases, gates, lines.append)
        assert TAG not in engine.tags
        assert seen[0] in engine.images
        assert lines[-1] == "gate"

    def test_what_is_gone_as_soon_as_it_is_built_is_no_success(self, engine: Engine, workshop: Workshop) -> None:
        class Forgetful(Engine):
            def build(self, request: BuildRequest, log: Log) -> str:
                made = super().build(request, log)
                del self.images[made]
                return made

        forgetful = Forgetful()
        forgetful.images, forgetful.tags = engine.images, engine.tags
        with pytest.raises(BuildFailed, match="the image that was just built is gone"):
            make(replace(workshop, engine=forgetful), self.FEDORA, self.bases(engine))

    def test_an_image_from_scratch_stands_on_nothing(self, engine: Engine, workshop: Workshop) -> None:
        made = make(workshop, recipe("base", SCRATCH), {})
        assert len(made.layers) == 1
        assert engine.requests[0].args == (("LANG", "C"),)

    def test_the_facts_of_what_was_built_are_remembered(self, workshop: Workshop, engine: Engine) -> None:
        made = make(workshop, self.FEDORA, self.bases(engine))
        assert workshop.memory.get(made.id) == engine.images[made.id]


def test_a_used_image_need_not_be_below() -> None:
    facts = Facts("sha256:1", "linux/amd64", ("os", "f"), (), (), 2, 0, 0)
    ground = present(replace(facts, layers=("os",)))
    used = present(replace(facts, layers=("jdk",)))
    verify(recipe("service", parent("fedora"), parent("jdk", "java")), facts, {"fedora": ground, "jdk": used})


def test_the_tail_of_a_log_is_its_last_lines_and_all_are_passed_on() -> None:
    lines: list[str] = []
    tail = Tail(lines.append)
    for number in range(TAIL + 5):
        tail(str(number))
    assert len(lines) == TAIL + 5
    assert list(tail.lines) == lines[5:]
