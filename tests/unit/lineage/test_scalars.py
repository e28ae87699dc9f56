from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.scalars import plain
from forebear.lineage.wrong import Wrong

# YAML 1.2.2, 10.3.2: what the core schema takes for something else than text.
CORE = re.compile(
    r"null|Null|NULL|~||true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fedora", "fedora"),
        ("8.0.41", "8.0.41"),
        ("2.1.7-rc.1", "2.1.7-rc.1"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
        ("8080:8080", "8080:8080"),
        ("nobody", "nobody"),
        ("-", "-"),
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("8080", 8080),
        ("-3", -3),
        ("8.0", 8.0),
        ("-0.25", -0.25),
    ],
)
def test_what_an_unquoted_value_is(text: str, value: object) -> None:
    assert (plain(text), type(plain(text))) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "3.10",
        "010",
        "0755",
        "0x1F",
        "0o17",
        "0b1",
        "1_000",
        "1:30",
        "1e3",
        "+5",
        "-0",
        ".5",
        "5.",
        ".inf",
        "-.inf",
        ".nan",
        "12345678901234567890",
    ],
)
def test_a_number_that_would_print_otherwise_has_to_be_quoted(text: str) -> None:
    with pytest.raises(Wrong) as caught:
        plain(text)
    assert str(caught.value) == (f'{text} would be read as a number and lose the way it is written; write "{text}"')


@pytest.mark.parametrize("text", ["yes", "No", "ON", "off"])
def test_a_word_on_which_readers_of_yaml_differ_has_to_be_quoted(text: str) -> None:
    with pytest.raises(Wrong) as caught:
        plain(text)
    assert str(caught.value) == (
        f"{text} is true or false to some readers of YAML and text to others; "
        f'write true or false, or "{text}" if text is meant'
    )


@given(st.from_regex(r"[-+0-9.:_eExobnaifINFtruysTRUE~]{0,8}", fullmatch=True) | st.text(max_size=6))
def test_every_reader_of_yaml_agrees_on_what_is_not_refused(text: str) -> None:
    try:
        value = plain(text)
    except Wrong:
        return
    old = _as_yaml_1_1(text)
    if isinstance(value, str):
        assert isinstance(old, str)
        assert not CORE.fullmatch(text)
    else:
        assert (old, type(old)) == (value, type(value))
        assert CORE.fullmatch(text)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_prints_as_it_is_written(number: float) -> None:
    try:
        value = plain(str(number))
    except Wrong:
        return
    assert str(value) == str(number)


def _as_yaml_1_1(text: str) -> Any:
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    # What we have no use for (yaml is the tag of *, & and !, which cannot stand unquoted).
    if tag.rpartition(":")[2] in {"merge", "value", "timestamp", "yaml"}:
        return text
    return loader.construct_object(yaml.ScalarNode(tag, text))
