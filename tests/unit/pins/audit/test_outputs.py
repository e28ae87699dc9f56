from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from jsonschema import Draft7Validator, FormatChecker

from forebear.pins.audit.annotations import workflow_commands
from forebear.pins.audit.junit import junit
from forebear.pins.audit.model import Severity
from forebear.pins.audit.report import Report, clean
from forebear.pins.audit.sarif import artifact, sarif

from .reports import GOLDEN, LONE, REPORT, RULES, reports
from .schemas import schema

if TYPE_CHECKING:
    from collections.abc import Callable


def as_sarif(report: Report) -> str:
    return sarif(report, RULES, "1.2.3")


@pytest.mark.parametrize(
    ("name", "output"), [("sarif.json", as_sarif), ("junit.xml", junit), ("github.txt", workflow_commands)]
)
def test_golden(name: str, output: Callable[[Report], str]) -> None:
    text = output(REPORT)
    if os.environ.get("FOREBEAR_GOLDEN"):
        (GOLDEN / name).write_text(text, "utf-8")
    assert text == (GOLDEN / name).read_text("utf-8")


@cache
def official() -> Draft7Validator:
    """The schema of OASIS itself."""
    found = schema("sarif-2.1.0")
    assert found["$id"].endswith("/sarif-schema-2.1.0.json")
    return Draft7Validator(found, format_checker=FormatChecker())


def test_sarif_is_valid() -> None:
    assert not list(official().iter_errors(json.loads(as_sarif(REPORT))))
    assert not list(official().iter_errors(json.loads(as_sarif(Report(())))))


def test_the_schema_finds_faults() -> None:
    log = json.loads(as_sarif(REPORT))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert [error.json_path for error in official().iter_errors(log)] == ["$.runs[0].results[0].level"]


@given(reports())
@example(LONE)
def test_sarif_of_any_text(report: Report) -> None:
    log = json.loads(as_sarif(report).encode())
    (run,) = log["runs"]
    assert len(run["results"]) == len(report.findings) + len(report.suppressed) + len(report.known)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w./%~-]*|file:///[\w./%~-]*", uri, re.ASCII)
        assert urlsplit(uri).scheme in {"", "file"}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a/b", "a/b"),
        ("a b%", "a%20b%25"),
        ("a:b/c", "a%3Ab/c"),
        ("é\udcff#?", "%C3%A9%FF%23%3F"),
        ("/x/y", "file:///x/y"),
        ("../x", "../x"),
    ],
)
def test_files_as_uris(file: str, uri: str) -> None:
    assert artifact(file)["uri"] == uri
    assert unquote_to_bytes(uri.removeprefix("file://")) == os.fsencode(file)
    assert ("uriBaseId" in artifact(file)) == (not file.startswith("/"))


def test_a_name_that_no_file_can_have_is_a_uri_all_the_same() -> None:
    assert artifact("\ud800/\udc00\udcff")["uri"] == "%EF%BF%BD/%EF%BF%BD%FF"


def test_equal_fingerprints_of_a_file_are_told_apart() -> None:
    results: list[Any] = json.loads(as_sarif(Report((REPORT.findings[1],) * 2)))["runs"][0]["results"]
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert hashes == ["fb0040123456789:1", "fb0040123456789:2"]


@given(reports())
@example(LONE)
def test_junit_of_any_text(report: Report) -> None:
    root = ElementTree.fromstring(junit(report))
    assert int(root.get("failures", "")) == len(report.findings)
    assert int(root.get("skipped", "")) == len(report.suppressed) + len(report.known)
    assert sum(int(suite.get("tests", "")) for suite in root) == int(root.get("tests", ""))


def test_junit_fails_from_the_threshold_on() -> None:
    root = ElementTree.fromstring(junit(Report(REPORT.findings, fail_on=Severity.ERROR)))
    assert [case.get("type") for case in root.iter("failure")] == ["latest"]
    assert [case.get("message", "").partition(":")[0] for case in root.iter("skipped")] == [
        "a note",
        "a warning",
        "a warning",
    ]


@given(reports())
@example(LONE)
def test_a_finding_is_one_workflow_command(report: Report) -> None:
    lines = workflow_commands(report).encode().decode().split("\n")
    assert len(lines) == len(report.findings) + 1
    for line, finding in zip(lines, report.findings, strict=False):
        command, properties, message = re.fullmatch(r"::(\w+) ([^:]*)::([^\r]*)", line).groups()  # type: ignore[union-attr]
        assert command == ("error" if finding.severity is Severity.ERROR else "warning")
        told = dict(part.split("=", 1) for part in properties.split(","))
        assert unquote_to_bytes(told["file"]).decode() == clean(finding.file)
        assert message
