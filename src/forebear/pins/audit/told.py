"""What is told of a reference or an instruction, before it becomes a finding."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """A rule's name, the word of the instruction that it is about, and what becomes of it in a Trouble."""

    rule: str
    word: str
    problem: str
    action: str
    subject: str


class Verdict(NamedTuple):
    """What may be told of a reference: a rule's name, the problem, the action."""

    rule: str
    problem: str
    action: str
