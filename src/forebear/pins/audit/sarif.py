"""Findings as SARIF 2.1.0, which code scanning services read (OASIS, "Static Analysis Results Interchange Format")."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from forebear.pins.audit.encoded import encoded
from forebear.pins.audit.model import Severity
from forebear.pins.audit.report import clean, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forebear.pins.audit.model import Edit, Finding, Rule, Span
    from forebear.pins.audit.report import Report

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "forebear/v1"
CATEGORY: Final = "forebear/audit/"

Json = dict[str, Any]
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note", Severity.OFF: "none"}
_PROBLEMS: Final = {**_LEVELS, Severity.NOTE: "recommendation", Severity.OFF: "recommendation"}


def sarif(report: Report, rules: Mapping[str, Rule], version: str) -> str:
    """A log with one run, of `version` of forebear; the same findings give the same text.

    Suppressed findings are results with a suppression, `inSource` where a comment does it, `external` where the
    baseline holds them.
    """
    ordered = sorted(rules.values(), key=lambda rule: rule.code)
    run = {
        "tool": {"driver": _driver(ordered, version)},
        "automationDetails": {"id": CATEGORY},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that the audit was started in."}}},
        "results": list(_results(report, {rule.code: index for index, rule in enumerate(ordered)})),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: Sequence[Rule], version: str) -> Json:
    return {
        "name": "forebear",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(rule) for rule in rules],
    }


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary[:1].upper()}{rule.summary[1:]}."},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why}\n\n{rule.mend}",
            "markdown": f"**{rule.code} {rule.name}**: {rule.summary}\n\n{rule.why}\n\n{rule.mend}\n",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.severity is not Severity.OFF},
        "properties": {
            "precision": "very-high",
            "problem.severity": _PROBLEMS[rule.severity],
            "tags": ["containers", "supply-chain"],
        },
    }


def _results(report: Report, indexes: Mapping[str, int]) -> Iterator[Json]:
    """In the order of files and lines, whatever becomes of them."""
    known = {"kind": "external", "status": "accepted", "justification": "It is in the baseline."}
    every: list[tuple[Finding, list[Json]]] = [(one, []) for one in report.findings]
    every += [
        (one.finding, [{"kind": "inSource", "status": "accepted", "justification": clean(one.reason)}])
        for one in report.suppressed
    ]
    every += [(one, [known]) for one in report.known]
    every.sort(key=lambda each: (each[0].file, each[0].span, each[0].rule.code))
    seen: Counter[tuple[str, str]] = Counter()
    for finding, suppressions in every:
        seen[finding.file, finding.fingerprint] += 1
        yield _result(finding, suppressions, indexes[finding.rule.code], seen[finding.file, finding.fingerprint])


def _result(finding: Finding, suppressions: list[Json], index: int, count: int) -> Json:
    """`primaryLocationLineHash` is the fingerprint that GitHub's code scanning tells results by."""
    result: Json = {
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message(finding)},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {
            FINGERPRINT: finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:{count}",
        },
        "suppressions": suppressions,
    }
    if finding.edit is not None:
        result["fixes"] = [_fix(finding, finding.edit)]
    return result


def _location(finding: Finding) -> Json:
    location: Json = {"artifactLocation": artifact(finding.file)}
    if finding.span.line:
        location["region"] = _region(finding.span)
    return location


def artifact(file: str) -> Json:
    """Where a file is: a path below the root, or one that is absolute or leads out of it as a URI of its own.

    Percent-encoded by byte, so that every name of a file can be written (RFC 3986, 2.1 and 4.2).
    """
    quoted = quote(encoded(file), safe="/")
    if file.startswith("/"):
        return {"uri": f"file://{quoted}"}
    return {"uri": quoted, "uriBaseId": ROOT}


def _region(span: Span) -> Json:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        "byteOffset": span.start,
        "byteLength": span.end - span.start,
    }


def _fix(finding: Finding, edit: Edit) -> Json:
    replacement = {
        "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
        "insertedContent": {"text": edit.text},
    }
    change = {"artifactLocation": artifact(finding.file), "replacements": [replacement]}
    return {"description": {"text": "Add the digest."}, "artifactChanges": [change]}
