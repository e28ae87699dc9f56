"""Shell patterns with `*` and `?`, matched without backtracking, for the substitutions of expand.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PATTERN: Final = 4096
_TOKEN: Final = re.compile(r"\\(.?)|(.)", re.DOTALL)
_STAR, _ANY = "*", "."
_Tokens = list[str]  # "*", ".", or the regular expression of one character


def remove_prefix(value: str, pattern: str, *, greedy: bool) -> str:
    """`${value#pattern}`, or `##` if greedy. Raises Malformed."""
    found = _Pattern.of(_tokens(pattern)).match(value, 0, greedy=greedy)
    return value if found is None else value[found:]


def remove_suffix(value: str, pattern: str, *, greedy: bool) -> str:
    """`${value%pattern}`, or `%%` if greedy. Raises Malformed."""
    found = _Pattern.of(_tokens(pattern)[::-1]).match(value[::-1], 0, greedy=greedy)
    return value if found is None else value[: len(value) - found]


def replace(value: str, pattern: str, new: str, *, everywhere: bool, limit: int) -> str:
    """`${value/pattern/new}`, or `//` if everywhere; at most `limit` characters. Raises Malformed."""
    parts: list[str] = []
    position, size = 0, len(value)
    for start, end in _Pattern.of(_tokens(pattern)).matches(value, everywhere=everywhere):
        size += len(new) - (end - start)
        if size > limit:
            raise Malformed(f"the value grows beyond {limit} characters")
        parts += [value[position:start], new]
        position = end
    return "".join([*parts, value[position:]])


def _tokens(pattern: str) -> _Tokens:
    if len(pattern) > MAX_PATTERN:
        raise Malformed(f"a pattern is longer than {MAX_PATTERN} characters")
    return [_token(*found.groups()) for found in _TOKEN.finditer(pattern)]


def _token(escaped: str | None, plain: str | None) -> str:
    if plain is not None:
        return {"*": _STAR, "?": _ANY}.get(plain) or re.escape(plain)
    if escaped is None or escaped not in {"*", "?", "\\", "}", "/"}:
        raise Malformed(f'a pattern holds the unknown escape "\\{escaped}"')
    return re.escape(escaped)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Segments of fixed length, with any text between them."""

    segments: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, tokens: _Tokens) -> _Pattern:
        segments: list[list[str]] = [[]]
        for token in tokens:
            if token == _STAR:
                segments.append([])
            else:
                segments[-1].append(token)
        return cls(tuple(re.compile("".join(segment), re.DOTALL) for segment in segments))

    def match(self, value: str, start: int, *, greedy: bool) -> int | None:
        """Where a match that begins at `start` ends."""
        found = self.segments[0].match(value, start)
        for segment in self.segments[1:]:
            found = found and segment.search(value, found.end())
        if found is None:
            return None
        return self._last_end(value, found) if greedy and len(self.segments) > 1 else found.end()

    def matches(self, value: str, *, everywhere: bool) -> Iterator[tuple[int, int]]:
        """Greedy matches from the left; an empty one right behind another does not count, as in Go."""
        position, last_end = 0, -1
        while position <= len(value) and (first := self.segments[0].search(value, position)):
            start, end = first.start(), self.match(value, first.start(), greedy=True)
            if end is None:
                return
            if end > start or start != last_end:
                yield start, end
                if not everywhere:
                    return
            position, last_end = (end if end > start else end + 1), end

    def _last_end(self, value: str, found: re.Match[str]) -> int:
        width, last = found.end() - found.start(), self.segments[-1]
        for start in range(len(value) - width, found.start(), -1):
            if last.match(value, start):
                return start + width
        return found.end()
