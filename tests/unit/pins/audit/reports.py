"""A report with findings of every kind, for the outputs to show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from forebear.pins.audit.model import WHOLE_FILE, Edit, Finding, Rule, Severity, Span
from forebear.pins.audit.report import Report
from forebear.pins.audit.settle import Suppressed

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parents[3] / "golden" / "audit"

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("FB004", "no-digest", Severity.WARNING, "a reference without a digest", "Tags move.", "Add the digest."),
        Rule("FB002", "latest", Severity.ERROR, "the tag latest", "It moves.", "Write a tag."),
        Rule("FB005", "digest-without-tag", Severity.NOTE, "a digest without a tag", "Nobody reads it.", "Add a tag."),
        Rule("FB099", "off", Severity.OFF, "nothing", "It is off.", "Leave it."),
    )
}


def finding(
    rule: str, file: str, span: Span = WHOLE_FILE, problem: str = "x:1 has no digest", edit: Edit | None = None
) -> Finding:
    of = RULES[rule]
    return Finding(of, of.severity, file, span, problem, "add it", f"{of.code.lower()}0123456789", edit=edit)


REPORT = Report(
    findings=(
        finding("latest", "Dockerfile", Span(1, 6, 1, 18, 5, 17), "FROM fedora:latest is whatever was pushed last"),
        finding("no-digest", "Dockerfile", Span(3, 6, 3, 16, 30, 40), edit=Edit(40, 40, "@sha256:" + "0" * 64)),
        finding("no-digest", "a b/ü:%,\udcff.yml", Span(2, 1, 3, 4, 9, 30), "é <&\"'>\n::error::%0A\x00\udc80"),
        finding("digest-without-tag", "/else/where.yml"),
    ),
    suppressed=(Suppressed(finding("latest", "Dockerfile", Span(9, 1, 9, 5, 90, 94)), "the <lab> needs it"),),
    known=(finding("no-digest", "Dockerfile", Span(7, 1, 7, 5, 70, 74)),),
    files=("Dockerfile", "a b/ü:%,\udcff.yml", "clean.yml"),
    fail_on=Severity.WARNING,
)

_texts = st.text(st.characters(), max_size=20)
_files = st.binary(min_size=1, max_size=20).map(lambda name: os.fsdecode(name.replace(b"\0", b"/"))) | _texts
_numbers = st.integers(1, 10**6)
_spans = st.builds(
    lambda line, column, lines, length: Span(line, column, line + lines, column + length, column, column + length),
    *(_numbers, _numbers, st.integers(0, 2), st.integers(0, 9)),
)
_findings = st.builds(finding, st.sampled_from(["latest", "no-digest"]), _files, _spans | st.just(WHOLE_FILE), _texts)


# A file and a text with a surrogate that stands for no byte, as an escape of JSON may write it.
LONE = Report((finding("latest", "\ud800/\udc00\udcff", problem="\ud800"),))


def reports() -> st.SearchStrategy[Report]:
    """Reports with any text in them."""
    some = st.lists(_findings, max_size=4).map(tuple)
    return st.builds(Report, some, st.lists(st.builds(Suppressed, _findings, _texts), max_size=2).map(tuple), some)
