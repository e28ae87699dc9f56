from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.nodes import ANY, MAX_MERGED, Mapping, Node, Scalar, at, mappings, pairs, scalar, scalars
from forebear.pins.audit.yamltext import MAX_DEPTH, MAX_DOCUMENTS, Unreadable, documents

from .reading import ragged


def only(text: str) -> Node:
    (root,) = documents(text)
    assert not isinstance(root, Unreadable)
    return root


def faults(text: str) -> list[tuple[int, str]]:
    return [(one.index, one.problem) for one in documents(text) if isinstance(one, Unreadable)]


def texts(node: Node | None, *path: str) -> list[str]:
    return [one.text for one in scalars(node, *path)]


def test_scalars_know_their_characters() -> None:
    text = "é: [\"a\\tb\", 'c', d]\r\ne: |\r\n  f\r\n"
    taken = [text[one.start : one.end] for one in scalars(only(text), "é", ANY)]
    assert taken == ['"a\\tb"', "'c'", "d"]
    assert texts(only(text), "é", ANY) == ["a\tb", "c", "d"]
    assert [one.plain for one in scalars(only(text), "é", ANY)] == [False, False, True]


def test_documents_are_read_one_by_one() -> None:
    text = "a: 1\n---\nb: [\n--- # c\nc: 3\n...\n---\n"
    read = list(documents(text))
    good = [one for one in read if not isinstance(one, Unreadable)]
    assert [texts(one, "a") + texts(one, "c") for one in good] == [["1"], ["3"], []]
    assert faults(text) == [
        (len("a: 1\n---\nb: [\n"), "this is not YAML: while parsing a flow node, did not find expected node content")
    ]


def test_directives_stay_with_their_document() -> None:
    assert texts(only("%YAML 1.1\n---\na: 1\n"), "a") == ["1"]


def test_only_hinted_documents_are_read() -> None:
    assert [
        texts(one, "image") for one in documents("[\n---\nimage: x\n", re.compile("image")) if isinstance(one, Mapping)
    ] == [["x"]]


def test_merged_and_repeated_keys() -> None:
    root = only("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], x: 5, x: 6}\nd: {'<<': 7}\n")
    assert [(key, value.text) for key, value in pairs(at(root, "c")[0]) if isinstance(value, Scalar)] == [
        ("x", "5"),
        ("x", "6"),
        ("y", "2"),
        ("z", "4"),
    ]
    assert texts(root, "c", "z") == ["4"]
    assert texts(root, "d", ANY) == []


def test_an_alias_may_lead_back() -> None:
    root = only("a: &a\n  b: *a\n  c: &c {<<: *c, d: 1}\n")
    assert texts(root, "a", "b", "b", "c", "d") == ["1"]
    assert len(list(mappings(root))) == 3


def test_keys_of_any_kind() -> None:
    assert texts(only("? [a, b]\n: c\n? {d: e}\n: f\ng: h\n"), "g") == ["h"]


def test_nothing() -> None:
    assert list(documents("")) == []
    assert list(documents("# nothing\n")) == []
    assert at(None, "a") == []
    assert scalar(only("a"), "a", ANY) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * (MAX_DEPTH + 1), f"this is nested more than {MAX_DEPTH} deep"),
        ("a: *a\n", "no such anchor comes before this alias"),
        ("a: \x07\n", "the character U+0007 is not allowed in YAML"),
        ("---\na: 1\n" * (MAX_DOCUMENTS + 1), f"these are more than {MAX_DOCUMENTS} documents"),
    ],
)
def test_what_cannot_be_read(text: str, problem: str) -> None:
    assert [one for _, one in faults(text)] == [problem]


def test_what_aliases_repeat_is_read_once() -> None:
    lines = ["a0: &a0 [{image: x}]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    root = only("\n".join(lines))
    assert len(list(mappings(root))) == 2
    assert texts(root, *[ANY] * 58, "image") == ["x"]


def test_what_is_merged_is_bounded() -> None:
    merged = ", ".join(f"*a{n}" for n in range(MAX_MERGED + 5))
    root = only("".join(f"a{n}: &a{n} {{k{n}: {n}}}\n" for n in range(MAX_MERGED + 5)) + f"b: {{<<: [{merged}]}}\n")
    assert len(list(pairs(at(root, "b")[0]))) == MAX_MERGED - 1


@given(ragged())
def test_nothing_is_raised_and_places_are_inside(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for root in documents(text):
        if isinstance(root, Unreadable):
            assert 0 <= root.index <= len(text)
            continue
        for mapping in mappings(root):
            assert all(0 <= one.start <= one.end <= len(text) for one in scalars(mapping, ANY))


@given(st.lists(st.sampled_from("abc é\n"), max_size=20).map("".join))
def test_quoted_text_is_at_its_place(inside: str) -> None:
    escaped = inside.replace("\n", "\\n")
    text = f'k: ["é", "{escaped}"]\n'
    last = scalars(only(text), "k", ANY)[-1]
    assert last.text == inside
    assert text[last.start : last.end] == f'"{escaped}"'
