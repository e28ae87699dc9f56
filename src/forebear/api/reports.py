"""Reports of audits in the forms that other programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forebear.pins.audit.report import Report

FORMS: Final = ("sarif", "junit", "github")


def export_report(report: Report, form: str) -> str:
    """A report as "sarif" (SARIF 2.1.0), "junit" (JUnit XML) or "github" (workflow commands)."""
    from importlib.metadata import version

    from forebear.pins.audit.annotations import workflow_commands
    from forebear.pins.audit.junit import junit
    from forebear.pins.audit.rules import rules
    from forebear.pins.audit.sarif import sarif

    if form == "sarif":
        return sarif(report, rules(), version("forebear"))
    return {"junit": junit, "github": workflow_commands}[form](report)
