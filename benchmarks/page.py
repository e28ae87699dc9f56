"""The tables of docs/benchmarks.md: each part of the page that was measured, put in place of what was there."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from lab import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE: Final = ROOT / "docs/benchmarks.md"


@dataclass(frozen=True, slots=True)
class Section:
    """What was measured of one thing: the part of the page that it is for, the conditions, and a table."""

    part: str
    conditions: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """As Markdown."""
        lines = (self.head, ["---"] * len(self.head), *self.rows)
        return "\n".join([f"{self.conditions}.", "", *(f"| {' | '.join(line)} |" for line in lines)])


def put(section: Section, page: Path = PAGE) -> None:
    """Print a section, and write it between its markers in a page; raises SystemExit where it has none."""
    text = section.text()
    print(f"\n## {section.part}\n\n{text}\n", flush=True)
    begin, end = f"<!-- {section.part} -->", f"<!-- end of {section.part} -->"
    renewed, count = re.subn(
        f"(?s){re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n\n{text}\n\n{end}", page.read_text()
    )
    if not count:
        raise SystemExit(f"benchmarks: {page} has no place for {section.part}")
    page.write_text(renewed)


def machine(date: str) -> str:
    """When and on what machine it was measured, for the conditions."""
    return f"{date}, {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f} before"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """A median, and in brackets the least and the greatest value."""
    middle = f"{median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the ratios of runs that followed on each other."""
    return f"**{median(a / b for a, b in zip(ours, theirs, strict=True)):.3f}**"
