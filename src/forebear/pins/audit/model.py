"""What an audit reads and what it finds, as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding matters, most first; a rule that is OFF is not judged."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)

    def reaches(self, threshold: Severity) -> bool:
        """Whether it is at least as grave as `threshold`."""
        return self.rank <= threshold.rank


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that an audit judges.

    `code` and `name` never change their meaning; `severity` is what it has where no settings say another;
    `summary` is a noun phrase, `why` and `mend` are sentences.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    mend: str


class Span(NamedTuple):
    """A part of a file.

    Lines and columns count from 1, columns in characters; the end is behind the last character. `start` and
    `end` are offsets in bytes. A tuple, because a tree has many. Line 0 means the whole file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


WHOLE_FILE = Span(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Use:
    """One place in a file that names an image.

    `text`: as written, variables not expanded; `kind`: what names it, for messages ("FROM", "COPY --from",
    "image of a service", …); `resolved`: what the text comes to, None where it cannot be known; `via`: the names of
    the variables that it comes through, the last only with their defaults; `local`: whether it names a stage, scratch,
    or an image of the family, which nobody has to pin; `written`: the part of the file that --fix may replace by the
    whole reference, None where no part holds just that; `unset`: the variables in it that have no value; `begins`: the
    line on which the statement that it is in begins, 0 where that is its own; `pinned`: whether something else fixes
    its content, so that only its name is judged.
    """

    text: str
    span: Span
    kind: str
    resolved: str | None
    via: tuple[str, ...] = ()
    local: bool = False
    written: Span | None = None
    unset: tuple[str, ...] = ()
    begins: int = 0
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something else that a reader finds in a file.

    `rule` is the name of a rule: "malformed" where the file is not what it seems; `subject` is what it is about, in
    the words of the file: the same in the next version of it, wherever it stands then; `begins`: the line on which the
    statement that it is in begins, 0 where that is its own.
    """

    rule: str
    span: Span
    problem: str
    action: str
    subject: str = ""
    begins: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in a file: offsets in bytes, and the new text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and what to do about it.

    `file` is a path in posix form, relative to where the audit was started where it is below that; `fingerprint`
    stays the same when lines move; `use` is the reference that it is about, if it is about one.
    """

    rule: Rule
    severity: Severity
    file: str
    span: Span
    problem: str
    action: str
    fingerprint: str
    use: Use | None = None
    edit: Edit | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return f"{self.file}:{self.span.line}:{self.span.column}" if self.span.line else self.file


Read = Callable[[bytes, str], Iterable[Use | Trouble]]
"""A reader: from the bytes of a file, and the path that messages call it, to what it names and what is wrong with it.

It raises nothing, whatever the bytes are.
"""
