"""Whatever fails or stops: it is told in words, costs only itself, and the next run carries on."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from engines import tags
from families import Family, ended, identity, outcomes
from proxy import answer, proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker
    from engines import Engine
    from meeting import Meeting

STOPS = [signal.SIGINT, signal.SIGTERM]


def still_runs(word: str) -> bool:
    """Whether a process has a word in its command line."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return any(word in command for command in commands)


def until(true: object, seconds: float = 10) -> None:
    """Wait until the call gives something true."""
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def failing(family: Family, busybox_base: str) -> Family:
    """Two branches, of which one fails in its middle."""
    family.add("top", busybox_base, "ENV TOP=1")
    family.add("bad", "top", "RUN echo some words; test -e /missing")
    family.add("below", "bad", "ENV BELOW=1")
    family.add("lowest", "below", "ENV LOWEST=1")
    family.add("good", "top", "ENV GOOD=1")
    family.add("better", "good", "ENV BETTER=1")
    family.lock()
    return family


def test_a_failure_costs_its_descendants_and_nobody_else(failing: Family, client: docker.APIClient) -> None:
    ran = failing.forebear("build", code=3)
    assert "failed   bad 1.0.0: [2/2] RUN echo some words; test -e /missing: exit code 1" in ran.lines
    assert "skipped  below 1.0.0: bad failed" in ran.lines
    assert "skipped  lowest 1.0.0: bad failed" in ran.lines
    assert ran.lines[-1] == "3 built, 1 failed, 2 skipped"
    assert "some words" in ran.err
    assert "the whole log: .forebear/logs/bad.log" in ran.err
    assert "some words" in (failing.root / ".forebear/logs/bad.log").read_text()
    assert tags(client, failing.project) == sorted(map(failing.tag, ["top", "good", "better"]))
    failing.template("bad", "ENV BAD=1")
    built = dict.fromkeys(["bad", "below", "lowest"], "built")
    assert failing.build() == dict.fromkeys(["top", "good", "better"], "reused") | built


def test_fail_fast_starts_nothing_after_a_failure(failing: Family) -> None:
    ran = failing.forebear("build", "--fail-fast", "--jobs", "1", "--json", code=3)
    ends = outcomes(ran)
    assert ends["bad"] == "failed"
    assert ends["below"] == ends["lowest"] == "skipped"
    assert ends["good"] == ends["better"] == "skipped"


def test_a_failed_build_leaves_the_old_tag(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.lock()
    family.build()
    was = identity(client, family.tag("a"))
    family.template("a", "RUN false")
    assert family.build() == {"a": "failed"}
    assert identity(client, family.tag("a")) == was
    assert tags(client, family.project) == [family.tag("a")]


@pytest.mark.parametrize("stop", STOPS)
def test_a_signal_ends_a_build_and_costs_nothing_else(
    family: Family, busybox_base: str, client: docker.APIClient, meeting: Meeting, stop: signal.Signals
) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build()
    was = identity(client, family.tag("b"))
    family.template("a", "ENV A=2")
    family.template("b", meeting.run("stopped"))
    process = family.start("build")
    meeting.arrived("stopped")
    process.send_signal(stop)
    ran = ended(process, 130, seconds=10)
    assert "forebear: interrupted; what was done is kept, the next run carries on" in ran.err
    assert "interrupted b 1.0.0" in ran.lines
    until(lambda: not still_runs(f"{meeting.address}/stopped"))
    assert identity(client, family.tag("b")) == was
    assert tags(client, family.project) == [family.tag("a"), family.tag("b")]
    assert not family.drifted()
    meeting.release("stopped")
    assert family.build() == {"a": "reused", "b": "built"}


def test_a_killed_forebear_costs_nothing_but_what_it_was_at(
    family: Family, busybox_base: str, client: docker.APIClient, meeting: Meeting
) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", meeting.run("killed"))
    family.lock()
    process = family.start("build")
    meeting.arrived("killed")
    process.kill()
    process.wait()
    until(lambda: not still_runs(f"{meeting.address}/killed"))
    assert not family.drifted()
    meeting.release("killed")
    assert family.build() == {"a": "reused", "b": "built"}


def test_of_two_runs_in_a_project_the_second_is_told_at_once(
    family: Family, busybox_base: str, meeting: Meeting
) -> None:
    family.add("a", busybox_base, meeting.run("busy"))
    family.lock()
    first = family.start("build")
    meeting.arrived("busy")
    promote = "promote 1.0.0 --to localhost:5000"
    others = ("cut patch", "publish", "publish --abort", promote, f"{promote} --abort", "prune --yes")
    for words in ("build", "render", "lock --local", *others):
        told = family.forebear(*words.split(), code=2)
        assert f"another forebear is at work in this project (process {first.pid}, since " in told.err
        assert "wait until it is done, then run this again" in told.err
    meeting.release("busy")
    assert ended(first, 0).lines[-1] == "1 built"


def test_two_clones_at_once_do_not_disturb_each_other(
    family: Family, busybox_base: str, client: docker.APIClient, meeting: Meeting, tmp_path: Path
) -> None:
    """Both need the same parents; the one is through before the other comes to its last child."""
    family.add("a", busybox_base, meeting.run("both"))
    family.add("wait", "a", meeting.run("one"))
    family.add("last", "wait", "COPY --from={{ uses.a }} /bin/busybox /copy", uses={"a": "a"})
    family.lock()
    other = family.clone(tmp_path / "other")
    other.template("wait", meeting.run("two"))
    first = family.start("build")
    meeting.arrived("both")
    second = other.start("build")
    until((other.root / ".forebear/logs/a.log").exists)
    meeting.release("both")
    meeting.arrived("one", "two")
    meeting.release("one")
    assert ended(first, 0).lines[-1] == "3 built"
    meeting.release("two")
    assert ended(second, 0).lines[-1] == "3 built"
    assert tags(client, family.project) == [family.tag("a"), family.tag("last"), family.tag("wait")]


PASSING = {
    "requests": answer("429 Too Many Requests", '{"message": "slow down"}', "Retry-After: 0"),
    "unavailable": answer("503 Service Unavailable", '{"message": "starting"}', "Retry-After: 0"),
    "stream": answer("200 OK", '{"errorDetail": {"message": "429 Too Many Requests - toomanyrequests"}}\r\n'),
    "broken": b"",
}
"""By the name of an image: what an engine answers that can do better the next time."""

LASTING = {
    "refused": answer("400 Bad Request", '{"message": "that is no build"}'),
    "defect": answer("500 Internal Server Error", '{"message": "something is wrong here"}'),
    "stream": answer("200 OK", '{"errorDetail": {"message": "something else is wrong"}}\r\n'),
}
TOLD = ["that is no build", "something is wrong here", "something else is wrong"]


class Flaky:
    """Answers the first builds of each image in the engine's place, and lets the probe through."""

    def __init__(self, answers: Mapping[str, bytes], times: int) -> None:
        self._answers = answers
        self._times = times
        self.asked: Counter[str] = Counter()

    def __call__(self, line: str) -> str | bytes:
        labels = json.loads(dict(parse_qsl(line.partition("?")[2])).get("labels", "{}"))
        image = labels.get("forebear.image")
        if image is None:
            return line
        self.asked[image] += 1
        return self._answers[image] if self.asked[image] <= self._times else line


def test_a_fault_that_passes_is_waited_for(family: Family, engine: Engine, busybox_base: str, tmp_path: Path) -> None:
    for name in PASSING:
        family.add(name, busybox_base, "ENV A=1")
    family.lock()
    flaky = Flaky(PASSING, 1)
    with proxy(engine.host, tmp_path, flaky) as between:
        assert family.clone(tmp_path / "clone", between.host).build() == dict.fromkeys(PASSING, "built")
    assert flaky.asked == dict.fromkeys(PASSING, 2)


def test_a_fault_that_lasts_is_told_at_once(family: Family, engine: Engine, busybox_base: str, tmp_path: Path) -> None:
    for name in LASTING:
        family.add(name, busybox_base, "ENV A=1")
    family.lock()
    flaky = Flaky(LASTING, 9)
    with proxy(engine.host, tmp_path, flaky) as between:
        ran = family.clone(tmp_path / "clone", between.host).forebear("build", code=3)
    assert all(told in ran.out for told in TOLD)
    assert flaky.asked == dict.fromkeys(LASTING, 1)


def test_a_registry_that_is_busy_is_asked_again(
    family: Family, engine: Engine, busybox_base: str, tmp_path: Path
) -> None:
    """The engine passes the registry's own answer on."""
    left = [answer("429 Too Many Requests", '{"message": "toomanyrequests"}', "Retry-After: 0")] * 2

    def meddle(line: str) -> str | bytes:
        return left.pop() if "/distribution/" in line and left else line

    family.add("a", busybox_base, "ENV A=1")
    with proxy(engine.host, tmp_path, meddle) as between:
        family.clone(tmp_path / "clone", between.host).forebear("lock", "--local")
        assert between.count("/distribution/") == 3


def test_without_an_engine_the_address_and_the_way_out_are_told(family: Family, tmp_path: Path) -> None:
    family.add("a", "scratch", "ENV A=1")
    nowhere = Family(family.root, f"unix://{tmp_path}/none.sock", family.project)
    told = nowhere.forebear("build", code=4)
    assert f"there is no Docker engine at unix://{tmp_path}/none.sock" in told.err
    assert "start one, or name another in DOCKER_HOST" in told.err
