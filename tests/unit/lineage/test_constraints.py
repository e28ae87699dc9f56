from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage import patterns
from forebear.lineage.constraints import parse_constraint
from forebear.lineage.model import Lineage
from forebear.lineage.upstreams import named
from forebear.reference import Reference

numbers = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        (">=25 <27", "25 25.9 26 26.99.1", "24 24.9 27 27.0.1"),
        (">=25, <27", "25 26", "24 27"),
        (" >= 25   < 27 ", "25 26", "24 27"),
        ("25", "25 25.1 25.0.9", "24 26"),
        ("=1.2", "1.2 1.2.9", "1.3 1"),
        ("1.x", "1 1.9", "2"),
        ("1.2.*", "1.2 1.2.7", "1.3"),
        ("v8", "8.1", "9"),
        ("!=25", "24 26", "25 25.1"),
        (">25", "26 26.1", "25 25.1"),
        ("<=27", "26 27 27.9", "28"),
        ("~1", "1 1.9", "2 0.9"),
        ("~1.2", "1.2 1.2.9", "1.3 1.1"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3"),
        ("^1.2.3", "1.2.3 1.9", "1.2.2 2"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3 0.2.2 1"),
        ("^0.0.3", "0.0.3", "0.0.4 0.1"),
        ("^0", "0 0.9", "1"),
        ("20240904.1", "20240904.1", "20240904.2"),
    ],
)
def test_what_a_constraint_allows(text: str, allowed: str, refused: str) -> None:
    assert re.search(patterns.CONSTRAINT, text)
    wanted = parse_constraint(text)
    for versions, expected in ((allowed, True), (refused, False)):
        for version in versions.split():
            assert wanted.allows(tuple(map(int, version.split(".")))) is expected, version


@pytest.mark.parametrize(
    "text", ["", " ", "newest", ">=", "> = 1", "1 - 2", "1 || 2", "1.", ".1", "1..2", "=>1", ">=25<27", "²", "1" * 21]
)
def test_what_is_no_constraint(text: str) -> None:
    assert not re.search(patterns.CONSTRAINT, text)


@given(numbers, numbers)
def test_the_signs_agree_with_each_other(version: tuple[int, ...], bound: tuple[int, ...]) -> None:
    text = ".".join(map(str, bound))
    signs = ("=", "!=", ">", ">=", "<", "<=", "~", "^")
    found = {sign: parse_constraint(sign + text).allows(version) for sign in signs}
    assert [found["<"], found["="], found[">"]].count(True) == 1
    assert found["="] is not found["!="]
    assert found[">="] is (found[">"] or found["="])
    assert found["<="] is (found["<"] or found["="])
    assert found[">="] or not (found["~"] or found["^"])


def test_the_names_of_an_upstream() -> None:
    fedora, other = Reference.parse("fedora:25"), Reference.parse("quay.io/fedora/fedora:26")
    for name in ("fedora:25", "docker.io/library/fedora:25", "docker.io/library/fedora", "library/fedora"):
        assert named(name, (fedora, other)) == (fedora,)
    assert named("fedora", (fedora, other)) == (fedora, other)
    assert named("quay.io/fedora/fedora", (fedora, other)) == (other,)
    assert named("edora", (fedora, other)) == ()


def test_the_first_constraint_that_names_an_upstream_counts() -> None:
    one, two = parse_constraint("1"), parse_constraint("2")
    found = Lineage("p", "1.0.0", None, None, {}, constraints=(("fedora:25", one), ("fedora", two)))
    assert found.constraint(Reference.parse("fedora:25")) == one
    assert found.constraint(Reference.parse("fedora:26")) == two
    assert found.constraint(Reference.parse("debian:12")) is None
