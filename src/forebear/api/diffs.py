"""How a text differs from another, as unified diffs show it."""

from __future__ import annotations

import difflib


def unified(before: str, after: str, old: str, new: str) -> str:
    """A unified diff of two texts, which it calls `old` and `new`; "" where they are the same."""
    return "".join(difflib.unified_diff(_lines(before), _lines(after), old, new))


def _lines(text: str) -> list[str]:
    """The lines of a text as a unified diff shows them (POSIX.1-2024, diff, "Diff -u Output Format")."""
    *lines, rest = text.split("\n")
    return [f"{line}\n" for line in lines] + ([f"{rest}\n\\ No newline at end of file\n"] if rest else [])
