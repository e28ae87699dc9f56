"""Constraints on versions: `>=25 <27`, `^8.0`, `~1.2`; of tags too, which seldom are SemVer."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Numbers = tuple[int, ...]
"""The numbers of a version, as many as it has."""

_PART: Final = re.compile(r"(>=|<=|!=|[><=~^]?) *v?([0-9]+(?:\.[0-9]+)*)(?:\.[x*])*")
_COMPARED: Final[dict[str, Callable[[Numbers, Numbers], bool]]] = {
    "": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Comparator:
    """One part of a constraint."""

    sign: str
    numbers: Numbers

    def allows(self, version: Numbers) -> bool:
        """Whether a version fits; it is compared in as many numbers as the comparator has."""
        if self.sign in _COMPARED:
            return _COMPARED[self.sign](_cut(version, len(self.numbers)), self.numbers)
        kept = self._kept
        return _cut(version, len(self.numbers)) >= self.numbers and _cut(version, kept) == self.numbers[:kept]

    @property
    def _kept(self) -> int:
        """How many numbers must stay: `~` keeps the minor one, `^` the first that is not 0 (as npm reads them)."""
        if self.sign == "~":
            return min(2, len(self.numbers))
        return next((at for at, number in enumerate(self.numbers, 1) if number), len(self.numbers))


@dataclass(frozen=True, slots=True)
class Constraint:
    """What versions are wanted: those that every part allows; `text` is how it is written."""

    text: str
    parts: tuple[Comparator, ...]

    def allows(self, version: Numbers) -> bool:
        """Whether a version is wanted."""
        return all(part.allows(version) for part in self.parts)


def parse_constraint(text: str) -> Constraint:
    """The constraint that a text of the pattern CONSTRAINT is."""
    parts = (Comparator(sign, tuple(map(int, numbers.split(".")))) for sign, numbers in _PART.findall(text))
    return Constraint(text, tuple(parts))


def _cut(version: Numbers, length: int) -> Numbers:
    return (version + (0,) * length)[:length]
