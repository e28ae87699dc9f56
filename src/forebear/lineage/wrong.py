"""The exception of the small grammars: a text that does not fit, and what to write instead."""

from __future__ import annotations


class Wrong(ValueError):  # noqa: N818 - it is a reading, not a failure of the program
    """A value that cannot stand: what is wrong with it, and what to do."""

    def __init__(self, problem: str, action: str = "") -> None:
        super().__init__(f"{problem}; {action}" if action else problem)
        self.problem = problem
        self.action = action
