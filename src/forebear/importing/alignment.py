"""Dockerfiles side by side, line by line: which lines are the same but for words that may differ."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from forebear.importing.wording import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_SHARED: Final = 20
"""How many lines all have to have in common, where there are lines that some do not have."""
_SHARE: Final = 0.8

Line = tuple[Word, ...]
Row = dict[str, Line]
"""The line that it is in each Dockerfile, by its name; those that do not have it are not in it."""


def forms(lines: Iterable[Line]) -> tuple[str, ...]:
    """Lines without the words that may differ."""
    return tuple("\0".join("" if each.variable else f"{each.expression}{each.text}" for each in line) for line in lines)


def joined(rows: Sequence[Row], name: str, lines: Sequence[Line]) -> list[Row] | None:
    """Rows with the lines of one more Dockerfile in them; None where other lines stand in place of some.

    Lines that are the same in all are put side by side first, then those between them that are alike.
    """
    if forms(_firsts(rows)) == forms(lines):
        return _paired(rows, name, lines)
    found: list[Row] = []
    known = [next(iter(row.values())) if len(set(row.values())) == 1 else None for row in rows]
    for kind, start, end, first, last in SequenceMatcher(None, known, lines, autojunk=False).get_opcodes():
        some = _paired if kind == "equal" else _between
        more = some(rows[start:end], name, lines[first:last])
        if more is None:
            return None
        found += more
    return found


def _firsts(rows: Iterable[Row]) -> list[Line]:
    return [next(iter(row.values())) for row in rows]


def _paired(rows: Sequence[Row], name: str, lines: Sequence[Line]) -> list[Row]:
    return [{**row, name: line} for row, line in zip(rows, lines, strict=True)]


def _between(rows: Sequence[Row], name: str, lines: Sequence[Line]) -> list[Row] | None:
    """As `joined`, for lines that are not the same: by their forms."""
    found: list[Row] = []
    matcher = SequenceMatcher(None, forms(_firsts(rows)), forms(lines), autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "replace":
            return None
        if kind == "equal":
            found += _paired(rows[start:end], name, lines[first:last])
        else:
            found += [*rows[start:end], *({name: line} for line in lines[first:last])]
    return found


def readable(rows: Sequence[Row], members: int) -> bool:
    """Whether a person still sees what a template of these rows is: most lines are in all."""
    shared = sum(len(row) == members for row in rows)
    if shared == len(rows):
        return True
    whole = all(line[-1].text.endswith("\n") for row in rows if len(row) < members for line in row.values())
    return whole and shared >= MIN_SHARED and shared >= _SHARE * len(rows)
