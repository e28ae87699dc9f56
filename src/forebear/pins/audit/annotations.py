"""Findings as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.pins.audit.model import Severity
from forebear.pins.audit.report import clean, message

if TYPE_CHECKING:
    from forebear.pins.audit.model import Finding, Span
    from forebear.pins.audit.report import Report

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# What a workflow command writes otherwise: github.com/actions/toolkit, packages/core/src/command.ts.
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def workflow_commands(report: Report) -> str:
    """A line for each finding that is neither suppressed nor known (GitHub, "Workflow commands")."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    properties = {"file": finding.file, **_lines(finding.span), "title": f"{finding.rule.code} {finding.rule.name}"}
    said = ",".join(f"{name}={clean(value).translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS.get(finding.severity, 'notice')} {said}::{message(finding).translate(_DATA)}"


def _lines(span: Span) -> dict[str, str]:
    """Where it is; columns can be told of one line only."""
    if not span.line:
        return {}
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    if span.line != span.end_line:
        return lines
    return {**lines, "col": str(span.column), "endColumn": str(span.end_column)}
