from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.trace import Output, Vertex, decode

from .protobuf import delimited, number, record, varint

TEXT = st.text(max_size=8)
VERTICES = st.builds(Vertex, TEXT, TEXT, st.booleans(), st.booleans(), st.booleans(), TEXT)
EVENTS = st.lists(VERTICES | st.builds(Output, TEXT, TEXT), max_size=4)


@given(EVENTS)
def test_events_come_back_from_their_record(events: list[Vertex | Output]) -> None:
    assert list(decode(record(*events))) == events


@given(st.binary(max_size=40))
def test_any_bytes_are_events_or_a_value_error(data: bytes) -> None:
    try:
        events = list(decode(data))
    except ValueError:
        return
    assert all(isinstance(event, Vertex | Output) for event in events)


@given(EVENTS, st.data())
def test_a_record_that_was_cut_or_changed_raises_nothing_else(
    events: list[Vertex | Output], data: st.DataObject
) -> None:
    whole = bytearray(record(*events))
    at = data.draw(st.integers(0, len(whole)))
    with_other = whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :]
    for each in (whole[:at], with_other):
        with suppress(ValueError):
            list(decode(bytes(each)))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x80", "number is cut short"),
        (b"\x80" * 20, "number is cut short"),
        (b"\x0a\x05abc", "field is cut short"),
        (b"\x09\x00", "field is cut short"),
        (b"\x0a" + varint(2**62), "field is cut short"),
        (b"\x0b", "unknown protobuf wire type 3"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        list(decode(data))


def test_fields_that_nobody_asked_for_are_passed_over() -> None:
    further = delimited(2, "a status") + delimited(4, "a warning") + number(99, 7) + b"\x55abcd" + b"\x51abcdefgh"
    step = Vertex("d", "n", cached=False, started=True, completed=False, error="")
    assert list(decode(further + record(step) + further)) == [step]


def test_text_that_is_not_utf8_is_shown_as_far_as_it_goes() -> None:
    assert list(decode(delimited(3, delimited(4, b"caf\xe9")))) == [Output("", "caf\ufffd")]


def test_an_empty_record_tells_nothing() -> None:
    assert list(decode(b"")) == []
