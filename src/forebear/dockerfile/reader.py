"""Read a Dockerfile as BuildKit does: instructions, stages, and every image that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.expand import SPACE, UnsetFault, expand
from forebear.dockerfile.grammar import (
    argument_pairs,
    check_arguments,
    check_flags,
    check_health_flags,
    check_trigger,
    stage_name,
)
from forebear.dockerfile.lines import Lines, Logical
from forebear.dockerfile.model import (
    Dockerfile,
    DockerfileFault,
    Heredoc,
    Instruction,
    Kind,
    Malformed,
    Stage,
    Use,
)
from forebear.dockerfile.mounts import source_of
from forebear.dockerfile.platforms import STAGE, UNKNOWN, variables
from forebear.dockerfile.words import BLANK, Flag, find_heredocs, split_flags, split_json, split_keyword

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_ARGS: Final[Mapping[str, str]] = MappingProxyType({})
_FILES: Final = frozenset({"ADD", "COPY", "RUN"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")


def read(text: str, *, args: Mapping[str, str] = _NO_ARGS, platform: str | None = None) -> Dockerfile:
    """Read the text of a Dockerfile; `args` are build arguments, `platform` is the one built for and on.

    Line ends and a byte order mark are as in the file. Without a platform, what depends on it is
    unknown. Raises DockerfileFault for what BuildKit refuses when it builds the last stage.
    """
    return _Reader(text, args, platform).read()


def outline(text: str) -> tuple[tuple[int, str], ...]:
    """Where in a text its instructions begin, and their keywords; nothing else of it is checked.

    Raises DockerfileFault for directives, lines and here-documents that BuildKit refuses.
    """
    reader = _Reader(text, _NO_ARGS, None)
    found: list[tuple[int, str]] = []
    while (logical := reader.lines.logical()) is not None:
        try:
            found.append((logical.offset(0), reader.segment(logical).instruction.keyword))
        except Malformed as fault:
            raise DockerfileFault(logical.line, str(fault)) from fault
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """An instruction and where it came from."""

    instruction: Instruction
    logical: Logical
    start: int  # of the arguments, in the logical line
    flags: list[Flag]
    trigger: _Parsed | None = None


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in --from or in a mount, before it is known which stages there are."""

    kind: Kind
    text: str
    logical: Logical
    start: int
    end: int
    in_stage: int
    onbuild: bool


class _Reader:
    """The state of one reading."""

    def __init__(self, text: str, args: Mapping[str, str], platform: str | None) -> None:
        self.lines = Lines(text)
        self.escape = self.lines.directives.escape
        self.args = args
        self.env = variables(platform, args)
        self.unknown = UNKNOWN if platform is None else frozenset({STAGE})
        self.instructions: list[Instruction] = []
        self.stages: list[Stage] = []
        self.bodies: list[list[Instruction]] = []
        self.names: dict[str, int] = {}
        self.pending: list[_Name] = []

    def read(self) -> Dockerfile:
        while (logical := self.lines.logical()) is not None:
            try:
                self.take(self.parse(logical))
            except Malformed as fault:
                raise DockerfileFault(logical.line, str(fault)) from fault
        if not self.stages:
            raise DockerfileFault(0, "no FROM begins a stage" if self.instructions else "there is no instruction")
        uses = [stage.base for stage in self.stages] + [self.use(name) for name in self.pending]
        stages = [
            replace(stage, instructions=tuple(body)) for stage, body in zip(self.stages, self.bodies, strict=True)
        ]
        uses.sort(key=lambda use: use.start)
        return Dockerfile(self.lines.directives, tuple(self.instructions), tuple(stages), tuple(uses))

    def parse(self, logical: Logical) -> _Parsed:
        parsed = self.segment(logical)
        instruction, inner = parsed.instruction, parsed.trigger
        check_arguments(instruction.keyword, instruction.text, self.escape)
        if parsed.flags:
            check_flags(instruction.keyword, parsed.flags)
        if instruction.keyword == "HEALTHCHECK":
            check_health_flags(parsed.flags)
        if inner is not None:
            check_trigger(inner.instruction.keyword, inner.instruction.text, self.escape)
        return parsed

    def segment(self, logical: Logical) -> _Parsed:
        """An instruction with its trigger and here-documents, not checked yet."""
        line = logical.text
        begin = len(line) - len(line.lstrip(SPACE)) if line[:1] in SPACE else 0
        parsed = self.split(logical, line.rstrip(SPACE), begin)
        if parsed.instruction.keyword == "ONBUILD":
            inner = self.split(logical, line.rstrip(SPACE), parsed.start)
            outer = replace(parsed.instruction, trigger=inner.instruction)
            parsed = replace(parsed, instruction=outer, trigger=inner)
        return self.with_heredocs(parsed) if "<<" in line else parsed

    def split(self, logical: Logical, line: str, begin: int) -> _Parsed:
        keyword, start = split_keyword(line, begin)
        flags: list[Flag] = []
        if line.startswith("--", start):
            flags, start = split_flags(line, start, self.escape)
        text = line[start:].lstrip(SPACE)
        shown = tuple((flag.name, flag.value) for flag in flags)
        instruction = Instruction(keyword.upper(), text, shown, logical.line, logical.end_line)
        return _Parsed(instruction, logical, len(line) - len(text), flags)

    def with_heredocs(self, parsed: _Parsed) -> _Parsed:
        inner = (parsed.trigger or parsed).instruction
        if inner.keyword not in _FILES or split_json(inner.text) is not None:
            return parsed
        line = parsed.logical.line
        heredocs = tuple(
            Heredoc(
                head.name,
                self.lines.body(head.name, chomp=head.chomp, line=line),
                head.expand,
                head.chomp,
                head.descriptor,
            )
            for head in find_heredocs(parsed.logical.text)
        )
        return replace(parsed, instruction=replace(parsed.instruction, heredocs=heredocs, end_line=self.lines.line))

    def take(self, parsed: _Parsed) -> None:
        instruction = parsed.instruction
        self.instructions.append(instruction)
        if instruction.keyword == "FROM":
            self.begin_stage(parsed)
        elif self.stages:
            self.bodies[-1].append(instruction)
            self.take_names(parsed)
        elif instruction.keyword == "ARG":
            self.declare(instruction.text)
        else:
            raise Malformed(f"{instruction.keyword} stands before the first FROM; only ARG can")

    def declare(self, text: str) -> None:
        """Take an ARG that stands before the first stage."""
        for name, default in argument_pairs(text, self.escape):
            if name in self.args:
                self.env[name] = self.args[name]
            elif default is not None:
                value, unset = expand(default, self.env, self.escape)
                self.env[name] = value
                if unset & self.unknown:
                    del self.env[name]
                    self.unknown |= {name}

    def begin_stage(self, parsed: _Parsed) -> None:
        name, index = stage_name(parsed.instruction.text), len(self.stages)
        text = BLANK.split(parsed.instruction.text, maxsplit=1)[0]
        resolved, unset = self.known(text)
        stage = None if resolved is None else self.names.get(resolved)
        span = self.span(parsed.logical, parsed.start, parsed.start + len(text))
        use = Use(text, resolved, "from", stage, *span, index, unset=unset)
        self.stages.append(Stage(name, index, use, (), self.platform(parsed.flags)))
        self.bodies.append([])
        if name is not None:
            self.names[name] = index

    def known(self, text: str) -> tuple[str | None, frozenset[str]]:
        """A word expanded, None if its value is blank or unknown, and its unset variables."""
        try:
            value, unset = expand(text, self.env, self.escape)
        except UnsetFault:
            return None, frozenset()
        return (None if unset & self.unknown else value or None), unset

    def platform(self, flags: list[Flag]) -> str | None:
        for flag in flags:
            value, unset = self.known(flag.value or "")
            if value is None and not unset & self.unknown:
                raise Malformed(f'the platform "{flag.value}" is blank')
            return value
        return None

    def span(self, logical: Logical, start: int, end: int) -> tuple[int, int, int, int]:
        """Offsets, line and column in the file of a part of a logical line."""
        first, last = logical.offset(start), logical.offset(end - 1) + 1
        return first, last, *self.lines.position(first)

    def take_names(self, parsed: _Parsed) -> None:
        inner, onbuild = parsed.trigger or parsed, parsed.trigger is not None
        for flag in inner.flags:
            try:
                found = _named(inner.instruction.keyword, flag)
            except Malformed:
                if not onbuild:
                    raise
                continue
            if found and flag.value:
                kind, start, end = found
                span = flag.span(start, end)
                name = _Name(kind, flag.value[start:end], parsed.logical, *span, len(self.stages) - 1, onbuild)
                self.pending.append(name)

    def use(self, name: _Name) -> Use:
        stage, resolved = None, None
        try:
            stage, resolved = self.stage_named(name), name.text
        except Malformed as fault:
            if not name.onbuild:
                raise DockerfileFault(name.logical.line, str(fault)) from fault
        span = self.span(name.logical, name.start, name.end)
        return Use(name.text, resolved, name.kind, stage, *span, name.in_stage, name.onbuild)

    def stage_named(self, name: _Name) -> int | None:
        if name.kind == "mount":
            return self.names.get(name.text.lower())
        if expand(name.text, {}, self.escape)[0] != name.text:
            raise Malformed("--from takes no variable; name a stage that is FROM the image instead")
        if not _NUMBER.fullmatch(name.text):
            return self.names.get(name.text.lower())
        if not 0 <= (number := int(name.text[:9])) < len(self.stages):
            raise Malformed(f"there is no stage {name.text}")
        return number


def _named(keyword: str, flag: Flag) -> tuple[Kind, int, int] | None:
    """Where in the value of a flag an image or a stage is named. Raises Malformed."""
    if keyword == "COPY" and flag.name == "from":
        return "copy", 0, len(flag.value or "")
    if keyword == "RUN" and flag.name == "mount" and (found := source_of(flag.value or "")):
        return "mount", *found
    return None
