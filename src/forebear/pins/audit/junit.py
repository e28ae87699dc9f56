"""Findings as JUnit XML, which CI systems show as tests: a suite for each file, a case for each finding."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from forebear.pins.audit.report import clean, message

if TYPE_CHECKING:
    from forebear.pins.audit.model import Finding
    from forebear.pins.audit.report import Report

PASSED = "nothing found"


def junit(report: Report) -> str:
    """A document with the elements and attributes that Jenkins and GitLab read; the format has no specification.

    Findings that do not count, suppressed and known ones are skipped tests that say so; a file without any is a
    test that passed.
    """
    cases: dict[str, list[tuple[Finding, str | None]]] = defaultdict(list)
    for finding in report.findings:
        reached = finding.severity.reaches(report.fail_on)
        cases[finding.file].append((finding, None if reached else f"a {finding.severity}: {message(finding)}"))
    for one in report.suppressed:
        cases[one.finding.file].append((one.finding, f"suppressed because {one.reason}"))
    for finding in report.known:
        cases[finding.file].append((finding, "in the baseline"))
    root = Element("testsuites", name="forebear audit")
    for file in sorted({*report.files, *cases}):
        _suite(root, file, sorted(cases[file], key=lambda each: (each[0].span, each[0].rule.code)))
    _count(root, root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, file: str, cases: list[tuple[Finding, str | None]]) -> None:
    suite = SubElement(root, "testsuite", name=clean(file))
    for finding, skipped in cases:
        _case(suite, finding, skipped)
    if not cases:
        SubElement(suite, "testcase", name=PASSED, classname=clean(file))
    _count(suite, suite)


def _case(suite: Element, finding: Finding, skipped: str | None) -> None:
    place = f" at line {finding.span.line}" if finding.span.line else ""
    name = f"{finding.rule.code} {finding.rule.name}{place}"
    case = SubElement(suite, "testcase", name=name, classname=clean(finding.file), file=clean(finding.file))
    if finding.span.line:
        case.set("line", str(finding.span.line))
    if skipped is not None:
        SubElement(case, "skipped", message=clean(skipped))
        return
    failure = SubElement(case, "failure", type=finding.rule.name, message=message(finding))
    failure.text = clean(f"{finding.place}: {finding.severity}: {finding.problem}\n{finding.rule.why}")


def _count(element: Element, within: Element) -> None:
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        element.set(attribute, str(sum(1 for _ in within.iter(tag))))
    element.set("errors", "0")
