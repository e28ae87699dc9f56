"""Expand variables, quotes and escapes in the words of a Dockerfile, as BuildKit does.

The rules are those of the Dockerfile reference, "Environment replacement", and, where that is silent, of
BuildKit's own lexer (github.com/moby/buildkit, frontend/dockerfile/shell).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.patterns import remove_prefix, remove_suffix, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH: Final = 1 << 16
MAX_DEPTH: Final = 32
# Go's unicode.IsSpace, which is narrower than Python's str.isspace.
SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

_SPECIAL_PARAMETERS: Final = frozenset("@*#?-$!")
_PLAIN: Final = {escape: re.compile(rf"[^$'\"<{re.escape(escape)}}}/]+") for escape in "\\`"}
_QUOTED: Final = {escape: re.compile(rf"[^$\"{re.escape(escape)}]+") for escape in "\\`"}
_GAP: Final = re.compile(f"[{SPACE}]+")
_ACTIVE: Final = {escape: re.compile(rf"[$'\"{re.escape(escape)}]") for escape in "\\`"}
_NOTHING: Final[frozenset[str]] = frozenset()
_MODIFIERS: Final = frozenset({":+", ":-", ":?", "+", "-", "?", "#", "%"})
_HEREDOC: Final = re.compile(r"<(?:<[\t\r ]*)?")


class UnsetFault(Malformed):
    """`${name:?message}` of a variable that has no value."""


@dataclass(slots=True)
class _Lexer:
    """One word, read from left to right; the options are BuildKit's."""

    text: str
    env: Mapping[str, str]
    escape: str = "\\"
    raw_quotes: bool = False
    raw_escapes: bool = False
    skip_unset: bool = False
    pos: int = 0
    depth: int = 0
    budget: int = MAX_LENGTH
    unset: set[str] = field(default_factory=set)

    @property
    def shown(self) -> str:
        return repr(self.text if len(self.text) <= 80 else f"{self.text[:80]}…")

    def peek(self) -> str:
        return self.text[self.pos : self.pos + 1]

    def take(self) -> str:
        char = self.text[self.pos : self.pos + 1]
        self.pos += 1
        return char

    def until(self, stop: str, *, raw_escapes: bool) -> list[tuple[str, bool]]:
        """The pieces up to `stop` (the end for ""), each with whether white space in it parts words."""
        saved, self.raw_escapes = self.raw_escapes, raw_escapes
        pieces: list[tuple[str, bool]] = []
        while self.pos < len(self.text):
            if self.text[self.pos] == stop:
                self.pos += 1
                break
            pieces.append(self.piece())
        else:
            if stop:
                raise Malformed(f'{self.shown} ends before the "{stop}" that a substitution needs')
        self.raw_escapes = saved
        return pieces

    def word(self, stop: str, *, raw_escapes: bool = False) -> str:
        return "".join(text for text, _ in self.until(stop, raw_escapes=raw_escapes))

    def piece(self) -> tuple[str, bool]:
        plain = _PLAIN[self.escape].match(self.text, self.pos)
        if plain:
            self.pos = plain.end()
            return plain.group(), True
        match self.text[self.pos]:
            case "$":
                return self.dollar(), True
            case "'":
                return self.single(), False
            case '"':
                return self.double(), False
            case "<":
                return self.angle(), False
            case self.escape:
                return self.escaped(), False
        return self.take(), True

    def escaped(self) -> str:
        self.pos += 1
        return (self.escape if self.raw_escapes else "") + self.take()

    def angle(self) -> str:
        found = _HEREDOC.match(self.text, self.pos)
        assert found is not None  # noqa: S101 - the caller saw the "<"
        self.pos = found.end()
        return found.group()

    def single(self) -> str:
        end = self.text.find("'", self.pos + 1)
        if end < 0:
            raise Malformed(f"{self.shown} opens a ' that nothing closes")
        start, self.pos = self.pos, end + 1
        return self.text[start : end + 1] if self.raw_quotes else self.text[start + 1 : end]

    def double(self) -> str:
        self.pos += 1
        parts: list[str] = []
        while (char := self.peek()) != '"':
            if not char:
                raise Malformed(f'{self.shown} opens a " that nothing closes')
            parts.append(self.in_double(char))
        self.pos += 1
        inside = "".join(parts)
        return f'"{inside}"' if self.raw_quotes else inside

    def in_double(self, char: str) -> str:
        plain = _QUOTED[self.escape].match(self.text, self.pos)
        if plain:
            self.pos = plain.end()
            return plain.group()
        if char == "$":
            return self.dollar()
        self.pos += 1
        raw = self.escape if self.raw_escapes else ""
        follower = self.peek()
        if not follower:
            return raw
        return raw + (self.take() if follower in ('"', "$", self.escape) else self.escape)

    def dollar(self) -> str:
        self.pos += 1
        if self.peek() != "{":
            name = self.name()
            return self.value(name, f"${name}") if name else "$"
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"substitutions are nested more than {MAX_DEPTH} deep")
        value = self.braces()
        self.depth -= 1
        return value

    def name(self) -> str:
        start = self.pos
        first = self.peek()
        if first in _SPECIAL_PARAMETERS and first:
            return self.take()
        digits = first.isdecimal()
        while (char := self.peek()) and (char.isdecimal() or (not digits and (char.isalpha() or char == "_"))):
            self.pos += 1
        return self.text[start : self.pos]

    def value(self, name: str, unset: str) -> str:
        value = self.get(name)
        if value is None:
            return unset if self.skip_unset else ""
        self.budget -= len(value)
        if self.budget < 0:
            raise Malformed(f"the value grows beyond {MAX_LENGTH} characters")
        return value

    def get(self, name: str) -> str | None:
        value = self.env.get(name)
        if value is None:
            self.unset.add(name)
        return value

    def braces(self) -> str:
        self.pos += 1
        if self.peek() in ("{", "}", ":", ""):
            raise Malformed(f"{self.shown} holds a substitution that names no variable")
        name = self.name()
        operator = self.take()
        if operator == "}":
            return self.value(name, f"${{{name}}}")
        if operator == "/":
            return self.replaced(name)
        if operator == ":":
            operator += self.take()
        if operator in {"", ":"}:
            raise Malformed(f'{self.shown} ends before the "}}" that a substitution needs')
        return self.modified(name, operator)

    def modified(self, name: str, operator: str) -> str:
        if operator not in _MODIFIERS and not (self.skip_unset and operator[0] == ":" and operator[1] not in "#%"):
            raise Malformed(f'{self.shown} has the unknown modifier "{operator}" in a substitution')
        word = self.word("}", raw_escapes=operator in "#%")
        value = self.get(name)
        if value is None and self.skip_unset:
            return f"${{{name}{operator}{word}}}"
        if operator in "#%":
            return self.trimmed(operator, word, value or "")
        given = value is not None and not (operator[0] == ":" and value == "")
        return self.defaulted(name, operator[-1], word, value or "", given=given)

    def defaulted(self, name: str, operator: str, word: str, value: str, *, given: bool) -> str:
        if operator == "+":
            return word if given else ""
        if given:
            return self.value(name, value)
        if operator == "?":
            raise UnsetFault(f"{name}: {word or 'a value is required'}")
        return word

    def trimmed(self, operator: str, word: str, value: str) -> str:
        greedy = word.startswith(operator)
        remove = remove_suffix if operator == "%" else remove_prefix
        return remove(value, word[greedy:], greedy=greedy)

    def replaced(self, name: str) -> str:
        everywhere = self.peek() == "/"
        self.pos += everywhere
        pattern = self.word("/", raw_escapes=True)
        replacement = self.word("}", raw_escapes=True)
        value = self.get(name)
        if value is None and self.skip_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        return replace(value or "", pattern, replacement, everywhere=everywhere, limit=MAX_LENGTH)


def expand(text: str, env: Mapping[str, str], escape: str = "\\") -> tuple[str, frozenset[str]]:
    """Expand one word; quotes and escapes go. Returns the word and the variables that had no value.

    Raises Malformed for a malformed word, and its kind UnsetFault for `${name:?}` without a value.
    """
    if not _ACTIVE[escape].search(text):
        return text, _NOTHING
    lexer = _Lexer(text, env, escape)
    return lexer.word(""), frozenset(lexer.unset)


def shell_words(text: str, *, quotes: bool = False, escapes: bool = False) -> list[str]:
    """Part `text` into words; variables stay as written, as do `quotes` and `escapes` if asked for.

    This is how BuildKit finds here-documents. Raises Malformed.
    """
    lexer = _Lexer(text, {}, raw_quotes=quotes, raw_escapes=escapes, skip_unset=True)
    words: list[str] = []
    current = ""
    for piece, parts in lexer.until("", raw_escapes=escapes):
        first, *others = _GAP.split(piece) if parts else [piece]
        current += first
        for chunk in others:
            words.append(current)
            current = chunk
    return [word for word in [*words, current] if word]
