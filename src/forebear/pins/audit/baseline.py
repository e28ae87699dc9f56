"""The baseline: findings that there were already, which may only get fewer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from forebear.errors import Fault, InputError, Place
from forebear.pins.audit.model import Finding, Severity, Span
from forebear.pins.audit.rules import rules
from forebear.pins.audit.settle import fingerprint, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

FORMAT: Final = "forebear.baseline/1"
LIMIT: Final = 64 << 20
_RULE: Final = "needless-baseline"
_AGAIN: Final = "get it back from version control, or remove it and write it anew with --write-baseline"


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of the past: its fingerprint, and, for those who read the file, its rule and file."""

    fingerprint: str
    rule: str
    file: str
    line: int = 0
    """Where in the baseline it is."""


def of(findings: Iterable[Finding]) -> tuple[Entry, ...]:
    """The entries for some findings."""
    return tuple(Entry(each.fingerprint, each.rule.name, each.file) for each in findings)


def write(entries: Iterable[Entry]) -> bytes:
    """The text of a baseline: an entry a line, by file, so that each that goes is one line of a diff."""
    ordered = sorted(entries, key=lambda each: (each.file, each.rule, each.fingerprint))
    objects = ({"file": each.file, "rule": each.rule, "fingerprint": each.fingerprint} for each in ordered)
    lines = ",\n".join(f"    {json.dumps(each)}" for each in objects)
    body = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "format": "{FORMAT}",\n  "findings": {body}\n}}\n'.encode()


def read(data: bytes, file: str) -> tuple[Entry, ...]:
    """The entries of a baseline; messages call it `file`. Raises InputError with every fault."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        place = Place(file, getattr(error, "lineno", 0), getattr(error, "colno", 0))
        raise InputError([Fault(place, "this is no JSON", _AGAIN)]) from error
    listed = document.get("findings") if isinstance(document, dict) and document.get("format") == FORMAT else None
    if not isinstance(listed, list):
        raise InputError([Fault(Place(file), f"this is not of the format {FORMAT}", _AGAIN)])
    entries = [_read_entry(each) for each in listed]
    faults = [
        Fault(Place(file, path=f"findings[{at}]"), "this is no entry", _AGAIN)
        for at, each in enumerate(entries)
        if each is None
    ]
    if faults:
        raise InputError(faults)
    return _placed([each for each in entries if each is not None], data)


def _read_entry(value: Any) -> Entry | None:
    match value:
        case {"fingerprint": str(fingerprint), "rule": str(rule), "file": str(file)}:
            return Entry(fingerprint, rule, file)
    return None


def _placed(entries: Sequence[Entry], data: bytes) -> tuple[Entry, ...]:
    """The entries with the lines on which their fingerprints are."""
    lines: dict[str, int] = {}
    wanted = {each.fingerprint for each in entries}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        for word in line.split('"'):
            if word in wanted:
                lines.setdefault(word, number)
    return tuple(Entry(each.fingerprint, each.rule, each.file, lines.get(each.fingerprint, 0)) for each in entries)


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings beside a baseline: those that are not in it, how many are, and the entries that no longer occur."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[Entry, ...]


def compare(findings: Sequence[Finding], entries: Sequence[Entry], audited: Callable[[str], bool]) -> Compared:
    """Part findings by a baseline; of files that were not audited no entry is told to be gone."""
    prints = {each.fingerprint for each in entries}
    now = {each.fingerprint for each in findings}
    new = tuple(each for each in findings if each.fingerprint not in prints)
    known = tuple(each for each in findings if each.fingerprint in prints)
    gone = tuple(each for each in entries if each.fingerprint not in now and audited(each.file))
    return Compared(new, known, gone)


def needless(gone: Iterable[Entry], file: str, severity: Severity) -> tuple[Finding, ...]:
    """The findings that entries are which no longer occur."""
    if severity is Severity.OFF:
        return ()
    return tuple(_needless(each, file, severity) for each in gone)


def _needless(entry: Entry, file: str, severity: Severity) -> Finding:
    rule = rules()[_RULE]
    span = Span(entry.line, 1, entry.line, 1, 0, 0)
    problem = printable(f"{entry.rule} is no longer found like this in {entry.file}")
    print_ = fingerprint(file, rule.code, entry.fingerprint, 1)
    return Finding(rule, severity, file, span, problem, "run again with --write-baseline, which removes it", print_)
