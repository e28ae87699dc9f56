from __future__ import annotations

import signal
import threading
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forebear import api
from forebear.build.events import Began, Ended, Event, Progress, Started
from forebear.errors import BuildFailed, EngineUnreachable
from forebear.testing import FakeEngine

from ..projects import CHAIN, FEDORA, Site, outcomes, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.engine.model import BuildRequest, EngineInfo, Log

FORK = """\
  fedora: {from: "fedora:25"}
  tomcat: {from: fedora}
  webapp: {from: tomcat}
  jdk: {from: fedora}
  tool: {from: jdk}
"""
SECONDS = 10
"""How long a thread waits for another before the test fails."""


class Overlay(FakeEngine):
    """An engine where an ID is no digest: parents are given by throw-away tags."""

    def info(self) -> EngineInfo:
        return replace(super().info(), store="overlay2")


class Slow(FakeEngine):
    """An engine whose builds of some images go on until they are cancelled."""

    def __init__(self, *endless: str) -> None:
        super().__init__()
        self.endless = endless
        self.cancelled = threading.Event()
        self.begun = threading.Event()

    def build(self, request: BuildRequest, log: Log) -> str:
        if dict(request.labels)["forebear.image"] in self.endless:
            self.begun.set()
            assert self.cancelled.wait(SECONDS)
            raise BuildFailed("interrupted")
        return super().build(request, log)

    def cancel(self) -> None:
        self.cancelled.set()


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    return site(tmp_path)


@pytest.fixture
def fork(tmp_path: Path) -> Site:
    return site(tmp_path, FORK)


def on(engine: FakeEngine, root: Path, images: str = CHAIN) -> Site:
    """A project on an engine of its own."""
    made = Site(root, engine)
    engine.add("fedora:25", "os")
    made.declare(images)
    made.lock()
    return made


def ended(events: list[Event]) -> dict[str, Ended]:
    """How each image ended, in the order of the ends."""
    return {event.target.image: event for event in events if isinstance(event, Ended)}


def told(events: list[Event]) -> dict[str, str]:
    return outcomes([event for event in events if isinstance(event, Ended)])


def thrown_away(engine: FakeEngine) -> list[str]:
    return [tag for tag in engine.tags if tag.startswith("forebear.invalid/")]


def meeting(*names: str) -> Callable[[str], None]:
    """What lets the builds of these images begin only when all of them do."""
    together = threading.Barrier(len(names))

    def wait(name: str) -> None:
        if name in names:
            together.wait(SECONDS)

    return wait


def interrupt_when(begun: threading.Event) -> threading.Thread:
    """Do what Ctrl-C does as soon as a build has begun."""

    def interrupt() -> None:
        ident = threading.main_thread().ident
        assert begun.wait(SECONDS)
        assert ident is not None
        signal.pthread_kill(ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def check(events: list[Event], images: int) -> None:
    """The events of any run are complete and in order."""
    assert isinstance(events[0], Began)
    assert sum(isinstance(event, Began) for event in events) == 1
    for target in {event.target for event in events if not isinstance(event, Began)}:
        own = [event for event in events if not isinstance(event, Began) and event.target == target]
        kinds = [type(event) for event in own]
        assert kinds.count(Ended) == 1
        assert kinds[-1] is Ended
        assert kinds.count(Started) <= 1
        assert Progress not in kinds or kinds[0] is Started
    assert len(ended(events)) == images


class TestOrder:
    def test_each_event_is_told_once_and_in_order(self, chain: Site) -> None:
        events: list[Event] = []
        chain.build(events=events)
        check(events, 3)
        assert [type(event).__name__ for event in events] == ["Began", *["Started", "Progress", "Ended"] * 3]

    def test_a_child_starts_when_its_parents_have_ended(self, fork: Site) -> None:
        events: list[Event] = []
        fork.build(events=events, options=api.Options(jobs=4))
        at = {
            (type(event).__name__, event.target.image): n
            for n, event in enumerate(events)
            if not isinstance(event, Began)
        }
        for child, parent in (("tomcat", "fedora"), ("webapp", "tomcat"), ("jdk", "fedora"), ("tool", "jdk")):
            assert at["Ended", parent] < at["Started", child]

    def test_independent_images_are_built_at_once(self, fork: Site) -> None:
        fork.engine.before = meeting("webapp", "tool")
        assert set(fork.build(options=api.Options(jobs=2)).values()) == {"built"}

    def test_no_more_than_was_asked_for_are_built_at_once(self, tmp_path: Path) -> None:
        images = "".join(f"  i{n}: {{from: scratch}}\n" for n in range(8))
        made = site(tmp_path, images)
        lock, now, most = threading.Lock(), [0], [0]

        class Counting(FakeEngine):
            def build(self, request: BuildRequest, log: Log) -> str:
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                try:
                    return super().build(request, log)
                finally:
                    with lock:
                        now[0] -= 1

        Site(made.root, Counting()).build(options=api.Options(jobs=2))
        assert 1 <= most[0] <= 2

    def test_the_longest_remaining_path_is_built_first(self, tmp_path: Path) -> None:
        images = '  leaf: {from: "fedora:25"}\n  root: {from: "fedora:25"}\n  a: {from: root}\n  b: {from: a}\n'
        made = site(tmp_path, images)
        made.build(options=api.Options(jobs=1))
        assert made.engine.built[0] == "root"

    def test_the_result_is_in_the_plans_order(self, fork: Site) -> None:
        assert list(fork.build(options=api.Options(jobs=4))) == [s.target.image for s in fork.plan().steps]


class TestResult:
    def test_what_was_built_is_told_with_its_id_key_and_log(self, chain: Site) -> None:
        for each in chain.built():
            assert each.image == chain.engine.tags[each.reference]
            assert each.key.startswith("sha256:")
            assert (chain.root / each.log).read_text() == f"[1/1] building {each.target.image}\n"
            assert each.seconds > 0

    def test_a_second_run_builds_nothing_and_tells_the_same_ids_and_keys(self, chain: Site) -> None:
        first = {(each.reference, each.image, each.key) for each in chain.built()}
        chain.engine.built.clear()
        second = chain.built()
        assert outcomes(second) == dict.fromkeys(("fedora", "tomcat", "webapp"), "reused")
        assert {(each.reference, each.image, each.key) for each in second} == first
        assert chain.engine.built == []

    def test_a_parent_that_comes_out_the_same_spares_its_children(self, chain: Site) -> None:
        chain.build()
        chain.write("templates/fedora.Dockerfile.j2", "# another comment\nFROM {{ parent }}\nRUN make fedora\n")
        events: list[Event] = []
        assert chain.build(events=events) == {"fedora": "built", "tomcat": "spared", "webapp": "spared"}
        assert ended(events)["tomcat"].why == ("parent unchanged",)
        check(events, 3)
        assert set(chain.actions().values()) == {"reuse"}

    def test_a_parent_that_comes_out_another_does_not(self, chain: Site) -> None:
        chain.build()
        chain.write("images/fedora/file", "1")
        assert set(chain.build().values()) == {"built"}

    def test_a_child_that_was_replaced_by_an_imposter_is_not_spared(self, chain: Site) -> None:
        chain.build()
        tag = "docker.io/firethorn/tomcat:2.1.7"
        ours = chain.engine.images[chain.engine.tags[tag]]
        on_top = replace(ours, id="sha256:" + "e" * 64, layers=(*ours.layers, "evil"))
        chain.engine.images[on_top.id] = on_top
        chain.engine.tag(on_top.id, tag)
        chain.write("templates/fedora.Dockerfile.j2", "# another comment\nFROM {{ parent }}\nRUN make fedora\n")
        assert chain.build()["tomcat"] == "built"
        assert chain.engine.tags[tag] == ours.id

    def test_a_parents_tag_that_is_moved_meanwhile_changes_nothing(self, chain: Site) -> None:
        def move(name: str) -> None:
            if name == "tomcat":
                chain.engine.tag(chain.engine.add("evil:1", "evil").id, "firethorn/fedora:2.1.7")

        chain.engine.before = move
        built = {each.target.image: chain.engine.images[each.image].layers for each in chain.built()}
        assert built["webapp"][: len(built["fedora"])] == built["fedora"]
        assert "evil" not in built["webapp"]


class TestFailure:
    def test_descendants_are_skipped_and_told_so_and_the_rest_is_finished(self, fork: Site) -> None:
        fork.engine.fails["tomcat"] = BuildFailed("RUN make tomcat: exit code 2")
        events: list[Event] = []
        assert fork.build(events=events) == {
            "fedora": "built",
            "tomcat": "failed",
            "webapp": "skipped",
            "jdk": "built",
            "tool": "built",
        }
        check(events, 5)
        assert ended(events)["tomcat"].why == ("RUN make tomcat: exit code 2",)
        assert ended(events)["tomcat"].tail == ("[1/1] building tomcat",)
        assert ended(events)["webapp"].why == ("tomcat failed",)
        log = fork.root / ended(events)["tomcat"].log
        assert log.read_text() == "[1/1] building tomcat\nERROR RUN make tomcat: exit code 2\n"

    def test_the_next_run_carries_on_from_what_is_done(self, fork: Site) -> None:
        fork.engine.fails["tomcat"] = BuildFailed("no")
        fork.build()
        fork.engine.fails.clear()
        fork.engine.built.clear()
        assert fork.build()["jdk"] == "reused"
        assert fork.engine.built == ["tomcat", "webapp"]

    def test_a_failed_build_moves_no_tag(self, chain: Site) -> None:
        chain.build()
        before = dict(chain.engine.tags)
        chain.write("images/tomcat/file", "1")
        chain.engine.fails["tomcat"] = BuildFailed("no")
        chain.build()
        assert chain.engine.tags == before

    def test_fail_fast_starts_nothing_more(self, fork: Site) -> None:
        fork.engine.fails["tomcat"] = BuildFailed("no")
        events: list[Event] = []
        found = fork.build(options=api.Options(jobs=1, fail_fast=True), events=events)
        assert found == {
            "fedora": "built",
            "tomcat": "failed",
            "webapp": "skipped",
            "jdk": "skipped",
            "tool": "skipped",
        }
        assert ended(events)["webapp"].why == ("tomcat failed",)
        assert ended(events)["jdk"].why == ("another image failed",)
        check(events, 5)

    def test_fail_fast_lets_what_runs_come_to_its_end(self, fork: Site) -> None:
        over = threading.Event()

        def emit(event: Event) -> None:
            if isinstance(event, Ended) and event.outcome == "failed":
                over.set()

        def before(name: str) -> None:
            assert name != "jdk" or over.wait(SECONDS)

        fork.engine.before = before
        fork.engine.fails["tomcat"] = BuildFailed("no")
        found = outcomes(api.build(fork.project, fork.engine, (), api.Options(jobs=2, fail_fast=True), emit))
        assert over.is_set()
        assert found["jdk"] == "built"
        assert found["tool"] == "skipped"

    def test_a_gate_that_fails_fails_the_image(self, tmp_path: Path) -> None:
        gates = '[{name: runs, run: "true", output: wrong}]'
        made = site(tmp_path, f'  fedora: {{from: "fedora:25", tests: {gates}}}\n  tomcat: {{from: fedora}}\n')
        assert made.build() == {"fedora": "failed", "tomcat": "skipped"}
        assert "docker.io/firethorn/fedora:2.1.7" not in made.engine.tags

    def test_what_is_blocked_is_told_and_the_rest_is_built(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:26"}\n  b: {from: a}\n  c: {from: "fedora:25"}\n')
        events: list[Event] = []
        assert made.build(events=events) == {"a": "blocked", "b": "blocked", "c": "built"}
        assert ended(events)["a"].why == ("upstream fedora:26 is not locked; run: forebear lock",)
        check(events, 3)

    def test_an_upstream_that_cannot_be_had_fails_what_starts_from_it(self, chain: Site) -> None:
        del chain.engine.images[chain.engine.tags[str(FEDORA)]]
        events: list[Event] = []
        assert chain.build(events=events) == {"fedora": "failed", "tomcat": "skipped", "webapp": "skipped"}
        assert "while pulling docker.io/library/fedora@sha256:" in ended(events)["fedora"].why[0]

    def test_a_defect_is_no_failure_of_the_image(self, chain: Site) -> None:
        chain.engine.fails["tomcat"] = ZeroDivisionError("a defect")
        events: list[Event] = []
        with pytest.raises(ZeroDivisionError):
            chain.build(events=events)
        assert told(events) == {"fedora": "built", "tomcat": "interrupted", "webapp": "interrupted"}


class TestLog:
    def test_one_that_cannot_be_begun_fails_its_image(self, chain: Site) -> None:
        (chain.root / ".forebear/logs/tomcat.log").mkdir(parents=True)
        events: list[Event] = []
        assert chain.build(events=events) == {"fedora": "built", "tomcat": "failed", "webapp": "skipped"}
        assert ended(events)["tomcat"].why == (
            ".forebear/logs/tomcat.log: the log cannot be written: is a directory; correct that, then run this again",
        )

    def test_a_full_disk_fails_its_image_and_is_told_as_that(self, chain: Site) -> None:
        (chain.root / ".forebear/logs").mkdir(parents=True)
        (chain.root / ".forebear/logs/tomcat.log").symlink_to("/dev/full")
        events: list[Event] = []
        assert chain.build(events=events) == {"fedora": "built", "tomcat": "failed", "webapp": "skipped"}
        assert "the log cannot be written: no space left on device" in ended(events)["tomcat"].why[0]

    def test_it_is_begun_anew_with_each_build(self, chain: Site) -> None:
        chain.build()
        chain.write("images/webapp/file", "1")
        chain.build()
        assert (chain.root / ".forebear/logs/webapp.log").read_text() == "[1/1] building webapp\n"


class TestEngineGoesAway:
    def test_it_is_raised_at_the_end_and_all_are_told(self, fork: Site) -> None:
        fork.engine.fails["tomcat"] = EngineUnreachable("the engine went away")
        events: list[Event] = []
        with pytest.raises(EngineUnreachable, match="the engine went away"):
            fork.build(options=api.Options(jobs=1), events=events)
        assert told(events) == {
            "fedora": "built",
            "tomcat": "failed",
            "webapp": "skipped",
            "jdk": "skipped",
            "tool": "skipped",
        }
        assert ended(events)["tool"].why == ("the engine went away",)
        check(events, 5)

    def test_the_next_run_carries_on(self, chain: Site) -> None:
        chain.engine.fails["tomcat"] = EngineUnreachable("the engine went away")
        with pytest.raises(EngineUnreachable):
            chain.build()
        chain.engine.fails.clear()
        assert chain.build() == {"fedora": "reused", "tomcat": "built", "webapp": "built"}

    def test_no_file_is_left_locked(self, chain: Site) -> None:
        chain.engine.fails["fedora"] = EngineUnreachable("the engine went away")
        for _ in range(2):
            with pytest.raises(EngineUnreachable):
                chain.build()


class TestInterruption:
    def test_what_runs_is_cancelled_and_what_was_done_is_kept(self, tmp_path: Path) -> None:
        engine = Slow("tomcat")
        engine.add("fedora:25", "os")
        made = on(engine, tmp_path)
        events: list[Event] = []
        killer = interrupt_when(engine.begun)
        with pytest.raises(KeyboardInterrupt):
            made.build(events=events)
        killer.join()
        assert engine.cancelled.is_set()
        assert told(events) == {"fedora": "built", "tomcat": "interrupted", "webapp": "interrupted"}
        check(events, 3)
        engine.endless = ()
        assert made.build() == {"fedora": "reused", "tomcat": "built", "webapp": "built"}

    def test_what_comes_to_a_good_end_meanwhile_is_told_as_that(self, tmp_path: Path) -> None:
        class Unstoppable(Slow):
            def build(self, request: BuildRequest, log: Log) -> str:
                try:
                    return super().build(request, log)
                except BuildFailed:
                    return FakeEngine.build(self, request, log)

        engine = Unstoppable("fedora")
        made = on(engine, tmp_path)
        events: list[Event] = []
        killer = interrupt_when(engine.begun)
        with pytest.raises(KeyboardInterrupt):
            made.build(events=events)
        killer.join()
        assert told(events) == {"fedora": "built", "tomcat": "interrupted", "webapp": "interrupted"}
        assert "docker.io/firethorn/fedora:2.1.7" in engine.tags
        assert "docker.io/firethorn/tomcat:2.1.7" not in engine.tags

    @pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), KeyboardInterrupt()])
    @pytest.mark.parametrize("at", [Started, Progress])
    def test_a_display_that_fails_stops_the_run(self, chain: Site, error: BaseException, at: type[Event]) -> None:
        def emit(event: Event) -> None:
            if isinstance(event, at) and not isinstance(event, Began) and event.target.image == "tomcat":
                raise error

        with pytest.raises(type(error)):
            api.build(chain.project, chain.engine, (), api.Options(jobs=2), emit)
        assert chain.engine.built[0] == "fedora"
        assert "webapp" not in chain.engine.built


class TestThrowAwayTags:
    def ways(self, engine: FakeEngine) -> Iterator[Callable[[], None]]:
        yield lambda: None
        yield lambda: engine.fails.update(tomcat=BuildFailed("no"))
        yield lambda: engine.fails.update(tomcat=EngineUnreachable("gone"))
        yield lambda: engine.fails.update(tomcat=ZeroDivisionError("a defect"))

    @pytest.mark.parametrize("way", range(4), ids=["done", "failed", "engine gone", "defect"])
    def test_none_is_left_however_a_run_ends(self, tmp_path: Path, way: int) -> None:
        engine = Overlay()
        made = on(engine, tmp_path)
        seen: list[str] = []
        engine.before = lambda _name: seen.extend(thrown_away(engine))
        list(self.ways(engine))[way]()
        try:
            made.build()
        except (EngineUnreachable, ZeroDivisionError):
            assert way >= 2
        assert seen
        assert thrown_away(engine) == []

    def test_what_others_are_built_on_is_held_and_what_nobody_is_built_on_is_not(self, chain: Site) -> None:
        seen: list[str] = []
        chain.engine.before = lambda _name: seen.extend(thrown_away(chain.engine))
        chain.build()
        held = {tag.partition(":")[0].rpartition("/")[2] for tag in seen}
        assert held == {"fedora-25", "fedora", "tomcat"}

    def test_a_parent_that_is_reused_is_held_before_the_first_build_begins(self, chain: Site) -> None:
        chain.build("fedora")
        seen: list[list[str]] = []
        chain.engine.before = lambda _name: seen.append(thrown_away(chain.engine))
        chain.build()
        assert any("/fedora:" in tag for tag in seen[0])


@settings(max_examples=8)
@given(st.integers(0, 2**32).map(Random))
def test_any_family_with_any_failures(random: Random) -> None:
    size = random.randrange(2, 8)
    parents = {
        f"i{n}": sorted({f"i{random.randrange(n)}" for _ in range(random.choice((0, 1, 1, 2)))} if n else ())
        for n in range(size)
    }
    failing = {name for name in parents if random.random() < 0.2}
    images = "".join(
        f"  {name}: {{from: {(needs or ['scratch'])[0]}{_uses(needs[1:])}}}\n" for name, needs in parents.items()
    )
    with TemporaryDirectory() as folder:
        made = site(Path(folder), images)
        made.engine.fails.update({name: BuildFailed("no") for name in failing})
        events: list[Event] = []
        found = made.build(options=api.Options(jobs=random.randrange(1, 5)), events=events)
        check(events, size)
        for name, needs in parents.items():
            bad = any(found[parent] != "built" for parent in needs)
            assert found[name] == ("skipped" if bad else "failed" if name in failing else "built")
        made.engine.fails.clear()
        again = made.build()
        assert again == {name: "reused" if outcome == "built" else "built" for name, outcome in found.items()}


def _uses(names: list[str]) -> str:
    return f", uses: {{{', '.join(f'{name}: {name}' for name in names)}}}" if names else ""
