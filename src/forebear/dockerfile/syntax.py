"""From logical lines to instructions: keyword, flags, arguments, triggers, here-documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.expand import SPACE
from forebear.dockerfile.grammar import check_arguments, check_flags, check_health_flags, check_trigger
from forebear.dockerfile.model import DockerfileFault, Heredoc, Instruction, Malformed
from forebear.dockerfile.words import find_heredocs, split_flags, split_json, split_keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.lines import Lines, Logical, Pieces
    from forebear.dockerfile.words import Flag

_FILES: Final = frozenset({"ADD", "COPY", "RUN"})
_NO_FLAGS: Final[list[Flag]] = []
_NONE_SHOWN: Final[tuple[tuple[str, str | None], ...]] = ()


class Parsed(NamedTuple):
    """An instruction and where it came from."""

    instruction: Instruction
    pieces: Pieces
    start: int  # of the arguments, in the logical line
    flags: list[Flag]
    trigger: Parsed | None = None  # what an ONBUILD holds


def parse(lines: Lines) -> Iterator[Parsed]:
    """The instructions of a text, each by itself as BuildKit takes it. Raises DockerfileFault."""
    escape = lines.directives.escape
    while (parsed := _next(lines)) is not None:
        try:
            check_arguments(parsed.instruction.keyword, parsed.instruction.text, escape)
            if parsed.flags or parsed.trigger:
                _check_more(parsed, escape)
        except Malformed as fault:
            raise DockerfileFault(parsed.instruction.line, str(fault)) from fault
        yield parsed


def outline(lines: Lines) -> Iterator[tuple[int, str]]:
    """Where the instructions begin, and their keywords; nothing else of them is checked.

    Raises DockerfileFault for here-documents that BuildKit refuses.
    """
    while (parsed := _next(lines)) is not None:
        yield parsed.pieces[0][1], parsed.instruction.keyword


def _next(lines: Lines) -> Parsed | None:
    """The next instruction with its trigger and here-documents, not checked yet."""
    plain = lines.plain()
    if plain is not None:
        instruction = Instruction(plain[1].upper(), plain[2], _NONE_SHOWN, lines.line, lines.line)
        return Parsed(instruction, ((0, plain.start()),), plain.start(2) - plain.start(), _NO_FLAGS)
    logical = lines.logical()
    return None if logical is None else _segment(lines, logical)


def _segment(lines: Lines, logical: Logical) -> Parsed:
    line = logical.text.rstrip(SPACE)
    parsed = _split(lines, logical, line, len(line) - len(line.lstrip(SPACE)))
    if parsed.instruction.keyword == "ONBUILD":
        inner = _split(lines, logical, line, parsed.start)
        outer = parsed.instruction._replace(trigger=inner.instruction)
        parsed = parsed._replace(instruction=outer, trigger=inner)
    return _with_heredocs(lines, logical, parsed) if "<<" in line else parsed


def _split(lines: Lines, logical: Logical, line: str, begin: int) -> Parsed:
    keyword, start = split_keyword(line, begin)
    flags, shown = _NO_FLAGS, _NONE_SHOWN
    if line.startswith("--", start):
        flags, start = split_flags(line, start, lines.directives.escape)
        shown = tuple([(flag.name, flag.value) for flag in flags])
    text = line[start:].lstrip(SPACE)
    instruction = Instruction(keyword.upper(), text, shown, logical.line, lines.line)
    return Parsed(instruction, logical.pieces, len(line) - len(text), flags)


def _with_heredocs(lines: Lines, logical: Logical, parsed: Parsed) -> Parsed:
    inner = (parsed.trigger or parsed).instruction
    if inner.keyword not in _FILES or split_json(inner.text) is not None:
        return parsed
    heredocs: list[Heredoc] = []
    for head in find_heredocs(logical.text):
        body = lines.body(head.name, chomp=head.chomp, line=logical.line)
        heredocs.append(Heredoc(head.name, body, head.expand, head.chomp, head.descriptor))
    read = parsed.instruction._replace(heredocs=tuple(heredocs), end_line=lines.line)
    return parsed._replace(instruction=read)


def _check_more(parsed: Parsed, escape: str) -> None:
    keyword, inner = parsed.instruction.keyword, parsed.trigger
    check_flags(keyword, parsed.flags)
    if keyword == "HEALTHCHECK":
        check_health_flags(parsed.flags)
    if inner is not None:
        check_trigger(inner.instruction.keyword, inner.instruction.text, escape)
