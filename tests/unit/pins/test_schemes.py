from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.constraints import parse_constraint
from forebear.pins.schemes import Version, newer, read

TAGS = (
    "25 26 43 rawhide latest 26-slim 12-slim 13-slim 20240923 3.20 3.19.1 v1.2.3 1.2.3 1.10.0 noble noble-20240904.1"
    " noble-20241004.1 noble-20241004 jammy-20250101.1 3.19.1-alpine3.20 3.19.2-alpine3.19 3.19.2-alpine3.21"
    " jdk-21.0.2_13 jdk-21.0.10_7 8u342-b07-jdk 8u402-b06-jdk 3.12.1-slim 3.13.0-slim 3.13.0rc1-slim 3.13.0a9-slim"
    " 3.13.0b2-slim 3.14.0-alpha.1-slim sha-1234567 sha-7654321 2022-CU1-ubuntu-22.04 2022-CU14-ubuntu-22.04"
)


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("25", "43"),
        ("43", None),
        ("12-slim", "26-slim"),
        ("noble-20240904.1", "noble-20241004.1"),
        ("noble-20241004", None),
        ("noble", None),
        ("20240923", None),
        ("3.20", None),
        ("1.2.3", "3.19.1"),
        ("v1.2.3", None),
        ("3.19.1-alpine3.20", "3.19.2-alpine3.21"),
        ("jdk-21.0.2_13", "jdk-21.0.10_7"),
        ("8u342-b07-jdk", "8u402-b06-jdk"),
        ("2022-CU1-ubuntu-22.04", "2022-CU14-ubuntu-22.04"),
        ("3.12.1-slim", "3.13.0-slim"),
        ("3.13.0rc1-slim", "3.14.0-alpha.1-slim"),
        ("3.13.0b2-slim", "3.14.0-alpha.1-slim"),
        ("3.13.0-slim", None),
        ("sha-1234567", None),
        ("latest", None),
    ],
)
def test_the_newest_of_a_family(tag: str, found: str | None) -> None:
    assert newer(tag, TAGS.split()) == found


@pytest.mark.parametrize(
    ("older", "later"),
    [
        ("9", "10"),
        ("1.9", "1.10"),
        ("24.04", "24.10"),
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.1", "1.0.0-beta.2"),
        ("1.0.0-beta.2", "1.0.0-beta.11"),
        ("1.0.0-rc.1", "1.0.0"),
        ("3.13.0a9", "3.13.0b1"),
        ("3.13.0b1", "3.13.0rc1"),
        ("21-ea-9-jdk", "21-ea-10-jdk"),
        ("5.0-M1", "5.0-RC1"),
        ("1.2-alpine3.19", "1.2-alpine3.20"),
    ],
)
def test_one_is_newer_than_the_other(older: str, later: str) -> None:
    assert newer(older, [later]) == later
    assert newer(later, [older]) is None


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        ("3.19.1-alpine3.20", "3.19.2-alpine3.19"),
        ("1.0.0", "1.1.0-rc.1"),
        ("1.0.0", "2.0.0-beta"),
        ("3", "20240923"),
        ("12", "13-slim"),
        ("1.2", "1.2.3"),
        ("1.2", "1_3"),
        ("bookworm-20240101", "trixie-20250101"),
        ("1.2.3", "v1.2.4"),
        ("1.0", "1.00"),
        ("1-jre", "1-jdk"),
    ],
)
def test_nobody_moves_from_one_to_the_other(tag: str, other: str) -> None:
    assert newer(tag, [other]) is None


def test_a_constraint_bounds_it() -> None:
    tags = ["24", "25", "26", "27", "27-slim"]
    assert newer("24", tags, parse_constraint(">=25 <27")) == "26"
    assert newer("26", tags, parse_constraint(">=25 <27")) is None
    assert newer("noble-20240904.1", ["noble-20241004.1"], parse_constraint(">=20241000")) == "noble-20241004.1"
    assert newer("jdk-17.0.1_12", ["jdk-21.0.2_13", "jdk-17.0.9_9"], parse_constraint("17")) == "jdk-17.0.9_9"


tags = st.one_of(
    st.lists(st.sampled_from(["1", "2", "10", ".", "-", "_", "a", "rc", "-alpine", "20240101", "v", "-beta."])).map(
        "".join
    ),
    st.text("0123456789abcdefgrc.-_é", max_size=12),
)
versions = tags.map(read).filter(lambda found: found is not None)


@given(versions, versions, versions)
def test_the_versions_of_a_family_are_in_a_total_order(one: Version, two: Version, three: Version) -> None:
    assert (one < two) + (one == two) + (one > two) == 1
    assert not (one < two < three) or one < three
    assert not (one <= two <= one) or one == two


@given(versions, versions, versions)
def test_newer_goes_one_way_and_in_one_family(one: Version, two: Version, three: Version) -> None:
    assert not (one.is_newer_than(two) and two.is_newer_than(one))
    assert not one.is_newer_than(one)
    if one.is_newer_than(two):
        assert one.family == two.family
        assert one > two
        assert not two.is_newer_than(three) or one.is_newer_than(three)


@given(tags, st.lists(tags, max_size=5))
def test_the_newest_is_one_of_those_that_there_are(tag: str, others: list[str]) -> None:
    found = newer(tag, others)
    assert found is None or found in others
    assert found is None or newer(found, others) is None
