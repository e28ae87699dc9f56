"""From the remarks on all files to findings: what only shows between files, suppressions, fingerprints."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.encoded import encoded
from forebear.pins.audit.judge import MOST
from forebear.pins.audit.model import Finding, Trouble
from forebear.pins.audit.skew import skews

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forebear.pins.audit.judge import Judge, Judged, Remark
    from forebear.pins.audit.suppress import Suppression

_LENGTH: Final = 16
_ALWAYS_TOLD: Final = frozenset({"bad-suppression", "needless-suppression"})


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment suppresses, and the comment's reason."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What is told, in order of files and lines, and what is suppressed."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]


def settle(files: Iterable[Judged], judge: Judge) -> Settled:
    """All findings of an audit, those between files included."""
    ordered = sorted(files, key=lambda each: each.path)
    between = skews(ordered)
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for each in ordered:
        told, hidden = _of_file(each, between.get(each.path, ()), judge)
        findings += told
        suppressed += hidden
    return Settled(tuple(findings), tuple(suppressed))


def _of_file(file: Judged, between: Sequence[Trouble], judge: Judge) -> tuple[list[Finding], list[Suppressed]]:
    remarks = [*file.remarks, *(remark for trouble in between for remark in judge.of_trouble(trouble))]
    if not remarks and not file.suppressions:
        return [], []
    known = {(each.rule, each.line): each for each in reversed(file.suppressions)}
    reasons = {id(remark): found.reason for remark in remarks if (found := _suppression(remark, known))}
    needless = islice(_needless(file.suppressions, remarks), MOST)
    remarks += [remark for trouble in needless for remark in judge.of_trouble(trouble)]
    told: list[Finding] = []
    hidden: list[Suppressed] = []
    for remark, finding in _findings(file.path, remarks):
        reason = reasons.get(id(remark))
        if reason is None:
            told.append(finding)
        else:
            hidden.append(Suppressed(finding, reason))
    return told, hidden


def _suppression(remark: Remark, known: Mapping[tuple[str, int], Suppression]) -> Suppression | None:
    """What suppresses a remark: a comment on its line, on the statement that it is in, or on the whole file."""
    if remark.rule.name in _ALWAYS_TOLD:
        return None
    return next((known[key] for key in _keys(remark) if key in known), None)


def _keys(remark: Remark) -> Iterator[tuple[str, int]]:
    yield from ((remark.rule.name, line) for line in (remark.span.line, remark.begins, 0))


def _needless(suppressions: Iterable[Suppression], remarks: Sequence[Remark]) -> Iterator[Trouble]:
    told = {key for remark in remarks if remark.rule.name not in _ALWAYS_TOLD for key in _keys(remark)}
    for each in suppressions:
        if (each.rule, each.line) not in told:
            problem = f"there is nothing here that {each.rule} would tell"
            yield Trouble("needless-suppression", each.span, problem, "remove the comment", each.rule)


def _findings(path: str, remarks: Iterable[Remark]) -> Iterator[tuple[Remark, Finding]]:
    seen: Counter[tuple[str, str]] = Counter()
    for each in sorted(remarks, key=lambda each: (each.span, each.rule.code, each.subject)):
        key = (each.rule.code, each.subject)
        seen[key] += 1
        print_ = fingerprint(path, each.rule.code, each.subject, seen[key])
        problem, action = printable(each.problem), printable(each.action)
        yield each, Finding(each.rule, each.severity, path, each.span, problem, action, print_, each.use)


def fingerprint(path: str, code: str, subject: str, number: int) -> str:
    """What names a finding whatever line it is on; `number` tells equal ones of a file apart."""
    text = "\0".join((path, code, subject, str(number)))
    return hashlib.sha256(encoded(text)).hexdigest()[:_LENGTH]


def printable(text: str) -> str:
    """A text without bytes that were not UTF-8."""
    return text if text.isascii() else encoded(text).decode("utf-8", "replace")
