from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.bumping import Bump, Level, bump_between, bumped, is_later
from forebear.lineage.wrong import Wrong

NUMBERS = st.integers(0, 30)
VERSIONS = st.builds("{}.{}.{}{}".format, NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "-rc.1", "-beta", "-rc.x.2"]))


@pytest.mark.parametrize(
    ("before", "level", "pre", "after"),
    [
        ("2.1.7", "patch", None, "2.1.8"),
        ("2.1.7", "minor", None, "2.2.0"),
        ("2.1.7", "major", None, "3.0.0"),
        ("2.1.7", "release", None, "2.1.8"),
        ("2.1.7", "minor", "rc", "2.2.0-rc.1"),
        ("2.2.0-rc.1", "minor", "rc", "2.2.0-rc.2"),
        ("2.2.0-rc.9", "patch", "rc", "2.2.0-rc.10"),
        ("2.2.0-rc.2", "minor", None, "2.2.0"),
        ("2.2.0-rc.2", "release", None, "2.2.0"),
        ("2.2.0-rc.2", "major", None, "3.0.0"),
        ("2.1.1-rc.2", "minor", "rc", "2.2.0-rc.1"),
        ("2.2.0-beta.4", "minor", "rc", "2.2.0-rc.1"),
        ("3.0.0-rc.1", "major", "rc", "3.0.0-rc.2"),
    ],
)
def test_what_comes_next(before: str, level: str, pre: str | None, after: str) -> None:
    assert bumped(before, Bump(Level(level), pre)) == after


@given(VERSIONS, st.sampled_from(list(Level)))
def test_a_level_always_goes_on(version: str, level: Level) -> None:
    after = bumped(version, Bump(level))
    assert is_later(after, version)
    assert bumped(version, bump_between(version, after)) == after or "-" in version


def test_a_label_that_cannot_be() -> None:
    with pytest.raises(Wrong, match=r'^"1" cannot begin a pre-release; write a letter, then letters, digits and -$'):
        bumped("1.0.0", Bump(Level.PATCH, "1"))
