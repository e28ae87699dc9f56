from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.expand import MAX_LENGTH, UnsetFault, expand, shell_words
from forebear.dockerfile.model import Malformed

ENV = {"a": "1", "empty": "", "path": "usr/lib/x.tar.gz", "a1": "long"}


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("plain", "plain"),
        ("$a", "1"),
        ("${a}", "1"),
        ("$a.$a", "1.1"),
        ("$a1", "long"),
        ("${a}1", "11"),
        ("$unset", ""),
        ("$", "$"),
        ("a$", "a$"),
        ("$-", ""),
        ("$12", ""),
        ("${a:-x}", "1"),
        ("${empty:-x}", "x"),
        ("${empty-x}", ""),
        ("${unset-x}", "x"),
        ("${unset:-${a:-y}}", "1"),
        ("${unset:-a b}", "a b"),
        ("${a:+x$a}", "x1"),
        ("${empty:+x}", ""),
        ("${empty+x}", "x"),
        ("${unset+x}", ""),
        ("${a:?no}", "1"),
        ("${empty?no}", ""),
        ("${path#*/}", "lib/x.tar.gz"),
        ("${path##*/}", "x.tar.gz"),
        ("${path%.*}", "usr/lib/x.tar"),
        ("${path%%.*}", "usr/lib/x"),
        ("${path/lib/LIB}", "usr/LIB/x.tar.gz"),
        ("${path//r/R}", "usR/lib/x.taR.gz"),
        (r"${path//\//-}", "usr-lib-x.tar.gz"),
        ("${path/x*/$a}", "usr/lib/1"),
        ("'$a'", "$a"),
        ('"$a"', "1"),
        ('"it\'s"', "it's"),
        (r"\$a", "$a"),
        (r'"\$a\"\b"', r"$a\"\b".replace(r"\"", '"')),
        (r"'\'", "\\"),
        (r"a\ b", "a b"),
        ("a\\", "a"),
        ("<<EOF", "<<EOF"),
        ("a<b", "a<b"),
    ],
)
def test_a_word_is_expanded_as_buildkit_does(word: str, result: str) -> None:
    assert expand(word, ENV)[0] == result


def test_the_escape_character_can_be_a_backtick() -> None:
    assert expand("`$a\\b$a", ENV, "`")[0] == "$a\\b1"


def test_variables_without_a_value_are_named() -> None:
    assert expand("$a$b${c:-x}${empty}", ENV)[1] == {"b", "c"}


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("${a", 'ends before the "}"'),
        ("${a:", 'ends before the "}"'),
        ("${a:-x", 'ends before the "}"'),
        ("${a/x", 'ends before the "/"'),
        ("${a/x/y", 'ends before the "}"'),
        ("${}", "names no variable"),
        ("${:x}", "names no variable"),
        ("${", "names no variable"),
        ("${a!x}", 'unknown modifier "!"'),
        ("${a:=x}", 'unknown modifier ":="'),
        ("${a:#x}", 'unknown modifier ":#"'),
        ("'x", "opens a ' that nothing closes"),
        ('"x', 'opens a " that nothing closes'),
        ("${unset:?give a value}", "unset: give a value"),
        ("${empty:?}", "empty: a value is required"),
        (r"${a#\x}", "unknown escape"),
        ("${u:-" * 33 + "}" * 33, "nested more than 32 deep"),
    ],
)
def test_a_malformed_word_is_refused(word: str, problem: str) -> None:
    with pytest.raises(Malformed) as caught:
        expand(word, ENV)
    assert problem in str(caught.value)


def test_a_required_value_is_told_from_a_malformed_word() -> None:
    with pytest.raises(UnsetFault):
        expand("${unset?}", ENV)


def test_a_word_cannot_grow_without_end() -> None:
    with pytest.raises(Malformed, match="grows beyond 65536 characters"):
        expand("$x" * 40, {"x": "y" * (MAX_LENGTH // 32)})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cat <<EOF <<-X", ["cat", "<<EOF", "<<-X"]),
        ("cat << EOF", ["cat", "<< EOF"]),
        ("a 'b c' \"d e\" f\\ g", ["a", "'b c'", '"d e"', "f\\ g"]),
        ("a $b ${c:-d e}", ["a", "$b", "${c:-d", "e}"]),
        ("${x:=y} ${x/a/b}", ["${x:=y}", "${x/a/b}"]),
        ("", []),
    ],
)
def test_words_keep_their_quotes_where_asked(line: str, words: list[str]) -> None:
    assert shell_words(line, quotes=True, escapes=True) == words


@given(st.text("$a{}:-+?#%/*\"'\\<` x1_", max_size=40), st.sampled_from("\\`"))
def test_any_word_is_expanded_or_refused(word: str, escape: str) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(expand(word, ENV, escape)[0], str)
    with contextlib.suppress(Malformed):
        assert all(shell_words(word, quotes=True, escapes=True))


@given(st.text("abc 1.:/_-é", max_size=30))
def test_a_word_without_signs_stays_as_it_is(word: str) -> None:
    assert expand(word, ENV) == (word, frozenset())


@given(st.text("ab$'\"\\ ", max_size=20))
def test_a_single_quoted_word_stays_as_it_is(word: str) -> None:
    if "'" not in word:
        assert expand(f"'{word}'", ENV)[0] == word
