from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.tags import moves

FIXED = """
 3.12.4 3.12.4-slim-bookworm v1.29.3 8.0.41-jre17 bookworm-20240904-slim noble-20240904.1 nightly-2024-01-01 8u212-jdk
 9.3-1475 9.3-1552.1695 jdk-17.0.2_8 20240904 1234567 a1b2c3d sha-a1b2c3d java8-1.2.3 RELEASE.2024-01-01T00-00-00Z
 12.4.1-devel-ubuntu22.04 3.13.0rc1 1.24.0-stable 1.0.0-beta master-3f2a91c 4.8-20240102-windowsservercore-ltsc2022
"""
MOVING = {
    "8": "8 is a bare major version",
    "v2": "2 is a bare major version",
    "1.2": "1.2 is a bare minor version",
    "22.04": "22.04 is a bare minor version",
    "3.12-slim": "3.12 is a bare minor version",
    "3.12-alpine3.19.1": "3.12 is a bare minor version",
    "2.x": "2 is a bare major version",
    "ltsc2022": "2022 is a bare major version",
    "bookworm": "bookworm is a distribution's release",
    "noble": "noble is a distribution's release",
    "stable-slim": "stable names whatever is newest",
    "lts-alpine": "lts names whatever is newest",
    "edge": "edge names whatever is newest",
    "2019-latest": "latest names whatever is newest",
    "3.13-rc": "rc names whatever is newest",
    "slim": "it names no version",
    "windows": "it names no version",
}


@pytest.mark.parametrize("tag", FIXED.split())
def test_what_looks_like_one_release_is_fixed(tag: str) -> None:
    assert moves(tag) is None


@pytest.mark.parametrize("tag", MOVING)
def test_other_tags_move(tag: str) -> None:
    assert (moves(tag) or "").startswith(MOVING[tag])


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", "-slim", "-alpine", "-jdk"]))
def test_numbers_decide(major: int, minor: int, patch: int, variant: str) -> None:
    assert moves(f"{major}{variant}")
    assert moves(f"{major}.{minor}{variant}")
    assert moves(f"{major}.{minor}.{patch}{variant}") is None


@given(st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,40}", fullmatch=True))
def test_every_tag_is_judged(tag: str) -> None:
    assert moves(tag) is None or moves(tag)
