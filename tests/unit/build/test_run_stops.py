from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from forebear import api
from forebear.build.events import Began, Ended, Event, Progress, Started
from forebear.errors import BuildFailed, EngineUnreachable
from forebear.testing import FakeEngine

from ..projects import FEDORA, Site, outcomes, site
from .runs import SECONDS, Slow, check, ended, interrupt_when, on, told

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.engine.model import BuildRequest, Log


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
