"""What becomes of a text in which variables stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 4096
"""Of a text that is expanded: nothing longer names an image."""

_VARIABLE: Final = re.compile(r"\$[{(]?(\w+)|\{\{-?\s*(.*?)\s*-?\}\}")


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a text comes to.

    `value` is None where it cannot be known; `via` are the variables that stand in it, `unset` those without a
    value; `written` is the range of the text, in characters, that alone makes the value: all of it, or the
    default of its only variable.
    """

    value: str | None
    via: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    written: tuple[int, int] | None = None


def literal(text: str) -> Expansion:
    """A text in which nothing is expanded."""
    return Expansion(text, written=(0, len(text)))


def unknown(*names: str) -> Expansion:
    """A text that cannot be known, because of those variables."""
    once = tuple(dict.fromkeys(names))
    return Expansion(None, once, once)


def templated(text: str) -> Expansion:
    """A text as it is; with variables of whatever fills it in, it has no value that is known."""
    names = [one or other for one, other in _VARIABLE.findall(text)]
    return unknown(*names) if names else literal(text)
