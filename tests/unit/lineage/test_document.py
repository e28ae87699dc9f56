from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from forebear.errors import InputError, Place
from forebear.lineage import document, yamltree
from forebear.lineage.document import load
from forebear.lineage.model import MAX_BYTES

if TYPE_CHECKING:
    from forebear.lineage.model import Path


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        load(data, "lineage.yml")
    return str(caught.value)


def faults(text: str) -> list[str]:
    return [str(fault) for fault in load(text.encode(), "lineage.yml").faults]


def test_plain_values() -> None:
    text = "a: {b: [1, 2.5, true, ~, x]}\n'c': \"5\"\nd: |\n  two\n  lines\n"
    assert load(text.encode(), "lineage.yml").data == {
        "a": {"b": [1, 2.5, True, None, "x"]},
        "c": "5",
        "d": "two\nlines\n",
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "~", "---\n"])
def test_nothing(text: str) -> None:
    assert load(text.encode(), "lineage.yml").data is None


def test_a_byte_order_mark_is_no_content() -> None:
    assert load(b"\xef\xbb\xbfa: b", "lineage.yml").data == {"a": "b"}


def test_aliases_and_merge_keys() -> None:
    text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4, x: 5}]}\n"
    assert load(text.encode(), "lineage.yml").data == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 1, "y": 2, "z": 4},
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: \xe9", "lineage.yml:1:4: byte 0xe9 is not UTF-8; save it as UTF-8"),
        ("a: é\nü: ".encode() + b"\xff", "lineage.yml:2:4: byte 0xff is not UTF-8; save it as UTF-8"),
        ("a: b".encode("utf-16"), "lineage.yml:1:1: byte 0xff is not UTF-8; save it as UTF-8"),
        (b"a: b\x07", "lineage.yml:1:5: the character U+0007 is not allowed in YAML; remove it"),
        (
            b"images:\n\tfedora:\n",
            "lineage.yml:2:1: a tab, which YAML does not allow for indentation; use spaces",
        ),
        (
            "é: é\n \tb: c\n".encode(),
            "lineage.yml:2:2: a tab, which YAML does not allow for indentation; use spaces",
        ),
        (
            b"a: [1,\nb: 2\n",
            "lineage.yml:3:1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']';"
            " look from line 1 on",
        ),
        (
            b"a: 'x\n",
            "lineage.yml:2:1: this is not YAML: while scanning a quoted scalar, found unexpected end of stream;"
            " look from line 1 on",
        ),
        (b"a: 1\n---\nb: 2\n", "lineage.yml:2:1: a second document begins here; keep one document in the file"),
        (b"[a]: 1\n", "lineage.yml:1:1: a key has to be text; write a word"),
        (b"{a: 1}: 1\n", "lineage.yml:1:1: a key has to be text; write a word"),
        (
            b"a: &x 1\n*x : 1\n",
            "lineage.yml:2:1: a key has to be text; write a word",
        ),
        (b"a: *x\n", "lineage.yml:1:4: a: no anchor &x comes before this alias; write the value out"),
        (b"a: &x [*x]\n", "lineage.yml:1:8: a[0]: the alias *x is inside what it names; write the value out"),
    ],
)
def test_what_leaves_nothing_to_read(data: bytes, message: str) -> None:
    assert refused(data) == message


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            ["lineage.yml:3:1: a: the key a is here a second time, after line 1; keep one of them"],
        ),
        (
            "a:\n  b: {c: 1, c: 2, c: 3}\n",
            [
                "lineage.yml:2:13: a.b.c: the key c is here a second time, after line 2; keep one of them",
                "lineage.yml:2:19: a.b.c: the key c is here a second time, after line 2; keep one of them",
            ],
        ),
        ("8: x\n", ['lineage.yml:1:1: 8: the key 8 is not text; write "8"']),
        ("true: x\n", ['lineage.yml:1:1: true: the key true is not text; write "true"']),
        ("on: x\n", ['lineage.yml:1:1: on: the key on is not text; write "on"']),
        ("~: x\n", ['lineage.yml:1:1: ~: the key ~ is not text; write "~"']),
        (
            "a: [x, 3.10]\n",
            ['lineage.yml:1:8: a[1]: 3.10 would be read as a number and lose the way it is written; write "3.10"'],
        ),
        (
            "a: !!python/object:os.system x\n",
            [
                "lineage.yml:1:4: a: the tag tag:yaml.org,2002:python/object:os.system is not part of the format;"
                " remove it; quote what is text"
            ],
        ),
        (
            "a: !x {b: !y [c]}\n",
            [
                "lineage.yml:1:4: a: the tag !x is not part of the format; remove it; quote what is text",
                "lineage.yml:1:11: a.b: the tag !y is not part of the format; remove it; quote what is text",
            ],
        ),
        (
            "a: {<<: 3}\n",
            ["lineage.yml:1:10: a: << merges something that is not a mapping; merge an alias of a mapping"],
        ),
    ],
)
def test_what_leaves_the_rest_to_read(text: str, messages: list[str]) -> None:
    assert faults(text) == messages


def test_a_huge_file_is_refused_by_its_size_alone() -> None:
    data = b"a: [" * 25_000_000
    message = refused(data)
    assert message == "lineage.yml: the file is larger than 8 MiB; is this a lineage.yml?"
    assert refused(b" " * (MAX_BYTES + 1)) == message
    assert load(b" " * MAX_BYTES, "lineage.yml").data is None


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    message = refused("\n".join(lines).encode())
    assert message == "lineage.yml:6:45: a5[7]: more than 1000000 values, with what aliases repeat; make it smaller"


def test_more_values_than_any_family_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltree, "MAX_VALUES", 1000)
    assert load(b"[" + b"1," * 999 + b"]", "lineage.yml").data == [1] * 999
    assert refused(b"[" + b"1," * 1001 + b"]") == (
        "lineage.yml:1:2002: [1000]: more than 1000 values, with what aliases repeat; make it smaller"
    )


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "a:\n"])
def test_deep_nesting_is_refused(opening: str) -> None:
    lines = "".join(" " * n + "a:\n" for n in range(500)) if opening == "a:\n" else opening * 100_000
    assert refused(lines.encode()).endswith("nested more than 32 deep; make it flatter")


def test_deep_nesting_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))]
    assert refused("\n".join(lines).encode()).endswith("nested more than 32 deep; make it flatter")


def test_long_and_unprintable_keys_are_shown_short() -> None:
    fault = faults(f'"\\e[31m{"x" * 900}": 1\n? 8\n: 1')[0]
    assert fault == 'lineage.yml:2:3: 8: the key 8 is not text; write "8"'
    place = load(f'"\\e[31m{"x" * 900}": 1\n'.encode(), "f").places.value((f"\x1b[31m{'x' * 900}",))
    assert str(place) == f"f:1:911: \\x1b[31m{'x' * 74}…"


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (1, 1), (1, 1)),
        (("a",), (1, 1), (1, 1)),
        (("a", "b"), (2, 3), (2, 6)),
        (("a", "c"), (3, 3), (3, 3)),
        (("a", "c", 0), (3, 7), (3, 7)),
        (("a", "c", 1), (3, 10), (3, 10)),
        (("a", "c", 1, "d"), (3, 11), (3, 14)),
        (("a", "missing", "deep"), (1, 1), (1, 1)),
        (("e",), (4, 1), (5, 3)),
        (("f",), (6, 1), (6, 4)),
    ],
)
def test_places(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    text = "a:\n  b: &x é\n  c: [x, {d: 1}]\ne:\n  text\nf: *x\n"
    places = load(text.encode(), "f").places
    shown = places.value(path).path
    assert places.key(path) == Place("f", *key, shown)
    assert places.value(path) == Place("f", *value, shown)


def test_of_two_equal_keys_the_first_has_the_place() -> None:
    assert load(b"a: 1\nb: 2\na: 3\n", "f").places.value(("a",)) == Place("f", 1, 4, "a")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("ab0:#é😀'\"{}-\n\\ ", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé: #", max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(values, st.booleans())
def test_reads_back_what_was_written(value: object, flow: bool) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow)
    read = load(text.encode(), "lineage.yml")
    assert read.data == value
    # PyYAML writes 08 without quotes, which other readers take for a number.
    assert all("would be read as a number" in fault.problem for fault in read.faults)


letters = [*"a[]{},'\"#1~\\\t\0\x85\ufeff"]
marks = ["b: ", "- ", "? ", ": ", "\n", "\n  ", "\r\n", "|\n", ">-\n", "&x ", "*x ", "<<: ", "!t ", "!!int ", "0x"]
snippets = st.sampled_from([*letters, *marks, "---\n", "...\n", "%YAML 1.1\n"])


@given(st.binary(max_size=60) | st.lists(snippets, max_size=25).map(lambda each: "".join(each).encode()))
@example(b"? \xe2\x80\xa8")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read = load(data, "lineage.yml")
    except InputError:
        return
    assert read.places.value(("a",)).file == "lineage.yml"


def test_the_parser_in_python_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    text = "a: &x {b: [1, x]}\nc: *x\nb: !t 2\nb: 010\n"
    assert load(text.encode(), "lineage.yml").data == {"a": {"b": [1, "x"]}, "c": {"b": [1, "x"]}, "b": "2"}
    assert refused(b"a:\n\tb: 1\n").startswith("lineage.yml:2:1: a tab")
