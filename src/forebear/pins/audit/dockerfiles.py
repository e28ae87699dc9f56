"""Read a Dockerfile for an audit: what it names, and what else there is to tell of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.reader import attempt
from forebear.pins.audit import fetched, packages, secrets
from forebear.pins.audit.arguments import Arguments
from forebear.pins.audit.model import WHOLE_FILE, Trouble, Use
from forebear.pins.audit.references import SYNTAX
from forebear.pins.audit.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile import model as dockerfile
    from forebear.dockerfile.model import Dockerfile, DockerfileFault, Instruction
    from forebear.pins.audit.model import Span
    from forebear.pins.audit.told import Told

LIMIT: Final = 4 << 20
PLATFORM: Final = "linux/amd64"
"""What names that depend on the platform are judged for."""

# What Python's surrogateescape makes of other bytes (PEP 383).
_NOT_UTF_8: Final = re.compile("[\udc80-\udcff]")
_WHERE: Final = {"from": "FROM", "copy": "COPY --from", "mount": "RUN --mount"}


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - the path is a reader's to know
    """Every image that a Dockerfile names, and every other thing that a rule is about. Raises nothing."""
    if b"\0" in data:
        yield Trouble("malformed", WHOLE_FILE, "this is binary, and no Dockerfile", "remove it, or rename it")
        return
    if len(data) > LIMIT:
        yield Trouble("malformed", WHOLE_FILE, f"this has more than {LIMIT:,} bytes", "make it smaller")
        return
    reading = _Reading(data.decode("utf-8", "surrogateescape"))
    yield from reading.not_utf_8()
    yield from reading.all()


class _Reading:
    """One reading of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = Spans(text)

    def all(self) -> Iterator[Use | Trouble]:
        found, fault = attempt(self.text, platform=PLATFORM)
        if fault is not None:
            yield self.refused(fault)
        if found is not None:
            yield from self.names(found)
            for instruction in found.instructions:
                for told in _told(instruction.trigger or instruction, found.directives.escape):
                    yield self.placed(told, instruction)

    def not_utf_8(self) -> Iterator[Trouble]:
        found = None if self.text.isascii() else _NOT_UTF_8.search(self.text)
        if found is not None:
            problem = f"byte 0x{ord(found[0]) - 0xDC00:02x} is not UTF-8"
            yield Trouble("not-utf-8", self.spans.span(*found.span()), problem, "save the file as UTF-8")

    def refused(self, fault: DockerfileFault) -> Trouble:
        where = self.spans.line(fault.line) if fault.line else WHOLE_FILE
        return Trouble("refused", where, f"BuildKit refuses this: {fault.problem}", "correct it", fault.problem)

    def names(self, found: Dockerfile) -> Iterator[Use]:
        if found.directives.syntax is not None:
            yield self.syntax(found.directives.syntax, found.directives.syntax_line)
        arguments, lines = Arguments(found), [each.line for each in found.instructions]
        for use in found.uses:
            yield self.use(use, arguments, lines[max(0, bisect_right(lines, use.line) - 1)])

    def syntax(self, image: str, line: int) -> Use:
        start = self.text.index(image, self.spans.at(line, 1))
        span = self.spans.span(start, start + len(image))
        return Use(image, span, SYNTAX, image, written=span)

    def use(self, use: dockerfile.Use, arguments: Arguments, begins: int) -> Use:
        span = self.spans.span(use.start, use.end)
        if not use.external:
            return Use(use.text, span, _WHERE[use.kind], use.resolved, local=True, begins=begins)
        return Use(
            use.text,
            span,
            _WHERE[use.kind],
            use.resolved,
            via=arguments.through(use.text),
            written=self.written(use, span, arguments),
            unset=arguments.without_value(use.text),
            begins=begins,
        )

    def written(self, use: dockerfile.Use, span: Span, arguments: Arguments) -> Span | None:
        """The part of the text that holds the whole reference: in place, or as the default of the ARG that is named."""
        if use.resolved is None:
            return None
        as_written = self.text[use.start : use.end] == use.text
        if use.text == use.resolved:
            return span if as_written else None
        if found := arguments.default_of(use.text, use.resolved):
            name, argument = found
            start = self.text.find(use.resolved, self.text.find(f"{name}=", self.spans.at(argument.line, 1)))
            line = self.spans.span(start, start + len(use.resolved))
            return line if line.line == argument.line else None
        at = arguments.in_place(use.text, use.resolved) if as_written else None
        return None if at is None else self.spans.span(use.start + at, use.start + at + len(use.resolved))

    def placed(self, told: Told, instruction: Instruction) -> Trouble:
        start = self.spans.at(instruction.line, 1)
        found = self.text.find(told.word, start, self.spans.end(instruction.end_line))
        span = self.spans.line(instruction.line) if found < 0 else self.spans.span(found, found + len(told.word))
        return Trouble(told.rule, span, told.problem, told.action, told.subject, instruction.line)


def _told(instruction: Instruction, escape: str) -> Iterator[Told]:
    if instruction.keyword == "RUN":
        return packages.told(instruction)
    if instruction.keyword == "ADD":
        return fetched.told(instruction)
    return secrets.told(instruction, escape) if instruction.keyword in secrets.KEYWORDS else iter(())
