from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.bumping import is_later
from forebear.lineage.edit import edited
from forebear.lineage.graph import Family
from forebear.lineage.reader import read
from forebear.lineage.selectors import select
from forebear.release.cut import Cut, cut, own_keys

NOW = 1_800_000_000
TEXT = b"""\
lineage: 1
project: p
version: 2.1.7
images:
  base: {from: "debian:12"}   # kept
  java: {from: base, version: 17.0.1, epoch: 5}
  web:
    from: java
  tool: {from: base}
"""


def made(wanted: str, *selected: str, text: bytes = TEXT, pre: str | None = None) -> tuple[Cut, bytes]:
    family = Family(read(text))
    done = cut(family, own_keys(text), wanted, select(family, selected), NOW, pre)
    return done, edited(text, done.edits)


def test_the_whole_family() -> None:
    done, after = made("patch")
    assert {move.image: move.after for move in done.moves} == dict(
        zip(("base", "java", "web", "tool"), ("2.1.8", "17.0.2", "2.1.8", "2.1.8"), strict=True)
    )
    assert after == TEXT.replace(b"2.1.7", b"2.1.8\nepoch: 2027-01-15T08:00:00Z").replace(b"17.0.1", b"17.0.2").replace(
        b"epoch: 5", b"epoch: 2027-01-15T08:00:00Z"
    )


def test_a_part_of_it_leaves_the_rest_as_it_was() -> None:
    done, after = made("minor", "java")
    assert done.kept == ("base", "tool")
    before, now = read(TEXT).images, read(after).images
    assert {name: (now[name].version, now[name].epoch) for name in now} == {
        "base": ("2.1.7", before["base"].epoch),
        "java": ("17.1.0", NOW),
        "web": ("2.2.0", NOW),
        "tool": ("2.1.7", before["tool"].epoch),
    }
    assert all(now[name] == before[name] for name in done.kept)
    assert read(after).version == "2.2.0"


def test_a_version_is_for_those_that_were_selected_and_the_others_move_as_far() -> None:
    done, after = made("17.1.0", "java")
    assert {move.image: move.after for move in done.moves} == {"java": "17.1.0", "web": "2.2.0"}
    assert read(after).version == "2.2.0"
    done, _ = made("3.0.0-rc.1")
    assert {move.after for move in done.moves} == {"3.0.0-rc.1", "18.0.0-rc.1"}


@pytest.mark.parametrize(
    ("wanted", "selected", "pre", "messages"),
    [
        ("2.1", (), None, ["VERSION: 2.1 is not SemVer, which has three numbers; write 2.1.0"]),
        ("release", (), None, ["VERSION: 17.0.1, 2.1.7 is no pre-release; cut patch, minor or major"]),
        ("2.2.0", (), "rc", ["VERSION: --pre goes with a level; write 2.2.0-rc.1, or patch, minor or major"]),
        (
            "3.0.0",
            ("java", "tool"),
            None,
            [
                "VERSION: the selected images have different versions (java 17.0.1, tool 2.1.7); "
                "cut all of them, or by a level"
            ],
        ),
        (
            "2.1.7",
            ("tool",),
            None,
            [
                "VERSION: the family is at 2.1.7, and 2.1.7 is not later; name a later one",
                "VERSION: tool is at 2.1.7, and 2.1.7 is not later; name a later one",
            ],
        ),
    ],
)
def test_what_is_refused(wanted: str, selected: tuple[str, ...], pre: str | None, messages: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        made(wanted, *selected, pre=pre)
    assert [str(fault) for fault in caught.value.faults] == messages


@given(
    st.lists(st.sampled_from(["base", "java", "web", "tool"]), unique=True),
    st.sampled_from(["patch", "minor", "major"]),
    st.sampled_from([None, "rc"]),
)
def test_what_is_cut_moves_on_and_all_else_stays(selected: list[str], level: str, pre: str | None) -> None:
    done, after = made(level, *selected, pre=pre)
    before, now = read(TEXT).images, read(after).images
    cut_names = {move.image for move in done.moves}
    assert cut_names >= set(selected)
    for name in now:
        if name in cut_names:
            assert is_later(now[name].version, before[name].version)
            assert now[name].epoch == NOW
        else:
            assert now[name] == before[name]
