from __future__ import annotations

import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.model import WHOLE_FILE, Finding, Rule, Severity, Span, Use
from forebear.pins.audit.spans import Spans

RULE = Rule("FB001", "no-tag", Severity.ERROR, "a reference without a tag", "It moves.", "Write one.")
SPAN = Span(3, 6, 3, 12, 40, 46)
FINDING = Finding(RULE, Severity.ERROR, "a/Dockerfile", SPAN, "fedora has no tag", "write one", "0" * 16)


def test_severities_go_down_in_order() -> None:
    assert [each.rank for each in Severity] == [0, 1, 2, 3]
    assert Severity.ERROR.reaches(Severity.WARNING)
    assert Severity.WARNING.reaches(Severity.WARNING)
    assert not Severity.NOTE.reaches(Severity.WARNING)


def test_a_place_leaves_out_what_is_not_known() -> None:
    assert FINDING.place == "a/Dockerfile:3:6"
    assert dataclasses.replace(FINDING, span=WHOLE_FILE).place == "a/Dockerfile"


@pytest.mark.parametrize("value", [FINDING, RULE, Use("fedora", SPAN, "FROM", "fedora", ("BASE",), written=SPAN)])
def test_values_can_be_hashed_and_travel_between_processes(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert hash(value) == hash(pickle.loads(pickle.dumps(value)))


def test_columns_count_characters_and_offsets_bytes() -> None:
    text = "é\nFROM fédora AS x\n"
    start = text.index("fédora")
    found = Spans(text, before=3).span(start, start + 6)
    assert found == Span(2, 6, 2, 12, 3 + 8, 3 + 15)
    assert text.encode()[8:15].decode() == "fédora"


def test_the_span_of_a_line_is_what_is_written_in_it() -> None:
    spans = Spans("a\n  b c \r\n\nlast")
    assert spans.line(2) == Span(2, 3, 2, 6, 4, 7)
    assert spans.line(3) == Span(3, 1, 3, 1, 10, 10)
    assert spans.line(4) == spans.line(9) == Span(4, 1, 4, 5, 11, 15)


@given(st.text("aé€\n 😀"), st.data())
def test_a_span_is_that_part_of_the_bytes(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = Spans(text)
    found = spans.span(start, end)
    assert text.encode()[found.start : found.end].decode() == text[start:end]
    assert spans.at(found.line, found.column) == start
    assert text[:start].count("\n") == found.line - 1


def test_a_byte_order_mark_is_no_column() -> None:
    assert Spans("\ufeffab").span(1, 3) == Span(1, 1, 1, 3, 3, 5)
