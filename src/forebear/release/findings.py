"""Pure: what the doctor finds: what is, what it means, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How much a finding matters, the worst first."""

    PROBLEM = "problem"
    NOTE = "note"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    `code` names what was looked at, and stays the same; `what` is, `means` and `action` are for people: sentences,
    the first without its end; `action` is empty where nothing is to be done.
    """

    code: str
    level: Level
    what: str
    means: str
    action: str = ""


def problem(code: str, what: str, means: str, action: str) -> Finding:
    """Something that is in the way."""
    return Finding(code, Level.PROBLEM, what, means, action)


def note(code: str, what: str, means: str, action: str) -> Finding:
    """Something to know."""
    return Finding(code, Level.NOTE, what, means, action)


def good(code: str, what: str, means: str) -> Finding:
    """Something that is as it should be."""
    return Finding(code, Level.GOOD, what, means)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The problems first, then the notes, each in the order in which they were found."""
    levels = list(Level)
    return tuple(sorted(findings, key=lambda each: levels.index(each.level)))
