"""Variables in compose files, as compose expands them (compose specification, "Interpolation")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import MAX_LENGTH, Expansion, literal, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_DEPTH: Final = 16
_NAME: Final = "[_a-zA-Z][_a-zA-Z0-9]*"
_DOLLAR: Final = re.compile(
    rf"\$(?:(?P<escaped>\$)|(?P<named>{_NAME})|\{{(?P<braced>{_NAME})(?P<operator>:?[-?+]|\}}))"
)
_BRACE: Final = re.compile(r"\$\{|\}")
_MOST: Final = 1 << 20
"""The characters that values may add to a text: what is made to grow has more."""

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class _Invalid(ValueError):
    """Compose would refuse the text."""


def interpolate(text: str, known: Mapping[str, str] = _NOTHING) -> Expansion:
    """Expand a text with no other variables set than `known`, which a `.env` file sets."""
    if "$" not in text:
        return literal(text)
    reader = _Reader(text, known)
    try:
        word = reader.word(0, len(text), 0)
    except _Invalid:
        return unknown(*(reader.names or [text[text.index("$") :]]))
    value = None if reader.unset else "".join(word.parts)
    if len(value or "") > MAX_LENGTH:
        return unknown(*reader.names)
    return Expansion(value, tuple(reader.names), tuple(reader.unset), word.written)


def substituted(text: str, known: Mapping[str, str] = _NOTHING) -> str | None:
    """A text with blanks for variables that are not set; None for what compose refuses."""
    try:
        return "".join(_Reader(text, known).word(0, len(text), 0).parts)
    except _Invalid:
        return None


@dataclass(slots=True)
class _Word:
    parts: list[str] = field(default_factory=list)
    written: tuple[int, int] | None = None


@dataclass(slots=True)
class _Reader:
    text: str
    known: Mapping[str, str]
    names: dict[str, None] = field(default_factory=dict)
    unset: dict[str, None] = field(default_factory=dict)
    added: int = 0

    def word(self, start: int, end: int, depth: int) -> _Word:
        """Expand a range of the text."""
        if depth > _MAX_DEPTH:
            raise _Invalid
        word = _Word(written=(start, end))
        at = start
        while (dollar := self.text.find("$", at, end)) >= 0:
            word.parts.append(self.text[at:dollar])
            at = self.variable(dollar, end, word, depth)
            if (dollar, at) != (start, end):
                word.written = None
        word.parts.append(self.text[at:end])
        return word

    def variable(self, dollar: int, end: int, word: _Word, depth: int) -> int:
        """Take what begins with the `$` there into `word`; where it ends."""
        found = _DOLLAR.match(self.text, dollar, end)
        if found is None and self.text.startswith("${", dollar):
            raise _Invalid
        if found is None or found["escaped"]:
            word.parts.append("$")
            word.written = None
            return dollar + 1 if found is None else found.end()
        name, operator = found["named"] or found["braced"], found["operator"] or "}"
        self.names[name] = word.written = None
        value = self.known.get(name)
        if operator == "}":
            self.take(name, value, word)
            return found.end()
        if operator[0] == ":":
            value = value or None
        close = self.closing(found.end(), end)
        self.operate(operator[-1], (name, value), (found.end(), close, depth + 1), word)
        return close + 1

    def operate(
        self, operator: str, variable: tuple[str, str | None], operand: tuple[int, int, int], word: _Word
    ) -> None:
        """What `:-`, `:?`, `:+` and their kin make of a variable."""
        name, value = variable
        if (operator == "-" and value is None) or (operator == "+" and value is not None):
            default = self.word(*operand)
            word.parts += default.parts
            word.written = default.written if operator == "-" else None
        elif operator != "+":
            self.take(name, value, word)

    def take(self, name: str, value: str | None, word: _Word) -> None:
        """Take the value of a variable, or note that it has none."""
        if value is None:
            self.unset[name] = None
            return
        self.added += len(value)
        if self.added > _MOST:
            raise _Invalid
        word.parts.append(value)

    def closing(self, start: int, end: int) -> int:
        """Where the brace is that closes what was opened before `start`."""
        depth = 0
        for brace in _BRACE.finditer(self.text, start, end):
            depth += 1 if brace[0] == "${" else -1
            if depth < 0:
                return brace.start()
        raise _Invalid
