"""The findings of an audit, as a table and as a document."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from forebear.pins.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from forebear.cli.console import Console
    from forebear.pins.audit.model import Finding
    from forebear.pins.audit.report import Report

T = TypeVar("T")

COLORS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def show(console: Console, findings: Sequence[Finding]) -> None:
    """Print findings below the names of their files, and how to mend each kind of them."""
    spot = max((len(_spot(each)) for each in findings), default=0)
    name = max((len(each.rule.name) for each in findings), default=0)
    for file, found in groupby(findings, key=lambda each: each.file):
        console.result(file, bold=True)
        for each in found:
            about = f"{each.severity:<7}  {each.rule.code} {each.rule.name:<{name}}"
            console.result(f"  {_spot(each):>{spot}}  {about}  {each.problem}", fg=COLORS[each.severity])
            if console.verbose:
                console.result(f"  {'':>{spot}}  -> {each.action}")
    for line in [] if console.quiet else _mending(findings):
        console.result(line)


def _spot(finding: Finding) -> str:
    return f"{finding.span.line}:{finding.span.column}" if finding.span.line else "-"


def _mending(findings: Iterable[Finding]) -> Iterator[str]:
    rules = {each.rule.code: each.rule for each in findings}
    width = max((len(rule.name) for rule in rules.values()), default=0)
    if rules:
        yield ""
    for _, rule in sorted(rules.items()):
        yield f"{rule.code} {rule.name:<{width}}  {rule.mend}"


def summary(report: Report) -> str:
    """The counts of an audit, in words."""
    counts = Counter(each.severity for each in report.findings)
    words = [_count(counts[each], each) for each in Severity if counts[each]]
    files = _count(len(report.files), "file")
    hidden = f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    known = f", {len(report.known)} in the baseline" if report.known else ""
    written = "" if report.written is None else f"; the baseline now holds {report.written}"
    return f"{', '.join(words) or 'nothing found'} in {files}{hidden}{known}{written}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Entries(list[dict[str, object]], Generic[T]):
    """A list for a document whose items are made as they are written: a large tree has very many findings."""

    def __init__(self, of: Sequence[T], make: Callable[[T], dict[str, object]]) -> None:
        super().__init__()
        self._of, self._make = of, make

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[dict[str, object]]:
        return map(self._make, self._of)


def document(report: Report) -> dict[str, object]:
    """A report, as `--json` prints it."""
    return {
        "findings": Entries(report.findings, entry),
        "suppressed": Entries(report.suppressed, lambda each: {**entry(each.finding), "reason": each.reason}),
        "known": len(report.known),
        "files": len(report.files),
    }


def entry(finding: Finding) -> dict[str, object]:
    """A finding as plain data."""
    span = finding.span
    return {
        "code": finding.rule.code,
        "rule": finding.rule.name,
        "severity": finding.severity,
        "file": finding.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "problem": finding.problem,
        "action": finding.action,
        "fingerprint": finding.fingerprint,
    }
