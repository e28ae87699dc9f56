"""SELECT: which images are meant, as names with graph operators; parsed apart from its evaluation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place
from forebear.lineage.spelling import did_you_mean
from forebear.lineage.wrong import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.lineage.graph import Family

FORM: Final = "write NAME, NAME+, +NAME, NAME+1, 2+NAME, or several joined by commas for what they have in common"
LOOK: Final = "see all of them with: forebear graph"
_TERM: Final = re.compile(r"(?:([0-9]{0,6})(\+))?([a-z0-9*?][a-z0-9._*?-]*)(?:(\+)([0-9]{0,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """A name or glob, and how many edges up and down to follow: 0 none, None all."""

    pattern: str
    up: int | None = 0
    down: int | None = 0

    @property
    def is_glob(self) -> bool:
        """Whether it may name several images, or none."""
        return "*" in self.pattern or "?" in self.pattern


@dataclass(frozen=True, slots=True)
class Selector:
    """One argument: the intersection of its terms."""

    text: str
    terms: tuple[Term, ...]


def parse(text: str) -> Selector:
    """The selector in `text`. Raises InputError."""
    return Selector(text, tuple(_term(part.strip(), text) for part in text.split(",")))


def select(family: Family, texts: Sequence[str]) -> tuple[str, ...]:
    """The images that any of `texts` selects, in the family's order; all where there is no text.

    Raises InputError with every fault: a text that is no selector, a name that no image has, a selector
    that selects nothing.
    """
    if not texts:
        return family.order
    faults: list[Fault] = []
    chosen: set[str] = set()
    for text in texts:
        try:
            chosen |= evaluate(family, parse(text))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(dict.fromkeys(faults))
    return tuple(name for name in family.order if name in chosen)


def evaluate(family: Family, selector: Selector) -> frozenset[str]:
    """What one selector selects. Raises InputError."""
    faults = [fault for term in selector.terms if (fault := _unknown(family, term, selector.text))]
    if faults:
        raise InputError(faults)
    found = frozenset.intersection(*(_reached(family, term) for term in selector.terms))
    if not found:
        raise InputError([Fault(_place(selector.text), "no image is in all of these", LOOK)])
    return found


def _reached(family: Family, term: Term) -> frozenset[str]:
    names = _named(family, term)
    return family.with_ancestors(names, term.up) | family.with_descendants(names, term.down)


def _named(family: Family, term: Term) -> list[str]:
    if not term.is_glob:
        return [term.pattern] if term.pattern in family.lineage.images else []
    matches = re.compile(translate(term.pattern)).match
    return [name for name in family.lineage.images if matches(name)]


def _unknown(family: Family, term: Term, text: str) -> Fault | None:
    if _named(family, term):
        return None
    if term.is_glob:
        return Fault(_place(text), f"no image fits {shown(term.pattern)}", LOOK)
    hint = did_you_mean(term.pattern, family.lineage.images)
    return Fault(_place(text), f"no image is called {shown(term.pattern)}", hint or LOOK)


def _term(part: str, text: str) -> Term:
    match = _TERM.fullmatch(part)
    if match is None:
        problem = f'"{shown(part)}" is no selector' if part else "nothing is selected"
        raise InputError([Fault(_place(text), problem, FORM)])
    up, ascending, pattern, descending, down = match.groups()
    return Term(pattern, _depth(ascending, up), _depth(descending, down))


def _depth(operator: str | None, digits: str) -> int | None:
    if not operator:
        return 0
    return int(digits) if digits else None


def _place(text: str) -> Place:
    return Place("SELECT", path=shown(text))
