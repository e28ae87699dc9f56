from __future__ import annotations

from dataclasses import replace

import pytest

from forebear.build.key import Input, Inputs, Stamp
from forebear.build.recipe import BaseKind, Present, Target
from forebear.release.proof import Bottom, Found, Proved, Recorded, Subject, Verdict, prove
from forebear.release.record import Component, Components, Layer, Made

ON = "linux/amd64"
UPSTREAM = f"sha256:{'f' * 64}"


def digest(text: str) -> str:
    return f"sha256:{text.encode().hex():0<64.64}"


def image(name: str, layers: tuple[str, ...], kind: BaseKind, ground: str, identity: str) -> Present:
    base = Input(kind.value, "", f"{ground} {identity}")
    inputs = Inputs((Input("platform", "", ON),), name, (), (base,))
    unpacked = tuple(map(digest, layers))
    return Present(digest(f"m{name}"), ON, digest(f"c{name}"), unpacked, 1, 0, Stamp(name, inputs.key, inputs))


def made(present: Present) -> Made:
    assert present.stamp is not None
    inputs = present.stamp.inputs
    return Made(
        manifest=present.id,
        image=present.id,
        layers=tuple(Layer(digest=each, diff_id=each, size=1) for each in present.layers),
        size=1,
        key=present.stamp.key,
        components=Components(
            own=tuple(Component(kind=i.kind, name=i.name, value=i.value) for i in inputs.own),
            bases=tuple(Component(kind=i.kind, name=i.name, value=i.value) for i in inputs.bases),
            context=inputs.context,
            files={},
        ),
        requires=(),
        gates=(),
        built=None,
        pushed=0,
    )


def subject(name: str, present: Present, kind: BaseKind, ground: str) -> Subject:
    found = Found(present.id, present.id, present)
    return Subject(Target(name, ON), f"r/{name}:1.0.0", kind, ground, Recorded(present.id, made(present)), found)


TOP = image("top", ("up", "top"), BaseKind.UPSTREAM, "os:1", UPSTREAM)
LOW = image("low", ("up", "top", "low"), BaseKind.PARENT, "top", TOP.content)
SUBJECTS = (subject("top", TOP, BaseKind.UPSTREAM, "os:1"), subject("low", LOW, BaseKind.PARENT, "top"))
BOTTOM = Bottom(UPSTREAM, (digest("up"),), Verdict.PROVED, "as its registry shows")
BOTTOMS = {Target("os:1", ON): BOTTOM}


def wrong(*subjects: Subject, bottom: Bottom = BOTTOM) -> list[str]:
    return [text for each in prove(subjects, {Target("os:1", ON): bottom}) for text in each.wrong]


def with_found(one: Subject, present: Present, found: str = "") -> Subject:
    return replace(one, found=Found(found or (one.reference and present.id), present.id, present))


def test_what_is_as_it_has_to_be_is_proved() -> None:
    top, low = prove(SUBJECTS, BOTTOMS)
    assert {each.verdict for one in (top, low) for each in one.statements} == {Verdict.PROVED}
    assert [each.text for each in low.statements[-2:]] == [
        "begins with the 2 layers of top, and adds 1",
        "was built on just this top, layers and configuration",
    ]


def test_a_tag_that_names_something_else_is_told_with_both_digests() -> None:
    other = replace(SUBJECTS[1], found=Found(digest("x"), digest("x"), LOW))
    assert wrong(SUBJECTS[0], other) == [f"the tag names {digest('x')}, the record says {LOW.id}"]


def test_an_image_that_is_missing_is_told_and_so_is_its_child() -> None:
    gone = replace(SUBJECTS[0], found=None)
    assert wrong(gone, SUBJECTS[1]) == ["r/top:1.0.0 is not in the registry", "its parent top is not in the registry"]


def test_layers_that_do_not_begin_with_those_of_the_parent_are_told() -> None:
    other = replace(LOW, layers=(digest("up"), digest("other"), digest("low")))
    told = wrong(SUBJECTS[0], with_found(SUBJECTS[1], other))
    where = f"layer 2 is {digest('other')}, not {digest('top')}"
    assert told == [
        f"has other layers than its record: {where}",
        f"does not begin with the 2 layers of top: {where}",
    ]


def test_a_parent_with_the_same_layers_and_another_configuration_is_told() -> None:
    other = replace(TOP, content=digest("configured"))
    assert wrong(with_found(SUBJECTS[0], other), SUBJECTS[1]) == [
        f"was built on another top, with the content {TOP.content}, not {other.content}"
    ]


def test_an_upstream_that_is_not_the_locked_one_is_told() -> None:
    bottom = replace(BOTTOM, identity=digest("other"), layers=(digest("theirs"),))
    assert wrong(*SUBJECTS, bottom=bottom) == [
        f"was built on os:1@{UPSTREAM}, not on @{digest('other')}",
        f"does not begin with the 1 layer of os:1@{digest('other')}: layer 1 is {digest('up')}, not {digest('theirs')}",
    ]


def test_an_image_without_labels_that_hold_together_is_told() -> None:
    told = wrong(SUBJECTS[0], with_found(SUBJECTS[1], replace(LOW, stamp=None)))
    assert "has no labels of forebear that hold together" in told
    assert any(text.startswith("has the key none") for text in told)


def trusted(*proved: Proved) -> list[str]:
    return [text for each in proved for text in each.trusted]


def test_without_a_record_it_is_said_what_is_trusted() -> None:
    bare = [replace(each, recorded=None) for each in SUBJECTS]
    told = trusted(*prove(bare, BOTTOMS))
    assert told == [f"no record says that the tag names {each.id}" for each in (TOP, LOW)]


@pytest.mark.parametrize("bottom", [None, Bottom(UPSTREAM, None, Verdict.TRUSTED, "it cannot be asked")])
def test_an_upstream_that_nobody_shows_is_trusted(bottom: Bottom | None) -> None:
    bottoms = {Target("os:1", ON): bottom} if bottom else {}
    (told,) = trusted(*prove(SUBJECTS, bottoms))
    assert told.startswith(f"that it begins with the layers of os:1@{UPSTREAM} (")
