from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path

import pytest
from docker.utils.build import PatternMatcher
from hypothesis import example, given
from hypothesis import strategies as st

from forebear.build.ignore import Ignore, parse_ignore
from forebear.errors import Fault, InputError

RECORDED = json.loads((Path(__file__).parent / "dockerignore.json").read_text(encoding="utf-8"))
"""Patterns, then what github.com/moby/patternmatcher 0.6.1 kept and left out, asked folder by folder."""


def above(path: str) -> list[str]:
    return list(accumulate(path.split("/"), lambda folder, name: f"{folder}/{name}"))


def is_left_out(ignore: Ignore, path: str) -> bool:
    """Judge a path from the top, as a walk does."""
    excluded, hits = False, ignore.top
    for step in above(path):
        excluded, hits = ignore.judge(step, hits)
    return excluded


def left_out(text: str, *paths: str) -> list[str]:
    ignore = parse_ignore(text.encode(), ".dockerignore")
    return [path for path in paths if is_left_out(ignore, path)]


def fault(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_ignore(data, "images/x/.dockerignore")
    return str(caught.value)


def test_agrees_with_the_engines_own_matcher() -> None:
    found = [[lines, kept, left_out("\n".join(lines), *kept, *gone)] for lines, kept, gone in RECORDED]
    assert found == RECORDED
    assert len(found) > 200


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        ("", [], ["a"]),
        ("# a\n\n   \n", [], ["a", "# a"]),
        (" #a", ["#a"], ["a"]),
        ("\ufeffa", ["a"], ["b"]),
        ("a\r\nb\r\n", ["a", "b"], ["c"]),
        ("/a/", ["a", "a/b"], ["b/a"]),
        ("a", ["a", "a/b/c"], ["aa", "b/a"]),
        ("./a/../b//c", ["b/c"], ["a", "b"]),
        ("*", ["a", ".a", "a/b"], []),
        ("*/*", ["a/b", "a/b/c"], ["a"]),
        ("*.md", ["a.md"], ["b/a.md", "a.mdx"]),
        ("**/*.md", ["a.md", "b/c/a.md"], ["a.mdx"]),
        ("**/a", ["a", "b/a", "b/a/c"], ["aa", "ba"]),
        ("**a", ["a", "ba", "b/ca"], ["ab"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("a**", ["a", "ab", "a/b"], ["ba"]),
        ("a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["a/c", "a"]),
        ("a?c", ["abc", "aéc"], ["ac", "a/c"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
        ("[^a-c]x", ["dx"], ["ax"]),
        (r"\*", ["*"], ["a"]),
        ("a.b+(c)$", ["a.b+(c)$"], ["aXb+(c)$"]),
        ("a|b{2}", ["a|b{2}"], ["a", "abb"]),
        ("..", [], ["a"]),
        (".", [], ["a"]),
        ("/", [], ["a"]),
        ("a\n!a/b", ["a", "a/c"], ["a/b", "a/b/c"]),
        ("!a\na", ["a"], []),
        ("*\n!a\na/b", ["c", "a/b"], ["a", "a/c"]),
        ("*\n! /a/", ["b"], ["a", "a/c"]),
        ("/!a", [], ["a", "!a"]),
        (r"\!a", ["!a"], ["a"]),
    ],
)
def test_what_a_pattern_leaves_out(text: str, gone: list[str], kept: list[str]) -> None:
    assert left_out(text, *gone, *kept) == gone


def test_an_exception_for_a_folder_does_not_reach_a_file_that_only_its_own_pattern_left_out() -> None:
    assert left_out("a/b\n!a", "a", "a/b") == ["a/b"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("!", "`!` names no path; write the path behind it, or remove the line"),
        ("! /", "`!` names no path"),
        ("[", "`[` opens a set of characters that is empty or never ends"),
        ("a[]b", "`[` opens a set of characters that is empty or never ends"),
        ("a[^]b", "`[` opens a set of characters that is empty or never ends"),
        ("[a-]", "`[` opens a set of characters that is empty or never ends"),
        ("[z-a]", "the range `z-a` runs backwards; write `a-z`"),
        ("[*]", r"`*` in a set stands for more than itself; write `\*`"),
        ("*\\", "the pattern ends in a backslash"),
        (r"dir\file", "no escape that the engine's tools agree on; a backslash goes before a sign"),
        ("*.a|b", r"`|` beside a wildcard is a sign of regular expressions to the engine's tools; write `\|`"),
        ("a*{2}", r"`{2}` beside a wildcard"),
    ],
)
def test_a_line_that_is_no_pattern_is_told_with_its_place(line: str, words: str) -> None:
    message = fault(f"a\n{line}\n".encode())
    assert message.startswith("images/x/.dockerignore:2: ")
    assert words in message


def test_every_wrong_line_is_told_at_once() -> None:
    assert [line.partition(": ")[0] for line in fault(b"[\n\xff\nok\n!\n").splitlines()] == [
        "images/x/.dockerignore:1",
        "images/x/.dockerignore:2",
        "images/x/.dockerignore:4",
    ]
    assert "2: the line is not UTF-8; save the file as UTF-8" in fault(b"[\n\xff\n")


def test_braces_that_repeat_nothing_are_themselves() -> None:
    assert left_out("*.{js,ts}", "a.{js,ts}", "a.js") == ["a.{js,ts}"]


names = st.sampled_from(["a", "b", "ab", "a.b"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
plain = st.lists(names | st.sampled_from(["*", "?", "a*", "*b"]), min_size=1, max_size=3).map("/".join)


@given(st.lists(plain, min_size=1, max_size=4), st.lists(paths, min_size=1, max_size=6))
def test_agrees_with_docker_py_where_nothing_is_excepted(patterns: list[str], tried: list[str]) -> None:
    other = PatternMatcher(patterns)
    assert left_out("\n".join(patterns), *tried) == [path for path in tried if other.matches(path)]  # type: ignore[arg-type]


@given(st.lists(plain, min_size=1, max_size=4), st.lists(paths, min_size=1, max_size=6))
def test_agrees_with_docker_py_on_exceptions_from_everything(patterns: list[str], tried: list[str]) -> None:
    lines = ["*", *(f"!{pattern}" for pattern in patterns)]
    other = PatternMatcher(lines)
    assert left_out("\n".join(lines), *tried) == [path for path in tried if other.matches(path)]  # type: ignore[arg-type]


anything = st.text(st.sampled_from("ab/*?!.[]^-\\|{}2 #é\n"), max_size=20)


@given(anything, st.lists(paths, max_size=8))
@example("!a/b*\n**", ["a/b/ab"])
def test_a_folder_that_nothing_returns_to_can_be_skipped(text: str, tried: list[str]) -> None:
    """What is below a folder that `may_return` gives up is left out, whatever the patterns."""
    try:
        ignore = parse_ignore(text.encode(), "f")
    except InputError:
        return
    for path in tried:
        hits, given_up = ignore.top, False
        for step in above(path):
            excluded, hits = ignore.judge(step, hits)
            assert excluded or not given_up
            given_up = given_up or (excluded and not ignore.may_return(step, hits))


@given(st.binary(max_size=40))
def test_any_bytes_are_patterns_or_told(data: bytes) -> None:
    found: list[Fault] = []
    try:
        ignore = parse_ignore(data, "f")
        ignore.judge("a", ignore.top)
    except InputError as error:
        found.extend(error.faults)
    assert all(fault.place.line and fault.problem and fault.action for fault in found)
