from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.patterns import remove_prefix, remove_suffix, replace

PATTERNS = st.text("ab*?", max_size=6)
VALUES = st.text("abc", max_size=10)
LIMIT = 1 << 16


def expression(pattern: str, star: str) -> str:
    return "".join({"*": star, "?": "."}.get(char, char) for char in pattern)


@given(PATTERNS, VALUES, st.booleans())
def test_a_prefix_is_what_a_regular_expression_would_match(pattern: str, value: str, greedy: bool) -> None:
    found = re.match(expression(pattern, ".*" if greedy else ".*?"), value)
    assert remove_prefix(value, pattern, greedy=greedy) == (value[found.end() :] if found else value)


@given(PATTERNS, VALUES, st.booleans())
def test_a_suffix_is_the_shortest_or_longest_that_matches(pattern: str, value: str, greedy: bool) -> None:
    whole = re.compile(expression(pattern, ".*"))
    fitting = [cut for cut in range(len(value) + 1) if whole.fullmatch(value[cut:])]
    cut = (min(fitting) if greedy else max(fitting)) if fitting else len(value)
    assert remove_suffix(value, pattern, greedy=greedy) == value[:cut]


@given(st.text("ab*?", min_size=1, max_size=6).filter(lambda pattern: pattern.strip("*")), VALUES)
def test_a_replacement_takes_the_greedy_matches_from_the_left(pattern: str, value: str) -> None:
    greedy = re.compile(expression(pattern, ".*"))
    assert replace(value, pattern, "-", everywhere=True, limit=LIMIT) == greedy.sub("-", value)
    assert replace(value, pattern, "-", everywhere=False, limit=LIMIT) == greedy.sub("-", value, count=1)


@pytest.mark.parametrize(
    ("pattern", "result"),
    [(r"\*", "a.b?c"), (r"\?", "a*.bc"), ("*.", "b?c"), (r"\\", "a*.b?c"), (r"\}", "a*.b?c"), (r"\/", "a*.b?c")],
)
def test_an_escaped_sign_stands_for_itself(pattern: str, result: str) -> None:
    assert replace("a*.b?c", pattern, "", everywhere=False, limit=LIMIT) == result


@pytest.mark.parametrize("pattern", [r"\a", "\\", "a" * 4097])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed, match="a pattern"):
        remove_prefix("a", pattern, greedy=False)


def test_a_hostile_pattern_takes_no_time_and_a_replacement_no_space() -> None:
    value = "a" * 60_000
    assert remove_prefix(value, "a*" * 2000 + "b", greedy=True) == value
    with pytest.raises(Malformed, match="grows beyond"):
        replace(value, "a", "b" * 60_000, everywhere=True, limit=LIMIT)
