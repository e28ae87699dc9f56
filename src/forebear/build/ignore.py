"""Which paths of a build context `.dockerignore` leaves out, exactly as BuildKit's tools read it.

The rules are those of github.com/moby/patternmatcher and its package ignorefile, applied folder by
folder as BuildKit's file transfer (github.com/tonistiigi/fsutil, filter.go) applies them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from posixpath import normpath
from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Go's unicode.IsSpace; str.strip() alone would take U+001C to U+001F as well.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_RANGE = r"(?:\\[\s\S]|[^\]\\-])"
_PART = re.compile(rf"\*\*/?|\*|\?|\[\^?+(?:{_RANGE}(?:-{_RANGE})?)+\]|\\[\s\S]|[\s\S]")
_RANGES = re.compile(rf"({_RANGE})(?:-({_RANGE}))?")
_REGEXP = re.compile(r"\\[\s\S]|(\||\{\d+(?:,\d*)?\})")
_MAGIC = re.compile(r"[*?\[\]\\]")

Hits = tuple[bool, ...]
"""For each rule of an Ignore, whether it matched a folder or a folder above it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: an exact path (`body` is empty) or a regular expression that a whole path must match."""

    exception: bool
    body: str
    stem: str
    """What every path that it matches starts with; the path itself where `body` is empty."""

    def reaches(self, folder: str) -> bool:
        """Whether it could match something below `folder`."""
        below = folder + "/"
        return self.stem.startswith(below) or bool(self.body and below.startswith(self.stem))


class Rule:
    """Neighbouring patterns of one kind: all of them leave out, or all of them are exceptions."""

    __slots__ = ("_exact", "_match", "exception", "patterns")

    def __init__(self, exception: bool, patterns: Iterable[Pattern]) -> None:
        self.exception = exception
        self.patterns = tuple(patterns)
        self._exact = frozenset(p.stem for p in self.patterns if not p.body)
        bodies = [p.body for p in self.patterns if p.body]
        self._match = re.compile("|".join(f"(?:{body})" for body in bodies)).fullmatch if bodies else None

    def matches(self, path: str) -> bool:
        """Whether one of the patterns is `path`'s own."""
        return path in self._exact or (self._match is not None and self._match(path) is not None)


class Ignore:
    """A `.dockerignore`, ready to judge a tree from the top down."""

    __slots__ = ("rules", "top")

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        runs = groupby(patterns, key=lambda pattern: pattern.exception)
        self.rules = tuple(Rule(exception, run) for exception, run in runs)
        self.top: Hits = (False,) * len(self.rules)

    def judge(self, path: str, above: Hits) -> tuple[bool, Hits]:
        """Whether `path` is left out, and the hits to judge what is below it with.

        `above` are the hits of the folder that holds it (`top` for the context itself). A rule that
        matched a folder goes for all that is below; a rule that could not change the verdict is not
        asked, as in patternmatcher's MatchesUsingParentResults. The last rule that matches decides.
        """
        excluded, hits = False, []
        for rule, inherited in zip(self.rules, above, strict=True):
            hit = inherited or (rule.exception == excluded and rule.matches(path))
            if hit:
                excluded = not rule.exception
            hits.append(hit)
        return excluded, tuple(hits)

    def may_return(self, folder: str, hits: Hits) -> bool:
        """Whether an exception could bring back something below `folder`, which is left out."""
        fresh = (rule for rule, hit in zip(self.rules, hits, strict=True) if rule.exception and not hit)
        return any(pattern.reaches(folder) for rule in fresh for pattern in rule.patterns)


def parse_ignore(data: bytes, file: str) -> Ignore:
    """Read the bytes of a `.dockerignore`; raises InputError with every line that is no pattern."""
    patterns: list[Pattern] = []
    faults: list[Fault] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            patterns.extend(_read_line(line))
        except ValueError as error:
            faults.append(Fault(Place(file, number), *_words(error)))
    if faults:
        raise InputError(faults)
    return Ignore(patterns)


def _words(error: ValueError) -> tuple[str, str]:
    if isinstance(error, UnicodeDecodeError):
        return "the line is not UTF-8", "save the file as UTF-8"
    problem, action = error.args
    return problem, action


def _read_line(line: bytes) -> Iterator[Pattern]:
    """The pattern of one line: none for a comment or an empty line.

    Cleaned twice, since the tools do: first the file's reader, then the matcher, for which `/!x`
    has become an exception.
    """
    if line.startswith(b"#"):
        return
    text = line.decode().strip(_SPACE)
    exception = text.startswith("!")
    text = _clean(text.removeprefix("!").strip(_SPACE))
    text = _clean(("!" if exception else "") + text.removeprefix("/" if len(text) > 1 else ""))
    if not text:
        return
    if text == "!":
        raise ValueError("`!` names no path", "write the path behind it, or remove the line")
    yield _compile(text.removeprefix("!"), text.startswith("!"))


def _clean(text: str) -> str:
    """The shortest equal path, as Go's filepath.Clean; an empty text stays empty."""
    text = text.strip(_SPACE)
    if text.startswith("//"):
        text = "/" + text.lstrip("/")
    return normpath(text) if text else ""


def _compile(text: str, exception: bool) -> Pattern:
    """One cleaned pattern.

    `**` at an end of an otherwise plain pattern compares that end alone, letter for letter; any other
    `**` stands for whole folders, and for none.
    """
    if not _MAGIC.search(text):
        return Pattern(exception, "", text)
    if text.startswith("**") and not _MAGIC.search(rest := text[2:]):
        folders = r"(?:[\s\S]*/)?" if rest.startswith("/") else r"[\s\S]*"
        return Pattern(exception, folders + re.escape(rest.removeprefix("/")), "")
    if text.endswith("**") and not _MAGIC.search(stem := text[:-2]):
        return Pattern(exception, re.escape(stem) + r"[\s\S]*", stem)
    _refuse_regexp(text)
    *parts, last = _PART.findall(text)
    body = "".join(map(_translate, parts)) + (".*" if last == "**" else _translate(last))
    return Pattern(exception, body, re.split(r"[*?\[\]\\^]", text, maxsplit=1)[0])


def _refuse_regexp(text: str) -> None:
    """Signs that the tools leave unescaped in their regular expression, although no manual names them.

    patternmatcher's escapeBytes loses `{`, `|` and `}`, whose bits do not fit its bytes.
    """
    if sign := next(filter(None, _REGEXP.findall(text)), ""):
        problem = f"`{sign}` beside a wildcard is a sign of regular expressions to the engine's tools"
        raise ValueError(problem, f"write `\\{sign}` for the characters")


def _translate(part: str) -> str:
    if part.startswith("**"):
        return "(?:.*/)?"
    if plain := {"*": "[^/]*", "?": "[^/]", "^": r"\A"}.get(part):
        return plain
    if part == "[":
        action = "end it with `]`, or write `\\[` for the character"
        raise ValueError("`[` opens a set of characters that is empty or never ends", action)
    return _translate_set(part) if part.startswith("[") else re.escape(_literal(part))


def _translate_set(part: str) -> str:
    """`[a-z]` and `[^a-z]`. The tools read `*`, `?` and `[` in a set in ways that nobody means."""
    inside = part[1:-1].removeprefix("^")
    ranges = [(_literal(low), _literal(high or low)) for low, high in _RANGES.findall(inside)]
    if wild := re.search(r"(?<!\\)(?:\\\\)*([*?\[])", inside):
        raise ValueError(f"`{wild[1]}` in a set stands for more than itself", f"write `\\{wild[1]}`")
    if wrong := next((f"{low}-{high}" for low, high in ranges if low > high), ""):
        raise ValueError(f"the range `{wrong}` runs backwards", f"write `{wrong[::-1]}`")
    body = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges)
    return f"[{'^' if part.startswith('[^') else ''}{body}]"


def _literal(part: str) -> str:
    """The character that a part of a pattern stands for, without its backslash."""
    if not part.startswith("\\"):
        return part
    if part == "\\":
        raise ValueError("the pattern ends in a backslash", "remove it; folders are separated by `/`")
    if part[1].isalnum() or not part.isascii():
        action = "a backslash goes before a sign such as `*` only; folders are separated by `/`"
        raise ValueError(f"`{part}` is no escape that the engine's tools agree on", action)
    return part[1]
