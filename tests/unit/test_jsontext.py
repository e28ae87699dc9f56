from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.jsontext import parse


def said(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse(data, "f.json", "mend it")
    return str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(), st.lists, max_leaves=5))
def test_what_json_can_hold_is_read(value: Any) -> None:
    assert parse(json.dumps(value).encode(), "f.json", "") == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1', "f.json:1:8: it is cut short; mend it"),
        (b"", "f.json:1:1: it is cut short; mend it"),
        (b'{"a": x}', "f.json:1:7: it is no JSON: Expecting value; mend it"),
        (b'{"a": 1, "a": 2}', 'f.json: it has "a" twice; mend it'),
        (b'"\xff"', "f.json: it is not UTF-8; mend it"),
        (b"[" * 100_000, "f.json: it is nested too deeply; mend it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: bytes, message: str) -> None:
    assert said(data) == message


def test_a_number_of_any_length_is_read_in_no_time() -> None:
    assert parse(b"1" * 300, "f.json", "") > 10**299
    assert parse(b"1" * 300_000, "f.json", "") == float("inf")
