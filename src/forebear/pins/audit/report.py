"""What an audit came to, and its words for other programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.model import Severity

if TYPE_CHECKING:
    from forebear.pins.audit.model import Finding
    from forebear.pins.audit.settle import Suppressed

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit came to, by file and line.

    `findings` are those that comments do not suppress and no baseline holds, `suppressed` and `known` those that they
    do; `files` are the paths of all that was judged; from the severity `fail_on` on a finding counts; `written` is how
    many findings a new baseline has, if one was written.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    known: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    fail_on: Severity = Severity.NOTE
    written: int | None = None

    @property
    def failed(self) -> bool:
        """Whether a finding counts."""
        return any(each.severity.reaches(self.fail_on) for each in self.findings)


def clean(text: str) -> str:
    """A text without characters that JSON's and XML's readers refuse: they come from file names and files."""
    return _CONTROL.sub("\ufffd", text)


def message(finding: Finding) -> str:
    """The problem, and what to do about it, as two sentences."""
    action = finding.action or finding.rule.mend
    sentences = (finding.problem, action[:1].upper() + action[1:])
    return clean(" ".join(one if one.endswith((".", "…")) else f"{one}." for one in sentences if one))
