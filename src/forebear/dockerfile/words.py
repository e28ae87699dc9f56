"""Part the arguments of an instruction: keyword, flags, words, JSON lists, here-documents."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from forebear.dockerfile.expand import SPACE, shell_words
from forebear.dockerfile.model import Malformed

BLANK: Final = re.compile(r"[\t\v\f\r ]+")
_GAP: Final = re.compile(f"[{SPACE}]+")
_HEAD: Final = re.compile(r"([^\t\v\f\r ]*)[\t\v\f\r ]*")
_HEREDOC: Final = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_ASCII_SPACE: Final = re.compile(r"[\t\n\v\f\r ]*")


def _word_pattern(escape: str, space: str, single: str) -> re.Pattern[str]:
    e = re.escape(escape)
    return re.compile(
        rf"""(?:[^{space}"'{e}]|{e}(?:.|\Z)|"(?:[^"{e}]|{e}(?:.|\Z))*(?:"|\Z)|'(?:{single})*(?:'|\Z))+""",
        re.DOTALL,
    )


_WORD: Final = {e: _word_pattern(e, SPACE, "[^']") for e in "\\`"}
_FLAG: Final = {e: _word_pattern(e, r"\t\n\v\f\r ", rf"[^'{re.escape(e)}]|{re.escape(e)}(?:.|\Z)") for e in "\\`"}


_PLAIN_FLAG: Final = {
    e: re.compile(rf"--([^\t\n\v\f\r \"'={re.escape(e)}]+)(?:=([^\t\n\v\f\r \"'{re.escape(e)}]*))?[\t\n\v\f\r ]+")
    for e in "\\`"
}


def _no_constant(name: str) -> float:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


class Flag(NamedTuple):
    """`--name=value`, quotes and escapes gone; `at[i]` is the index of `value[i]` in the line."""

    name: str
    value: str | None
    at: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the line that holds `value[start:end]`, which is not empty."""
        return self.at[start], self.at[end - 1] + 1


def split_keyword(line: str, start: int) -> tuple[str, int]:
    """The first word from `start`, and where the arguments begin."""
    found = _HEAD.match(line, start)
    assert found is not None  # noqa: S101 - it matches the empty text too
    return found[1], found.end()


def split_flags(line: str, start: int, escape: str) -> tuple[list[Flag], int]:
    """The flags from `start`, and where the other arguments begin."""
    flags: list[Flag] = []
    while line.startswith("--", start):
        plain = _PLAIN_FLAG[escape].match(line, start)
        if plain:
            at = plain.start(2)
            flags.append(Flag(plain[1], plain[2], range(at, plain.end(2))))
            start = plain.end()
            continue
        found = _FLAG[escape].match(line, start)
        assert found is not None  # noqa: S101 - it begins with "--"
        start = _skip(line, found.end())
        word, places = _unquoted(found.group(), found.start(), escape)
        if word == "--":
            return flags, found.end()
        flags.append(_flag(word, places))
    return flags, start


def _skip(line: str, start: int) -> int:
    found = _ASCII_SPACE.match(line, start)
    return found.end() if found else start


def _flag(word: str, at: tuple[int, ...] | range) -> Flag:
    name, equals, value = word.partition("=")
    return Flag(name[2:], value if equals else None, at[len(name) + 1 :])


def _unquoted(raw: str, start: int, escape: str) -> tuple[str, tuple[int, ...] | range]:
    """A raw flag without quotes and escapes, and the index in the line of each character left."""
    if not any(char in raw for char in ("'", '"', escape)):
        return raw, range(start, start + len(raw))
    kept: list[int] = []
    quote, index = "", 0
    while index < len(raw):
        char = raw[index]
        if char == quote or (not quote and char in "'\""):
            quote = "" if quote else char
        else:
            index += char == escape
            kept += [index] if index < len(raw) else []
        index += 1
    return "".join(raw[index] for index in kept), tuple(start + index for index in kept)


def split_words(text: str, escape: str) -> list[str]:
    """Words as ENV, LABEL and ARG have them: quotes and escapes stay."""
    if not any(char in text for char in ("'", '"', escape)):
        return _GAP.split(text) if text else []
    words = _WORD[escape].findall(text)
    if words and _ends_in_escape(words[-1], escape):
        words[-1] = words[-1][:-1]
    return [word for word in words if word]


def _ends_in_escape(word: str, escape: str) -> bool:
    """Whether the last character is an escape that escapes nothing."""
    return word.endswith(escape) and (len(word) - len(word.rstrip(escape))) % 2 == 1


def split_blank(text: str) -> list[str]:
    """Words as FROM, EXPOSE, COPY have them: white space parts them, quotes do not count."""
    return BLANK.split(text) if text else []


def split_json(text: str) -> list[str] | None:
    """The strings of a JSON list; None where the text is no JSON list. Raises Malformed."""
    if not text.startswith("["):
        return None
    try:
        items = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise Malformed("a JSON list may hold only strings here")
    return list(items)


class HeredocHead(NamedTuple):
    """`<<NAME` as found in a line."""

    name: str
    expand: bool
    chomp: bool
    descriptor: int


def find_heredocs(line: str) -> list[HeredocHead]:
    """The here-documents that a line announces. Raises Malformed."""
    try:
        words = shell_words(line, quotes=True, escapes=True)
    except Malformed:
        return []
    return [head for word in words if "<<" in word and (head := heredoc(word))]


def heredoc(word: str) -> HeredocHead | None:
    """Read one word as `[descriptor]<<[-]NAME`, NAME perhaps quoted. Raises Malformed."""
    found = _HEREDOC.fullmatch(word)
    if found is None or not found[3]:
        return None
    names = shell_words(found[3])
    if len(names) != 1:
        return None
    unquoted = _quotes(names) == _quotes(shell_words(found[3], quotes=True))
    return HeredocHead(names[0], unquoted, found[2] == "-", int(found[1][:9] or 0))


def _quotes(words: list[str]) -> int:
    return sum(word.count("'") + word.count('"') for word in words)
