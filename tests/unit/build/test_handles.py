from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from forebear.build.handles import Handles
from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.testing import FakeEngine

DAY = 24 * 3600
PLACES = count()


class Stubborn(FakeEngine):
    """An engine that refuses to remove some tags, or is gone when asked to."""

    answer: Exception | None = None
    asked: int = 0

    def untag(self, reference: str) -> None:
        self.asked += 1
        if self.answer and "stays" in reference:
            raise self.answer
        super().untag(reference)


def thrown_away(engine: FakeEngine) -> list[str]:
    return sorted(tag for tag in engine.tags if tag.startswith("127.0.0.1:0/forebear/"))


TOMCAT = "docker.io/firethorn/tomcat:1"


def on(engine: FakeEngine) -> Handles:
    """Handles of a run in a place of its own, where the ID of an image is no digest."""
    return Handles(engine, "firethorn", by_digest=False, place=str(next(PLACES)))


@pytest.mark.parametrize("by_digest", [True, False])
def test_an_image_gets_a_tag_of_this_run_and_its_digest_where_that_is_its_id(by_digest: bool) -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    name, _, digest = Handles(engine, "firethorn", by_digest=by_digest).of("tomcat", image).partition("@")
    assert re.fullmatch(r"127\.0\.0\.1:0/forebear/firethorn/tomcat:[0-9a-f]{24}(-[0-9a-f]+){3}", name)
    assert engine.tags[name] == image
    assert digest == (image if by_digest else "")


def test_one_image_has_one_handle_however_often_it_is_asked_for() -> None:
    engine = FakeEngine()
    handles = on(engine)
    image = engine.add("tomcat:1", "a").id
    assert handles.of(TOMCAT, image) == handles.of(TOMCAT, image)
    assert len(thrown_away(engine)) == 1


@pytest.mark.parametrize(
    "reference", [TOMCAT, "docker.io/library/fedora:25", f"[::1]:5000/a__b/c:C.1@sha256:{'a' * 64}", "HOST/a.b-c:x"]
)
@pytest.mark.parametrize("by_digest", [True, False])
def test_every_reference_gives_one_that_an_engine_takes(reference: str, by_digest: bool) -> None:
    name = Handles(FakeEngine(), "fire-thorn", by_digest=by_digest).of(reference, "sha256:" + "f" * 64)
    assert str(Reference.parse(name)) == name


def test_all_are_given_back() -> None:
    engine = FakeEngine()
    handles = on(engine)
    for number in range(3):
        handles.of(f"docker.io/x/image{number}:1", engine.add(f"image{number}:1", str(number)).id)
    assert len(thrown_away(engine)) == 3
    handles.give_back()
    assert thrown_away(engine) == []
    assert len(engine.tags) == 3
    handles.give_back()


def test_two_runs_do_not_take_each_others_away() -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    one, other = on(engine), on(engine)
    kept = other.of(TOMCAT, image)
    one.of(TOMCAT, image)
    one.give_back()
    assert engine.inspect(kept) is not None


def test_what_cannot_be_removed_is_left_and_the_rest_is_removed() -> None:
    engine = Stubborn()
    handles = on(engine)
    for name in ("goes", "stays", "walks"):
        handles.of(f"docker.io/x/{name}:1", engine.add(f"{name}:1", name).id)
    engine.answer = EngineRefused("in use", status=409)
    handles.give_back()
    assert [tag for tag in thrown_away(engine) if "stays" not in tag] == []
    assert len(thrown_away(engine)) == 1


def test_an_engine_that_went_away_is_not_asked_again_and_again() -> None:
    engine = Stubborn()
    handles = on(engine)
    for number in range(5):
        handles.of(f"docker.io/x/stays{number}:1", engine.add(f"image{number}:1", str(number)).id)
    engine.answer = EngineUnreachable("gone")
    handles.give_back()
    assert engine.asked == 1


def test_the_tags_of_runs_that_were_killed_are_swept_away_in_the_same_place() -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    here, there = (Handles(engine, "firethorn", by_digest=True, place=place) for place in ("here", "there"))
    here.of(TOMCAT, image)
    there.of(TOMCAT, image)
    kept = thrown_away(engine)
    Handles(engine, "firethorn", by_digest=True, place="here").sweep()
    assert len(thrown_away(engine)) == 1
    assert set(thrown_away(engine)) < set(kept)
    assert there.of(TOMCAT, image).partition("@")[0] in engine.tags


def test_the_tags_of_runs_that_were_killed_are_swept_away_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    old = on(engine).of(TOMCAT, image)
    other = Handles(engine, "another", by_digest=False).of(TOMCAT, image)
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0 + DAY)
    recent = on(engine).of(TOMCAT, image)
    monkeypatch.setattr("time.time", lambda: 1_700_000_001.0 + DAY)
    engine.tag(image, "127.0.0.1:0/forebear/firethorn/by-hand:1")
    on(engine).sweep()
    assert old not in engine.tags
    assert {recent, other, "127.0.0.1:0/forebear/firethorn/by-hand:1"} <= engine.tags.keys()


def test_several_threads_may_ask_at_once() -> None:
    engine = FakeEngine()
    handles = on(engine)
    images = [engine.add(f"image{number}:1", str(number)).id for number in range(8)]
    together = threading.Barrier(4)

    def ask(_: int) -> list[str]:
        together.wait()
        return [handles.of(TOMCAT, image) for image in images]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert [engine.tags[name] for name in answers[0]] == images
    assert all(each == answers[0] for each in answers)
    handles.give_back()
    assert thrown_away(engine) == []
