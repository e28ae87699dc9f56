"""From logical lines to instructions: keyword, flags, arguments, triggers, here-documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.expand import SPACE
from forebear.dockerfile.grammar import check_arguments, check_flags, check_health_flags, check_trigger
from forebear.dockerfile.model import DockerfileFault, Heredoc, Instruction, Malformed
from forebear.dockerfile.words import find_heredocs, split_flags, split_json, split_keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.lines import Lines, Logical
    from forebear.dockerfile.words import Flag

_FILES: Final = frozenset({"ADD", "COPY", "RUN"})
_NO_FLAGS: Final[list[Flag]] = []
_NONE_SHOWN: Final[tuple[tuple[str, str | None], ...]] = ()


class Parsed(NamedTuple):
    """An instruction and where it came from."""

    instruction: Instruction
    logical: Logical
    start: int  # of the arguments, in the logical line
    flags: list[Flag]
    trigger: Parsed | None = None  # what an ONBUILD holds


def parse(lines: Lines) -> Iterator[Parsed]:
    """The instructions of a text, each by itself as BuildKit takes it. Raises DockerfileFault."""
    while (logical := lines.logical()) is not None:
        try:
            parsed = _segment(lines, logical)
            _check(parsed, lines.directives.escape)
        except Malformed as fault:
            raise DockerfileFault(logical.line, str(fault)) from fault
        yield parsed


def outline(lines: Lines) -> Iterator[tuple[int, str]]:
    """Where the instructions begin, and their keywords; nothing else of them is checked.

    Raises DockerfileFault for here-documents that BuildKit refuses.
    """
    while (logical := lines.logical()) is not None:
        try:
            yield logical.offset(0), _segment(lines, logical).instruction.keyword
        except Malformed as fault:
            raise DockerfileFault(logical.line, str(fault)) from fault


def _segment(lines: Lines, logical: Logical) -> Parsed:
    """An instruction with its trigger and here-documents, not checked yet."""
    line = logical.text
    if not "!" <= line[-1:] < "\x7f":
        line = line.rstrip(SPACE)
    begin = 0 if "!" <= line[:1] < "\x7f" else len(line) - len(line.lstrip(SPACE))
    parsed = _split(logical, line, begin, lines.directives.escape)
    if parsed.instruction.keyword == "ONBUILD":
        inner = _split(logical, line, parsed.start, lines.directives.escape)
        outer = parsed.instruction._replace(trigger=inner.instruction)
        parsed = parsed._replace(instruction=outer, trigger=inner)
    return _with_heredocs(lines, parsed) if "<<" in line else parsed


def _split(logical: Logical, line: str, begin: int, escape: str) -> Parsed:
    keyword, start = split_keyword(line, begin)
    flags, shown = _NO_FLAGS, _NONE_SHOWN
    if line.startswith("--", start):
        flags, start = split_flags(line, start, escape)
        shown = tuple([(flag.name, flag.value) for flag in flags])
    text = line[start:]
    if text[:1] >= "\x7f":
        text = text.lstrip(SPACE)
    instruction = Instruction(keyword.upper(), text, shown, logical.line, logical.end_line)
    return Parsed(instruction, logical, len(line) - len(text), flags)


def _with_heredocs(lines: Lines, parsed: Parsed) -> Parsed:
    inner = (parsed.trigger or parsed).instruction
    if inner.keyword not in _FILES or split_json(inner.text) is not None:
        return parsed
    heredocs: list[Heredoc] = []
    for head in find_heredocs(parsed.logical.text):
        body = lines.body(head.name, chomp=head.chomp, line=parsed.logical.line)
        heredocs.append(Heredoc(head.name, body, head.expand, head.chomp, head.descriptor))
    read = parsed.instruction._replace(heredocs=tuple(heredocs), end_line=lines.line)
    return parsed._replace(instruction=read)


def _check(parsed: Parsed, escape: str) -> None:
    instruction, inner = parsed.instruction, parsed.trigger
    check_arguments(instruction.keyword, instruction.text, escape)
    if parsed.flags:
        check_flags(instruction.keyword, parsed.flags)
        if instruction.keyword == "HEALTHCHECK":
            check_health_flags(parsed.flags)
    if inner is not None:
        check_trigger(inner.instruction.keyword, inner.instruction.text, escape)
