from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear import api
from forebear.errors import InputError
from forebear.pins.audit.baseline import Entry, compare, needless, of, read, write
from forebear.pins.audit.model import Severity
from forebear.pins.audit.settings import Settings

from .test_model import FINDING

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text('ab/.é"\\\n', max_size=5)
ENTRIES = st.builds(Entry, TEXTS, TEXTS, TEXTS)


@given(st.lists(ENTRIES, max_size=4))
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    found = read(write(entries), "x")
    plain = [dataclasses.replace(each, line=0) for each in found]
    assert plain == sorted(entries, key=lambda each: (each.file, each.rule, each.fingerprint))


def test_an_entry_is_a_line() -> None:
    text = write([Entry("1" * 16, "no-tag", "b"), Entry("2" * 16, "no-tag", "a")])
    assert text.count(b"\n") == 7
    assert json.loads(text)["format"] == "forebear.baseline/1"
    assert [(each.file, each.line) for each in read(text, "x")] == [("a", 4), ("b", 5)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "b.json:1:2: this is no JSON"),
        (b"[]", "b.json: this is not of the format forebear.baseline/1"),
        (b'{"format": "forebear.baseline/1", "findings": {}}', "this is not of the format"),
        (b'{"format": "forebear.baseline/1", "findings": [1, {"rule": "x"}]}', "findings[1]: this is no entry"),
        (b"[" * 100_000, "this is no JSON"),
        (b"\xff", "this is no JSON"),
    ],
)
def test_a_bad_baseline(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, "b.json")
    assert said in str(caught.value)


def test_findings_are_parted() -> None:
    old, new = FINDING, dataclasses.replace(FINDING, fingerprint="f" * 16)
    gone, elsewhere = Entry("e" * 16, "latest", "a/x", 7), Entry("d" * 16, "latest", "other/x")
    compared = compare([old, new], [*of([old]), gone, elsewhere], lambda file: file.startswith("a/"))
    assert (compared.new, compared.known, compared.gone) == ((new,), (old,), (gone,))
    (told,) = needless(compared.gone, "b.json", Severity.WARNING)
    assert (told.place, told.problem) == ("b.json:7:1", "latest is no longer found like this in a/x")
    assert needless(compared.gone, "b.json", Severity.OFF) == ()


def test_what_a_json_escape_writes_can_be_told() -> None:
    entries = read(
        b'{"format":"forebear.baseline/1","findings":[{"file":"\\ud800x","rule":"r","fingerprint":"\\ud800"}]}', "b"
    )
    (told,) = needless(entries, "b", Severity.WARNING)
    assert told.problem == "r is no longer found like this in \ufffdx"
    assert told.problem.encode()


def test_a_baseline_only_shrinks(tmp_path: Path) -> None:
    file, none = tmp_path / "Dockerfile", Settings()

    def audit(text: str, *, write: bool = False) -> api.Report:
        file.write_text(text)
        report = api.audit_files(tmp_path, ["Dockerfile"])
        return api.compare_baseline(report, tmp_path, "b.json", none, ["Dockerfile"], write=write)

    first = audit("FROM a\nFROM b\n", write=True)
    assert (first.findings, len(first.known), first.written) == ((), 2, 2)
    assert not audit("# moved\n\nFROM b\nFROM a\n").findings
    again = audit("FROM a\nFROM c\n", write=True)
    assert ([each.use.text for each in again.findings if each.use], again.written) == (["c"], 1)
    assert [each.rule.name for each in audit("FROM x@sha256:" + "1" * 64).findings] == [
        "digest-without-tag",
        "needless-baseline",
    ]
    assert audit("FROM a\nFROM a\n").findings  # a second one of the same kind is a new one
