from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from forebear.build.handles import Handles
from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import Reference
from forebear.testing import FakeEngine

DAY = 24 * 3600


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
    return sorted(tag for tag in engine.tags if tag.startswith("forebear.invalid/"))


def test_a_parent_is_named_by_a_tag_of_this_run_and_by_its_digest() -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    name = Handles(engine, "firethorn", by_digest=True).of("tomcat", image)
    assert re.fullmatch(rf"forebear\.invalid/firethorn/tomcat:[0-9a-f]{{24}}-[0-9a-f-]+@{image}", name)
    assert Reference.parse(name).digest == image
    assert thrown_away(engine) == [name.partition("@")[0]]
    assert engine.tags[name.partition("@")[0]] == image


def test_where_an_id_is_no_digest_the_tag_alone_is_given() -> None:
    engine = FakeEngine()
    name = Handles(engine, "firethorn", by_digest=False).of("tomcat", engine.add("tomcat:1", "a").id)
    assert "@" not in name
    assert name in engine.tags


def test_one_image_has_one_handle() -> None:
    engine = FakeEngine()
    handles = Handles(engine, "firethorn", by_digest=True)
    image = engine.add("tomcat:1", "a").id
    assert handles.of("tomcat", image) == handles.of("other", image)
    assert len(thrown_away(engine)) == 1


def test_what_was_just_built_keeps_the_tag_that_it_was_built_under() -> None:
    engine = FakeEngine()
    handles = Handles(engine, "firethorn", by_digest=False)
    name = handles.name("tomcat", "sha256:" + "0" * 64)
    image = engine.add(name, "a").id
    handles.hold(image, name)
    assert handles.of("tomcat", image) == name
    assert thrown_away(engine) == [name]


@pytest.mark.parametrize("image", ["tomcat", "fedora:25", "registry.example.org:5000/a__b/C:1@sha256:ab", "a.b-c__d"])
def test_every_name_makes_a_reference_that_an_engine_takes(image: str) -> None:
    name = Handles(FakeEngine(), "fire-thorn", by_digest=True).name(image, "sha256:" + "f" * 64)
    assert str(Reference.parse(name)) == name


def test_all_are_given_back() -> None:
    engine = FakeEngine()
    handles = Handles(engine, "firethorn", by_digest=True)
    for number in range(3):
        handles.of(f"image{number}", engine.add(f"image{number}:1", str(number)).id)
    handles.name("never-built", "sha256:0")
    handles.give_back()
    assert thrown_away(engine) == []
    assert len(engine.tags) == 3
    handles.give_back()


def test_two_runs_do_not_take_each_others_away() -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    one, other = (Handles(engine, "firethorn", by_digest=True) for _ in range(2))
    kept = other.of("tomcat", image)
    one.of("tomcat", image)
    one.give_back()
    assert engine.inspect(kept.partition("@")[0]) is not None


def test_what_cannot_be_removed_is_left_and_the_rest_is_removed() -> None:
    engine = Stubborn()
    handles = Handles(engine, "firethorn", by_digest=True)
    for name in ("goes", "stays", "walks"):
        handles.of(name, engine.add(f"{name}:1", name).id)
    engine.answer = EngineRefused("in use", status=409)
    handles.give_back()
    assert [tag for tag in thrown_away(engine) if "stays" not in tag] == []
    assert len(thrown_away(engine)) == 1


def test_an_engine_that_went_away_is_not_asked_again_and_again() -> None:
    engine = Stubborn()
    handles = Handles(engine, "firethorn", by_digest=True)
    for number in range(5):
        handles.of(f"stays{number}", engine.add(f"image{number}:1", str(number)).id)
    engine.answer = EngineUnreachable("gone")
    handles.give_back()
    assert engine.asked == 1


def test_the_tags_of_runs_that_were_killed_are_swept_away_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    image = engine.add("tomcat:1", "a").id
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    old = Handles(engine, "firethorn", by_digest=False).of("tomcat", image)
    other = Handles(engine, "another", by_digest=False).of("tomcat", image)
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0 + DAY)
    recent = Handles(engine, "firethorn", by_digest=False).of("tomcat", image)
    monkeypatch.setattr("time.time", lambda: 1_700_000_001.0 + DAY)
    engine.tag(image, "forebear.invalid/firethorn/by-hand:1")
    Handles(engine, "firethorn", by_digest=False).sweep()
    assert old not in engine.tags
    assert {recent, other, "forebear.invalid/firethorn/by-hand:1"} <= engine.tags.keys()


def test_several_threads_may_ask_at_once() -> None:
    engine = FakeEngine()
    handles = Handles(engine, "firethorn", by_digest=True)
    images = [engine.add(f"image{number}:1", str(number)).id for number in range(8)]
    together = threading.Barrier(4)

    def ask(_: int) -> list[str]:
        together.wait()
        return [handles.of("image", image) for image in images]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert {answer.partition("@")[2] for each in answers for answer in each} == set(images)
    handles.give_back()
    assert thrown_away(engine) == []
