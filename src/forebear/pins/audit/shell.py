"""Part a shell script into its commands and their words, as far as finding installed packages needs it.

The grammar is that of POSIX.1-2024, "Shell Command Language", 2.2 (quoting), 2.3 (tokens), 2.7 (redirection). Nothing
is expanded: a word that holds a variable or the output of a command is `open`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE: Final = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
# A word without anything special in it, or a separator.
_SIMPLE: Final = re.compile(
    r"""(?:[\x20\t\r]|\\\r?\n)*
    (?: ([^\x20\t\r\n;&|()<>"'\\$`\#][^\x20\t\r\n;&|()<>"'\\$`]*) (?=[\x20\t\r\n;&|()]|\Z)
      | (\n|&&|\|\||;;?|\|&?|&(?!>)|[()])
    )""",
    re.VERBOSE,
)
_REDIRECTION: Final = re.compile(r"[0-9]*(?:<<<|<<-?|<[&>]?|>[>&|]?)|&>>?")
_PLAIN: Final = re.compile(r"[^ \t\r\n;&|()<>\"'\\$`]+")
_IN_DOUBLE: Final = re.compile(r"[^\"\\$`]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_NESTED: Final = re.compile(r"[(){}'\"`\\]")
_PAIRS: Final = {"(": ")", "{": "}"}


class Word(NamedTuple):
    """A word without its quotes; `open` if it holds something that only the shell knows."""

    text: str
    open: bool = False


Command = list[Word]


def commands(script: str) -> Iterator[Command]:
    """The simple commands of a script in order, with the reserved words that stand before them."""
    lexer = _Lexer(script)
    command: Command = []
    while (token := lexer.token()) is not None:
        if isinstance(token, Word):
            command.append(token)
        elif command:
            yield command
            command = []
    if command:
        yield command


class _Lexer:
    """A script, read from left to right; every character once."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0

    def token(self) -> Word | str | None:
        """The next word or separator; None at the end."""
        while self.at < len(self.script):
            if simple := _SIMPLE.match(self.script, self.at):
                self.at = simple.end()
                return Word(simple[1]) if simple[1] else simple[2]
            if self.skipped(_SPACE):
                continue
            if self.script[self.at] == "#":
                end = self.script.find("\n", self.at)
                self.at = len(self.script) if end < 0 else end
            elif self.skipped(_REDIRECTION):
                self.skipped(_SPACE)
                self.word()
            else:
                return self.word()
        return None

    def skipped(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.script, self.at)
        if found is not None:
            self.at = found.end()
        return found is not None

    def word(self) -> Word:
        parts: list[str] = []
        is_open = False
        while self.at < len(self.script):
            if plain := _PLAIN.match(self.script, self.at):
                parts.append(plain[0])
                self.at = plain.end()
                continue
            char = self.script[self.at]
            if char not in "'\"\\$`":
                break
            text, opened = self.quoted(char)
            parts.append(text)
            is_open |= opened
        return Word("".join(parts), is_open)

    def quoted(self, char: str) -> tuple[str, bool]:
        """What begins with a quote, an escape or a substitution, and whether it is open."""
        if char == "'":
            return self.until("'"), False
        if char == "\\":
            self.at += 2
            escaped = self.script[self.at - 1 : self.at]
            return ("" if escaped == "\n" else escaped), False
        if char == '"':
            return self.double()
        self.substitution(char)
        return "", True

    def until(self, quote: str) -> str:
        """The text up to the next `quote`, which is passed; all the rest where there is none."""
        start = self.at + 1
        end = self.script.find(quote, start)
        end = len(self.script) if end < 0 else end
        self.at = end + 1
        return self.script[start:end]

    def double(self) -> tuple[str, bool]:
        self.at += 1
        parts: list[str] = []
        is_open = False
        while self.at < len(self.script) and (char := self.script[self.at]) != '"':
            if plain := _IN_DOUBLE.match(self.script, self.at):
                parts.append(plain[0])
                self.at = plain.end()
            elif char == "\\":
                parts.append(self.script[self.at + 1 : self.at + 2])
                self.at += 2
            else:
                self.substitution(char)
                is_open = True
        self.at += 1
        return "".join(parts), is_open

    def substitution(self, char: str) -> None:
        """Pass `$NAME`, `${…}`, `$(…)` or `` `…` ``."""
        if char == "`":
            self.until("`")
            return
        self.at += 1
        opening = self.script[self.at : self.at + 1]
        if opening in _PAIRS:
            self.pass_nested()
        else:
            self.skipped(_NAME)

    def pass_nested(self) -> None:
        """Pass a parenthesis or brace with all that is in it."""
        closing: list[str] = []
        while found := _NESTED.search(self.script, self.at):
            self.at = found.end()
            char = found[0]
            if char in _PAIRS:
                closing.append(_PAIRS[char])
            elif closing[-1:] == [char]:
                closing.pop()
            elif char == "\\":
                self.at += 1
            elif char == "`" or (char == "'" and closing[-1] != '"'):
                self.at -= 1
                self.until(char)
            elif char == '"':
                closing.append('"')
            if not closing:
                return
        self.at = len(self.script)
