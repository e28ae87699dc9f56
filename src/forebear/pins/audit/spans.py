"""Where a part of a text is: lines and columns of characters, offsets in bytes."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from forebear.dockerfile.lines import BYTE_ORDER_MARK
from forebear.pins.audit.model import Span


class Spans:
    """Makes the spans of one text, which begins `before` bytes into its file; lines end with a line feed."""

    __slots__ = ("_ascii", "_before", "_bytes", "_starts", "_text")

    def __init__(self, text: str, before: int = 0) -> None:
        self._text = text
        self._before = before
        self._ascii = text.isascii()
        self._starts: list[int] = []
        self._bytes: list[int] = []

    def span(self, start: int, end: int) -> Span:
        """The part between two offsets in characters."""
        line, column = self._place(start)
        end_line, end_column = self._place(end)
        return Span(line, column, end_line, end_column, self._offset(start, line), self._offset(end, end_line))

    def line(self, number: int) -> Span:
        """What is written in a line, counted from 1, without white space around it; the last for one beyond it."""
        starts = self._lines()
        number = min(max(number, 1), len(starts))
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self._text)
        written = self._text[start:end]
        start += len(written) - len(written.lstrip())
        return self.span(start, start + len(written.strip()))

    def at(self, line: int, column: int) -> int:
        """The offset in characters of a line and column, counted from 1."""
        return self._lines()[line - 1] + column - 1

    def end(self, line: int) -> int:
        """The offset in characters of the end of a line, counted from 1."""
        starts = self._lines()
        return starts[line] if line < len(starts) else len(self._text)

    def _place(self, offset: int) -> tuple[int, int]:
        starts = self._lines()
        line = bisect_right(starts, offset)
        before = 1 if line == 1 and offset and self._text.startswith(BYTE_ORDER_MARK) else 0
        return line, offset - starts[line - 1] + 1 - before

    def _offset(self, offset: int, line: int) -> int:
        if self._ascii:
            return self._before + offset
        if not self._bytes:
            sizes = (_size(line) + 1 for line in self._text.split("\n"))
            self._bytes = [0, *accumulate(sizes)]
        begin = self._lines()[line - 1]
        return self._before + self._bytes[line - 1] + _size(self._text[begin:offset])

    def _lines(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *accumulate(len(line) + 1 for line in self._text.split("\n"))][:-1]
        return self._starts


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
