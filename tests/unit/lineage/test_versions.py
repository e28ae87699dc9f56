from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.patterns import VERSION
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong


@pytest.mark.parametrize("text", ["0.0.0", "2.1.7", "2.2.0-rc.1", "1.0.0--.-a", "10.20.30-0a.0"])
def test_a_version(text: str) -> None:
    assert str(parse_version(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2.1", "2.1 is not SemVer, which has three numbers; write 2.1.0"),
        ("2", "2 is not SemVer, which has three numbers; write 2.0.0"),
        ("v2", "v2 is not SemVer, which has three numbers; write 2.0.0"),
        ("2.1.7.4", "2.1.7.4 is not SemVer, which has three numbers; write 2.1.7"),
        ("v2.1.7", "v2.1.7 is not SemVer: it begins with v; write 2.1.7"),
        ("2.1.7+x", "2.1.7+x has a build part, and a tag cannot hold +; write 2.1.7"),
        ("2.1.7-rc.1+b.5", "2.1.7-rc.1+b.5 has a build part, and a tag cannot hold +; write 2.1.7-rc.1"),
        (
            "02.1.7",
            '"02.1.7" is not a SemVer version; write MAJOR.MINOR.PATCH, for example 2.1.7 or 2.2.0-rc.1',
        ),
        (
            "latest",
            '"latest" is not a SemVer version; write MAJOR.MINOR.PATCH, for example 2.1.7 or 2.2.0-rc.1',
        ),
        ("1.0.0-" + "x" * 123, "a version of 129 characters does not fit into a tag; use at most 128"),
    ],
)
def test_what_is_no_version(text: str, message: str) -> None:
    with pytest.raises(Wrong) as caught:
        parse_version(text)
    assert str(caught.value) == message


@given(st.from_regex(VERSION.replace("$", r"\Z")) | st.text("0123456789.-+avVé٣\n", max_size=10) | st.text(max_size=10))
def test_the_pattern_and_the_parser_agree(text: str) -> None:
    try:
        parsed = str(parse_version(text))
    except Wrong:
        assert not re.fullmatch(VERSION, text) or len(text) > 128
    else:
        assert parsed == text
        assert re.fullmatch(VERSION, text)
