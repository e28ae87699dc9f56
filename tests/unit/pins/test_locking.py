from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from forebear.engine.model import Resolved
from forebear.errors import EngineUnreachable
from forebear.lineage.reader import read
from forebear.pins.lock import Lock, Pin
from forebear.pins.locking import check, update
from forebear.reference import Reference
from forebear.testing import FakeEngine

if TYPE_CHECKING:
    from forebear.lineage.model import Lineage

FEDORA, JDK = Reference.parse("fedora:25"), Reference.parse("registry.example.org/jdk:17")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
YAML = """\
lineage: 1
project: firethorn
version: 2.1.7
images:
  os: {from: "fedora:25"}
  java: {from: os, uses: {jdk: "registry.example.org/jdk:17"}}
"""


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


OLD = Lock("firethorn", {FEDORA: Pin(FEDORA, digest("1")), JDK: Pin(JDK, digest("2"))})


class Away(FakeEngine):
    """An engine whose registries cannot be reached."""

    def resolve(self, reference: str) -> Resolved | None:
        raise EngineUnreachable("no route to host")


@pytest.fixture
def lineage() -> Lineage:
    return read(YAML.encode())


def published(fedora: str, jdk: str) -> FakeEngine:
    return FakeEngine(
        published={
            str(FEDORA): Resolved(digest(fedora), MANIFEST, ()),
            str(JDK): Resolved(digest(jdk), MANIFEST, ()),
        }
    )


def none(index: Reference) -> tuple[tuple[str, str], ...]:
    raise AssertionError(f"{index} was asked for")


class TestUpdate:
    def test_what_is_not_locked_is_locked(self, lineage: Lineage) -> None:
        told: list[Reference] = []
        done = update(lineage, Lock("firethorn"), published("1", "2"), none, told.append)
        assert done.lock == OLD
        assert [(d.upstream, d.problem) for d in done.changes] == [
            (FEDORA, f"locked to {digest('1')}"),
            (JDK, f"locked to {digest('2')}"),
        ]
        assert told == [FEDORA, JDK]

    def test_several_are_asked_about_at_once_and_told_in_order(self, lineage: Lineage) -> None:
        both = threading.Barrier(2, timeout=10)

        class Meeting(FakeEngine):
            def resolve(self, reference: str) -> Resolved | None:
                both.wait()
                return super().resolve(reference)

        engine = Meeting(published=published("1", "2").published)
        told: list[Reference] = []
        assert update(lineage, Lock("firethorn"), engine, none, told.append).lock == OLD
        assert check(lineage, OLD, engine, none, told.append).changes == ()
        assert told == [FEDORA, JDK, FEDORA, JDK]

    def test_what_is_locked_stays_whatever_its_tag_names_today(self, lineage: Lineage) -> None:
        told: list[Reference] = []
        done = update(lineage, OLD, published("8", "9"), none, told.append)
        assert (done.lock, done.changes, told) == (OLD, (), [])

    def test_what_is_locked_needs_no_registry(self, lineage: Lineage) -> None:
        assert update(lineage, OLD, Away(), none, lambda _ref: None).lock == OLD

    def test_what_is_to_be_upgraded_is_resolved_anew_and_nothing_else(self, lineage: Lineage) -> None:
        done = update(lineage, OLD, published("8", "9"), none, lambda _ref: None, upgrade=(JDK,))
        assert done.lock.pins == {FEDORA: Pin(FEDORA, digest("1")), JDK: Pin(JDK, digest("9"))}
        assert [d.problem for d in done.changes] == [f"moved from {digest('2')} to {digest('9')}"]

    def test_an_upgrade_that_finds_the_same_is_no_change(self, lineage: Lineage) -> None:
        done = update(lineage, OLD, published("1", "2"), none, lambda _ref: None, upgrade=(FEDORA, JDK))
        assert (done.lock, done.changes) == (OLD, ())

    def test_what_nobody_needs_is_dropped_and_told(self, lineage: Lineage) -> None:
        other = Reference.parse("alpine:3")
        lock = Lock("firethorn", {**OLD.pins, other: Pin(other, digest("3"))})
        done = update(lineage, lock, Away(), none, lambda _ref: None)
        assert done.lock == OLD
        assert [(d.upstream, d.problem) for d in done.changes] == [(other, "is locked, but no image starts from it")]

    def test_a_network_that_is_away_makes_no_published_upstream_a_local_one(self, lineage: Lineage) -> None:
        engine = Away()
        engine.add("fedora:25", "os")
        engine.add(str(JDK), "jdk")
        done = update(lineage, OLD, engine, none, lambda _ref: None, upgrade=(FEDORA, JDK))
        assert (done.lock, done.changes) == (OLD, ())
        assert [error.problem for error in done.failures] == [
            "fedora:25 cannot be resolved: no route to host",
            "registry.example.org/jdk:17 cannot be resolved: no route to host",
        ]
        assert update(lineage, Lock("firethorn"), engine, none, lambda _ref: None).lock == Lock("firethorn")

    def test_unless_it_is_said(self, lineage: Lineage) -> None:
        engine = Away()
        image, jdk = engine.add("fedora:25", "os").id, engine.add(str(JDK), "jdk").id
        done = update(lineage, Lock("firethorn"), engine, none, lambda _ref: None, local=True)
        assert done.lock.pins == {FEDORA: Pin(FEDORA, image, local=True), JDK: Pin(JDK, jdk, local=True)}

    def test_what_was_local_is_upgraded_to_what_the_engine_has_now(self, lineage: Lineage) -> None:
        engine = Away()
        image = engine.add("fedora:25", "newer").id
        lock = Lock("firethorn", {**OLD.pins, FEDORA: Pin(FEDORA, digest("1"), local=True)})
        done = update(lineage, lock, engine, none, lambda _ref: None, upgrade=(FEDORA,))
        assert done.lock.pin(FEDORA) == Pin(FEDORA, image, local=True)

    def test_what_was_local_and_is_published_now_is_told(self, lineage: Lineage) -> None:
        lock = Lock("firethorn", {**OLD.pins, FEDORA: Pin(FEDORA, digest("1"), local=True)})
        done = update(lineage, lock, published("8", "2"), none, lambda _ref: None, upgrade=(FEDORA,))
        assert [d.problem for d in done.changes] == [f"is now in its registry, as {digest('8')}"]

    @pytest.mark.parametrize(("there", "gone"), [(FEDORA, JDK), (JDK, FEDORA)])
    def test_one_that_fails_does_not_hold_up_the_other(
        self, lineage: Lineage, there: Reference, gone: Reference
    ) -> None:
        engine = FakeEngine(published={str(there): Resolved(digest("1"), MANIFEST, ())})
        done = update(lineage, Lock("firethorn"), engine, none, lambda _ref: None)
        assert done.lock.pins == {there: Pin(there, digest("1"))}
        assert [d.upstream for d in done.changes] == [there]
        (failure,) = done.failures
        assert failure.problem == f"neither its registry nor the engine has {gone.familiar}"


class TestCheck:
    def test_a_lock_that_is_what_it_should_be(self, lineage: Lineage) -> None:
        told: list[Reference] = []
        assert check(lineage, OLD, published("1", "2"), none, told.append).changes == ()
        assert told == [FEDORA, JDK]

    def test_everything_that_differs(self, lineage: Lineage) -> None:
        other = Reference.parse("alpine:3")
        lock = Lock("firethorn", {JDK: Pin(JDK, digest("2")), other: Pin(other, digest("3"))})
        found = check(lineage, lock, published("8", "9"), none, lambda _ref: None).changes
        assert [(d.upstream, d.problem) for d in found] == [
            (FEDORA, "is not locked"),
            (other, "is locked, but no image starts from it"),
            (JDK, f"moved from {digest('2')} to {digest('9')}"),
        ]

    def test_a_network_that_is_away_is_an_error_and_no_difference(self, lineage: Lineage) -> None:
        engine = Away()
        engine.add("fedora:25", "os")
        found = check(lineage, OLD, engine, none, lambda _ref: None)
        assert found.changes == ()
        assert [each.problem for each in found.failures] == [
            f"{upstream.familiar} cannot be resolved: no route to host" for upstream in (FEDORA, JDK)
        ]

    def test_one_that_cannot_be_resolved_does_not_hold_up_the_others(self, lineage: Lineage) -> None:
        engine = published("1", "9")
        del engine.published[str(FEDORA)]
        found = check(lineage, OLD, engine, none, lambda _ref: None)
        assert [each.upstream for each in found.changes] == [JDK]
        assert len(found.failures) == 1

    def test_a_local_one_is_compared_with_the_engines(self, lineage: Lineage) -> None:
        engine = Away()
        engine.add("fedora:25", "newer")
        engine.add(str(JDK), "jdk")
        pins = {FEDORA: Pin(FEDORA, digest("1"), local=True), JDK: Pin(JDK, engine.tags[str(JDK)], local=True)}
        found = check(lineage, Lock("firethorn", pins), engine, none, lambda _ref: None).changes
        assert [d.upstream for d in found] == [FEDORA]

    def test_a_published_one_that_only_the_engine_has_left_is_told(self, lineage: Lineage) -> None:
        engine = published("1", "2")
        del engine.published[str(FEDORA)]
        engine.add("fedora:25", "os")
        (found,) = check(lineage, OLD, engine, none, lambda _ref: None).changes
        assert found.problem.startswith("is no longer in its registry, only on the engine, as sha256:")
