from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.document import load
from forebear.lineage.edit import Edit, edited
from forebear.lineage.reader import read

STYLED = """\
# the family
lineage: 1
project: p
version: "2.1.7"   # the release
images:
  a: {from: 'docker.io/library/debian:12', vars: {x: [1, two]}}

  # the second
  b:
    from: a   # its parent
    version: 1.0.0
    vars:
      text: |
        kept
         as it is
"""
NEXT = "2026-11-24T09:00:00Z"


def test_only_what_was_asked_changes() -> None:
    made = edited(
        STYLED.encode(),
        [
            Edit(("version",), "2.1.8"),
            Edit(("epoch",), NEXT, add=True, after=("version",)),
            Edit(("images", "a", "from"), "docker.io/library/debian:13"),
            Edit(("images", "a", "vars", "x", 1), "three"),
            Edit(("images", "b", "version"), "1.0.1"),
            Edit(("images", "b", "epoch"), 1800000000, add=True, after=("version",)),
        ],
    ).decode()
    wanted = STYLED.replace('"2.1.7"   # the release', f'"2.1.8"   # the release\nepoch: {NEXT}')
    wanted = wanted.replace("debian:12", "debian:13").replace("two", "three")
    assert made == wanted.replace("1.0.0", "1.0.1\n    epoch: 1800000000")


def test_two_keys_come_in_the_order_in_which_they_were_asked_for() -> None:
    edits = [Edit(("images", "a", key), value, add=True) for key, value in (("version", "1.0.0"), ("epoch", 5))]
    made = edited(STYLED.encode(), edits)
    assert b"{from: 'docker.io/library/debian:12', version: 1.0.0, epoch: 5, vars:" in made


def test_a_key_comes_first_where_no_value_is_on_one_line() -> None:
    made = edited(b"a:\n  # above\n  vars:\n    x: 1\n", [Edit(("a", "version"), "1.0.0", add=True)])
    assert made == b"a:\n  # above\n  version: 1.0.0\n  vars:\n    x: 1\n"


def test_a_merged_value_is_overridden_where_a_key_may_be_added() -> None:
    text = b"a: &a\n  version: 1.0.0\nb:\n  <<: *a\n  from: x\n"
    made = edited(text, [Edit(("b", "version"), "2.0.0", add=True, after=("from",))])
    assert made == text + b"  version: 2.0.0\n"
    assert load(made, "").data == {"a": {"version": "1.0.0"}, "b": {"from": "x", "version": "2.0.0"}}


WHY = "this cannot be changed in place: "
REFUSED: list[tuple[str, Edit, str]] = [
    ("a: &x 1.0.0\nb: *x\n", Edit(("b",), "2"), "2:4: b: {}an anchor and an alias share it with another key"),
    ("a: &x 1.0.0\nb: *x\n", Edit(("a",), "2"), "1:4: a: {}an anchor and an alias share it with another key"),
    ("a: &x 1.0.0\n", Edit(("a",), "2"), "1:4: a: {}it has an anchor"),
    ("a: &x {v: q}\nb: {<<: *x}\n", Edit(("b", "v"), "2"), "2:1: b.v: {}it comes from what << merges"),
    ("a: {v: q}\n", Edit(("a", "w"), "2"), "1:1: a.w: {}there is no w"),
    ("a: {v: q}\n", Edit(("b", "w"), "2", add=True), "1:1: b.w: {}there is no b"),
    ("a: {v: q}\n", Edit(("a",), "2"), "1:1: a: {}it is a collection"),
    ("a: |\n  x\n", Edit(("a",), "2"), "1:4: a: {}it is on several lines"),
    ("a: x\n  y\n", Edit(("a",), "2"), "1:4: a: {}it is on several lines"),
    ("a: 'x\n  y'\n", Edit(("a",), "2"), "1:4: a: {}it is on several lines"),
    ("? a\n: {v: 1}\n? b\n: |\n x\n", Edit(("c",), "2", add=True), "1:1: c: {}it is written in an unusual way"),
]


@pytest.mark.parametrize(("text", "edit", "message"), REFUSED)
def test_what_cannot_be_changed_is_refused_with_its_reason(text: str, edit: Edit, message: str) -> None:
    with pytest.raises(InputError) as caught:
        edited(text.encode(), [edit], "f.yml")
    assert str(caught.value) == f"f.yml:{message.format(WHY)}; change it by hand"


def test_every_refusal_is_told() -> None:
    with pytest.raises(InputError) as caught:
        edited(b"a: 1\nb: {}\n", [Edit(("b",), "1"), Edit(("c",), "1")])
    assert len(caught.value.faults) == 2


# Any text in many styles

SCALARS = st.sampled_from(
    ["1.0.0", "fedora", "x:1", "a b", "it's", 'q"q', "ü", "- x", "", "true", "12", "#", "x\ty", "é\x85"]
)


def quoted(draw: Any, value: str) -> str:
    way = draw(st.sampled_from(["'", '"', ""]))
    if way == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if way == "" and value in ("1.0.0", "fedora", "x:1", "ü", "it's"):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\x85", "\\N").replace("\t", "\\t")
    return f'"{escaped}"'


@st.composite
def texts(draw: Any) -> tuple[bytes, list[str]]:
    """A text with images, block or flow, and the names of these."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    step = " " * draw(st.integers(1, 4))
    note = st.sampled_from(["", "  # ä note: {x}", " #", "   "])
    lines = [f"# ünder{draw(note)}", "lineage: 1", f"version: {quoted(draw, draw(SCALARS))}{draw(note)}", "images:"]
    names = draw(st.lists(st.sampled_from(["a", "b", "c-d", "e.f"]), min_size=1, unique=True))
    for name in names:
        lines += draw(st.sampled_from([[], [f"{step}# of {name}"], [""]]))
        values = [(key, quoted(draw, draw(SCALARS))) for key in draw(st.permutations(["from", "target"]))]
        if draw(st.booleans()):
            comma = draw(st.sampled_from(["", ",", " "]))
            inner = ", ".join(f"{key}: {value}" for key, value in values)
            lines.append(f"{step}{name}: {{{inner}{comma}}}{draw(note)}")
        else:
            lines.append(f"{step}{name}:{draw(note)}")
            lines += [f"{step}{step}{key}: {value}{draw(note)}" for key, value in values]
    text = newline.join(lines) + draw(st.sampled_from(["", newline]))
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode(), names


@given(texts(), SCALARS, st.data())
def test_an_edit_gives_exactly_the_change_and_keeps_all_other_bytes(
    made: tuple[bytes, list[str]], value: str, data: st.DataObject
) -> None:
    text, names = made
    name = data.draw(st.sampled_from(names))
    key = data.draw(st.sampled_from(["from", "target", "version"]))
    after = edited(text, [Edit(("images", name, key), value, add=True, after=("from",))])
    wanted: Any = load(text, "").data
    wanted["images"][name][key] = value
    assert load(after, "").data == wanted
    kept = _common(text, after)
    was, now = text[kept[0] : len(text) - kept[1]], after[kept[0] : len(after) - kept[1]]
    assert b"\n" not in was
    if key == "version":
        assert was == b""
        assert now.count(b":") - value.count(":") >= 1


def _common(before: bytes, after: bytes) -> tuple[int, int]:
    """How many bytes the two begin and end with alike."""
    shorter = min(len(before), len(after))
    front = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    back = next((at for at in range(shorter - front) if before[-1 - at] != after[-1 - at]), shorter - front)
    return front, back


def test_the_lineage_that_is_read_is_the_old_one_but_for_the_change() -> None:
    before = read(STYLED.encode())
    after = read(edited(STYLED.encode(), [Edit(("images", "b", "version"), "1.1.0")]))
    assert {name: image.version for name, image in after.images.items()} == {"a": "2.1.7", "b": "1.1.0"}
    assert after.images["a"] == before.images["a"]
