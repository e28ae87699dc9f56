"""What the small grammars say of a text that does not fit."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 80


class Wrong(ValueError):
    """A value that cannot stand: what is wrong with it, and what to do."""

    def __init__(self, problem: str, action: str = "") -> None:
        super().__init__(f"{problem}; {action}" if action else problem)
        self.problem = problem
        self.action = action


def shown(text: str) -> str:
    """A text as a message can hold it: not too long, and without control characters."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return short if short.isprintable() else repr(short)[1:-1]
