from __future__ import annotations

import pytest

from forebear.engine.model import Resolved
from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.pins.lock import Lock, Pin
from forebear.pins.resolve import Difference, differences, moved, resolve
from forebear.reference import Reference
from forebear.testing import FakeEngine

FEDORA, JDK = Reference.parse("fedora:25"), Reference.parse("registry.example.org/jdk:17")
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PLATFORMS = (("linux/amd64", "sha256:" + "2" * 64),)


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


class Away(FakeEngine):
    """An engine whose registries answer with an error."""

    error: EngineError = EngineUnreachable("the registry cannot be reached")

    def resolve(self, reference: str) -> Resolved | None:
        raise self.error


def none(index: Reference) -> tuple[tuple[str, str], ...]:
    raise AssertionError(f"{index} was asked for")


class TestResolve:
    def test_a_tag_that_names_an_index_is_pinned_with_its_platforms(self) -> None:
        asked: list[str] = []

        def manifests(index: Reference) -> tuple[tuple[str, str], ...]:
            asked.append(str(index))
            return PLATFORMS

        engine = FakeEngine(published={str(FEDORA): Resolved(digest("1"), INDEX, ("linux/amd64", "linux/arm64"))})
        assert resolve(FEDORA, engine, manifests, local=False) == Pin(FEDORA, digest("1"), platforms=PLATFORMS)
        assert asked == [f"docker.io/library/fedora@{digest('1')}"]

    def test_a_tag_that_names_a_manifest_is_pinned_with_its_one_platform(self) -> None:
        engine = FakeEngine(published={str(FEDORA): Resolved(digest("1"), MANIFEST, ("linux/arm64",))})
        found = resolve(FEDORA, engine, none, local=False)
        assert found == Pin(FEDORA, digest("1"), platforms=(("linux/arm64", digest("1")),))

    def test_what_the_registry_says_counts_even_where_the_engine_has_another_image(self) -> None:
        engine = FakeEngine(published={str(FEDORA): Resolved(digest("1"), MANIFEST, ())})
        engine.add("fedora:25", "os")
        for local in (True, False):
            assert resolve(FEDORA, engine, none, local=local) == Pin(FEDORA, digest("1"))

    def test_what_only_the_engine_has_is_pinned_by_its_id(self) -> None:
        engine = FakeEngine()
        image = engine.add("fedora:25", "os").id
        assert resolve(FEDORA, engine, none, local=False) == Pin(FEDORA, image, local=True)

    def test_what_nobody_has_is_an_error(self) -> None:
        with pytest.raises(EngineError, match=r"^neither its registry nor the engine has fedora:25; see its spelling"):
            resolve(FEDORA, FakeEngine(), none, local=True)

    @pytest.mark.parametrize("error", [EngineUnreachable("no route"), EngineRefused("denied", status=401)])
    def test_a_registry_that_cannot_be_asked_makes_nothing_local_by_itself(self, error: EngineError) -> None:
        engine = Away()
        engine.error = error
        engine.add("fedora:25", "os")
        with pytest.raises(EngineError) as caught:
            resolve(FEDORA, engine, none, local=False)
        assert str(caught.value) == (
            f"fedora:25 cannot be resolved: {error.problem}; "
            "try again, or lock what the engine has under that name: forebear lock --local"
        )

    def test_only_where_it_is_said_the_engines_own_image_is_taken(self) -> None:
        engine = Away()
        image = engine.add("fedora:25", "os").id
        assert resolve(FEDORA, engine, none, local=True) == Pin(FEDORA, image, local=True)

    def test_where_the_engine_has_none_either_the_registrys_error_is_told(self) -> None:
        with pytest.raises(EngineError, match="fedora:25 cannot be resolved: the registry cannot be reached"):
            resolve(FEDORA, Away(), none, local=True)

    def test_an_index_that_cannot_be_read_is_no_pin(self) -> None:
        def manifests(index: Reference) -> tuple[tuple[str, str], ...]:
            raise EngineUnreachable("the registry cannot be reached")

        engine = FakeEngine(published={str(FEDORA): Resolved(digest("1"), INDEX, ())})
        engine.add("fedora:25", "os")
        with pytest.raises(EngineUnreachable):
            resolve(FEDORA, engine, manifests, local=True)


class TestDifferences:
    def test_what_is_declared_and_not_locked_then_what_is_locked_and_not_declared(self) -> None:
        other = Reference.parse("alpine:3")
        lock = Lock("x", {JDK: Pin(JDK, digest("1")), other: Pin(other, digest("2"))})
        assert differences((FEDORA, JDK), lock) == (
            Difference(FEDORA, "is not locked", None),
            Difference(other, "is locked, but no image starts from it", None),
        )

    def test_none(self) -> None:
        assert differences((JDK,), Lock("x", {JDK: Pin(JDK, digest("1"))})) == ()
        assert differences((), Lock("x")) == ()


class TestMoved:
    def test_not_where_the_digest_is_the_same(self) -> None:
        assert moved(Pin(FEDORA, digest("1")), Pin(FEDORA, digest("1"), platforms=PLATFORMS)) is None

    @pytest.mark.parametrize(
        ("before", "today", "problem"),
        [
            (False, False, f"moved from {digest('1')} to {digest('2')}"),
            (True, True, f"moved from {digest('1')} to {digest('2')}"),
            (False, True, f"is no longer in its registry, only on the engine, as {digest('2')}"),
            (True, False, f"is now in its registry, as {digest('2')}"),
        ],
    )
    def test_it_is_told_from_what_to_what(self, before: bool, today: bool, problem: str) -> None:
        new = Pin(FEDORA, digest("2"), local=today)
        assert moved(Pin(FEDORA, digest("1"), local=before), new) == Difference(FEDORA, problem, new)

    def test_a_registry_pin_that_became_local_is_a_difference_even_under_the_same_digest(self) -> None:
        assert moved(Pin(FEDORA, digest("1")), Pin(FEDORA, digest("1"), local=True)) is not None
