"""From a text to its logical lines: directives, comments, continuation lines, here-document bodies."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

from forebear.dockerfile.expand import SPACE
from forebear.dockerfile.model import Directives, DockerfileFault

# The buffer of BuildKit's line scanner, Go's bufio.MaxScanTokenSize, in bytes and with the line's end.
MAX_LINE: Final = 1 << 16
BYTE_ORDER_MARK: Final = "\ufeff"
_KNOWN: Final = frozenset({"syntax", "escape", "check"})
_DIRECTIVE: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=(.+)")
_NARROW_SPACE: Final = "\t\n\f\r "


class Logical(NamedTuple):
    """A logical line: its text, its lines in the file, and where in the file its pieces begin."""

    text: str
    line: int
    end_line: int
    pieces: tuple[tuple[int, int], ...]  # (offset in `text`, offset in the file)

    def offset(self, index: int) -> int:
        """The offset in the file of the character at `index` of `text`."""
        if len(self.pieces) == 1:
            return self.pieces[0][1] + index
        start, offset = self.pieces[bisect_right(self.pieces, index, key=lambda piece: piece[0]) - 1]
        return offset + index - start


class Lines:
    """The lines of a text, handed out one logical line at a time."""

    __slots__ = ("_ends", "_escape", "_lines", "_next", "_offsets", "directives")

    def __init__(self, text: str) -> None:
        """Split the text and read its directives. Raises DockerfileFault."""
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._check_length(text)
        self._offsets = [0, *accumulate(len(line) + 1 for line in self._lines)]
        self._next = 0
        self.directives = _directives(self._lines)
        self._escape = self.directives.escape
        self._ends = f"{self._escape} \t\r"

    def _check_length(self, text: str) -> None:
        if len(text) < MAX_LINE // 4:
            return
        for number, line in enumerate(self._lines, 1):
            if len(line) >= MAX_LINE // 4 and len(line.encode("utf-8", "surrogatepass")) >= MAX_LINE:
                raise DockerfileFault(number, f"the line is longer than {MAX_LINE - 1} bytes")

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, counted from 1, of an offset into the text."""
        line = bisect_right(self._offsets, offset)
        return line, offset - self._offsets[line - 1] + 1

    def logical(self) -> Logical | None:
        """The next logical line that is not empty or a comment; None at the end."""
        while self._next < len(self._lines):
            number = self._next
            raw = self._lines[number]
            self._next += 1
            line = raw if "!" <= raw[:1] < "\x7f" else raw.lstrip(SPACE if number else SPACE + BYTE_ORDER_MARK)
            if not line or line[0] == "#":
                continue
            offset = self._offsets[number] + len(raw) - len(line)
            if line[-1] in self._ends:
                line, more = self._trim(line.rstrip("\r"))
                if more:
                    return self._joined(line, number, offset)
            return Logical(line, number + 1, number + 1, ((0, offset),))
        return None

    def _joined(self, text: str, number: int, offset: int) -> Logical:
        parts, pieces, length = [text], [(0, offset)], len(text)
        while self._next < len(self._lines):
            raw, offset = self._lines[self._next], self._offsets[self._next]
            self._next += 1
            bare = raw.strip(SPACE)
            if not bare or bare[0] == "#":
                continue
            line, more = self._trim(raw.rstrip("\r"))
            parts.append(line)
            pieces.append((length, offset))
            length += len(line)
            if not more:
                break
        return Logical("".join(parts), number + 1, self._next, tuple(pieces))

    def _trim(self, line: str) -> tuple[str, bool]:
        """The line without a continuation character at its end, and whether it had one."""
        tail = line.rstrip(" \t")
        if tail.endswith(self._escape) and tail[-2:-1] != self._escape:
            return tail[:-1], True
        return line, False

    def body(self, terminator: str, *, chomp: bool, line: int) -> str:
        """The lines of a here-document up to its terminator. Raises DockerfileFault at `line`."""
        start = self._next
        while self._next < len(self._lines):
            raw = self._lines[self._next].rstrip("\r")
            self._next += 1
            if (raw.lstrip("\t") if chomp else raw) == terminator:
                return "".join(f"{one}\n" for one in self._lines[start : self._next - 1])
        raise DockerfileFault(line, f'nothing ends the here-document "{terminator}"')

    @property
    def line(self) -> int:
        """The number of the last line that was handed out."""
        return self._next


def _directives(lines: list[str]) -> Directives:
    """Read the parser directives (Dockerfile reference, "Parser directives"). Raises DockerfileFault."""
    if not lines or not lines[0].lstrip(SPACE + BYTE_ORDER_MARK).startswith("#"):
        return Directives()
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        pair = _directive(line.lstrip(SPACE if number else SPACE + BYTE_ORDER_MARK))
        if pair is None:
            break
        if pair[0] in found:
            raise DockerfileFault(number + 1, f"the parser directive {pair[0]} stands twice")
        _check_escape(number + 1, *pair)
        found[pair[0]] = pair[1]
    syntax, syntax_line = _syntax(lines)
    return Directives(syntax, syntax_line, found.get("escape", "\\"), found.get("check"), len(found))


def _directive(line: str) -> tuple[str, str] | None:
    if not line.startswith("#"):
        return None
    found = _DIRECTIVE.fullmatch(line.rstrip("\r")[1:].lstrip(SPACE))
    if found is None or found[1].lower() not in _KNOWN:
        return None
    return found[1].lower(), found[2].strip(_NARROW_SPACE) or found[2][-1]


def _check_escape(line: int, name: str, value: str) -> None:
    if name == "escape" and value not in {"\\", "`"}:
        raise DockerfileFault(line, f'the escape character is "{value[:20]}", and must be \\ or `')


def _syntax(lines: list[str]) -> tuple[str | None, int]:
    """The frontend that BuildKit would load, and its line: not indented, but also behind a `#!` line."""
    first = lines[0].removeprefix(BYTE_ORDER_MARK)
    skipped = first.startswith("#!")
    for number, line in enumerate(lines[1:] if skipped else [first, *lines[1:]], 1 + skipped):
        pair = _directive(line)
        if pair is None:
            break
        if pair[0] == "syntax":
            return pair[1].partition(" ")[0], number
    return None, 0
