"""From a text to its logical lines: directives, comments, continuation lines, here-document bodies."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.expand import SPACE
from forebear.dockerfile.model import Directives, DockerfileFault

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of a logical line: (offset in it, offset in the file).
Pieces = tuple[tuple[int, int], ...]
# The buffer of BuildKit's line scanner, Go's bufio.MaxScanTokenSize, in bytes and with the line's end.
MAX_LINE: Final = 1 << 16
BYTE_ORDER_MARK: Final = "\ufeff"
_KNOWN: Final = frozenset({"syntax", "escape", "check"})
_DIRECTIVE: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=(.+)")
# No "<", for here-documents; no "-" first, for flags; no "o" first, for ONBUILD.
_PLAIN: Final = {
    escape: re.compile(rf"(?![oO])([A-Za-z]+)[ \t]+([!-,.-;=-~](?:[^\n<]*[!-;=-~])?)(?<!{re.escape(escape)})\n").match
    for escape in "\\`"
}
_FIRST: Final = re.compile(rf"[{SPACE}]*#(?:!|[{SPACE}]*(?:syntax|escape|check)[\t\n\f\r ]*=)", re.IGNORECASE).match
_NO_DIRECTIVES: Final = Directives()
_NARROW_SPACE: Final = "\t\n\f\r "


class Logical(NamedTuple):
    """A logical line, its number, and where in the file its pieces begin."""

    text: str
    line: int
    pieces: Pieces


def offset_in(pieces: Pieces, index: int) -> int:
    """The offset in the file of the character at `index` of a logical line."""
    if len(pieces) == 1:
        return pieces[0][1] + index
    start, offset = pieces[bisect_right(pieces, index, key=lambda piece: piece[0]) - 1]
    return offset + index - start


class Lines:
    """A text, handed out one logical line at a time; `line` is the number of the last one so far."""

    __slots__ = ("_begin", "_ends", "_escape", "_placed", "_plain", "_position", "_text", "directives", "line")

    def __init__(self, text: str) -> None:
        """Read the directives of a text. Raises DockerfileFault."""
        if len(text) >= MAX_LINE // 4:
            _check_length(text)
        self._text = text
        self._position = self._begin = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self._placed = self._begin, 1
        self.line = 0
        self.directives = _directives(text, self._position)
        self._escape = self.directives.escape
        self._plain = _PLAIN[self._escape]
        self._ends = f"{self._escape} \t\r"

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, counted from 1, of an offset into the text; quick for ascending offsets."""
        begin, line = self._placed if self._placed[0] <= offset else (self._begin, 1)
        line += self._text.count("\n", begin, offset)
        begin = max(begin, self._text.rfind("\n", begin, offset) + 1)
        self._placed = begin, line
        return line, offset - begin + 1

    def plain(self) -> re.Match[str] | None:
        """The next line, if it plainly is an instruction by itself: keyword and arguments.

        It is one without flags, triggers, here-documents and continuation.
        """
        found = self._plain(self._text, self._position)
        if found is not None:
            self._position = found.end()
            self.line += 1
        return found

    def logical(self) -> Logical | None:
        """The next logical line that is not empty or a comment; None at the end."""
        while (raw := self._next()) is not None:
            line = raw if "!" <= raw[:1] < "\x7f" else raw.lstrip(SPACE)
            if not line or line[0] == "#":
                continue
            offset = self._start(raw) + len(raw) - len(line)
            if line[-1] in self._ends:
                line, more = self._trim(line.rstrip("\r"))
                if more:
                    return self._joined(line, self.line, offset)
            return Logical(line, self.line, ((0, offset),))
        return None

    def _next(self) -> str | None:
        """The next line of the text, without its line feed; None at the end."""
        if self._position >= len(self._text):
            return None
        start, end = self._position, self._text.find("\n", self._position)
        end = len(self._text) if end < 0 else end
        self._position = end + 1
        self.line += 1
        return self._text[start:end]

    def _start(self, raw: str) -> int:
        """Where the line that was handed out last begins."""
        return self._position - 1 - len(raw)

    def _joined(self, text: str, number: int, offset: int) -> Logical:
        parts, pieces, length = [text], [(0, offset)], len(text)
        while (raw := self._next()) is not None:
            first = raw.lstrip(" \t")[:1]
            if not "$" <= first < "\x7f" and _is_skipped(raw):
                continue
            line, more = self._trim(raw.rstrip("\r")) if raw[-1] in self._ends else (raw, False)
            parts.append(line)
            pieces.append((length, self._start(raw)))
            length += len(line)
            if not more:
                break
        return Logical("".join(parts), number, tuple(pieces))

    def _trim(self, line: str) -> tuple[str, bool]:
        """The line without a continuation character at its end, and whether it had one."""
        tail = line.rstrip(" \t")
        if tail.endswith(self._escape) and tail[-2:-1] != self._escape:
            return tail[:-1], True
        return line, False

    def body(self, terminator: str, *, chomp: bool, line: int) -> str:
        """The lines of a here-document up to its terminator. Raises DockerfileFault at `line`."""
        start = self._position
        while (raw := self._next()) is not None:
            bare = raw.rstrip("\r")
            if (bare.lstrip("\t") if chomp else bare) == terminator:
                return self._text[start : self._start(raw)]
        raise DockerfileFault(line, f'nothing ends the here-document "{terminator}"')


def _check_length(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) >= MAX_LINE // 4 and len(line.encode("utf-8", "replace")) >= MAX_LINE:
            raise DockerfileFault(number, f"the line is longer than {MAX_LINE - 1} bytes")


def _is_skipped(line: str) -> bool:
    """Whether a line between continued ones is blank or a comment."""
    bare = line.lstrip(SPACE)
    return not bare or bare[0] == "#"


def _directives(text: str, start: int) -> Directives:
    """Read the parser directives (Dockerfile reference, "Parser directives"). Raises DockerfileFault."""
    if not _FIRST(text, start):
        return _NO_DIRECTIVES
    found: dict[str, str] = {}
    for number, line in enumerate(_head(text, start), 1):
        pair = _directive(line.lstrip(SPACE))
        if pair is None:
            break
        if pair[0] in found:
            raise DockerfileFault(number, f"the parser directive {pair[0]} stands twice")
        _check_escape(number, *pair)
        found[pair[0]] = pair[1]
    syntax, syntax_line = _syntax(text, start)
    return Directives(syntax, syntax_line, found.get("escape", "\\"), found.get("check"), len(found))


def _head(text: str, start: int) -> Iterator[str]:
    """The first lines, as many as there can be directives, and one more."""
    for _ in range(len(_KNOWN) + 2):
        end = text.find("\n", start)
        yield text[start : end if end >= 0 else len(text)]
        if end < 0:
            return
        start = end + 1


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


def _syntax(text: str, start: int) -> tuple[str | None, int]:
    """The frontend that BuildKit would load, and its line: not indented, but also behind a `#!` line."""
    for number, line in enumerate(_head(text, start), 1):
        if number == 1 and line.startswith("#!"):
            continue
        pair = _directive(line)
        if pair is None:
            break
        if pair[0] == "syntax":
            return pair[1].partition(" ")[0], number
    return None, 0
