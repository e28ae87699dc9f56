"""Read a Dockerfile as BuildKit does: instructions, stages, and every image that it names."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.checks import check
from forebear.dockerfile.expand import UnsetFault, expand
from forebear.dockerfile.grammar import argument_pairs, stage_name
from forebear.dockerfile.lines import Lines, Pieces, offset_in
from forebear.dockerfile.model import Dockerfile, DockerfileFault, Instruction, Kind, Malformed, Stage, Use
from forebear.dockerfile.mounts import source_of
from forebear.dockerfile.platforms import STAGE, UNKNOWN, check_platform, variables
from forebear.dockerfile.syntax import Parsed, parse
from forebear.dockerfile.words import BLANK, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping


_NO_ARGS: Final[Mapping[str, str]] = MappingProxyType({})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")


def read(text: str, *, args: Mapping[str, str] = _NO_ARGS, platform: str | None = None) -> Dockerfile:
    """Read the text of a Dockerfile; `args` are build arguments, `platform` is the one built for and on.

    Line ends and a byte order mark are as in the file. Without a platform, what depends on it is
    unknown. Raises DockerfileFault for what BuildKit refuses when it builds the last stage.
    """
    lines = Lines(text)
    dockerfile = _Reader(lines, args, platform).read(lines)
    check(dockerfile, args)
    return dockerfile


class Attempt(NamedTuple):
    """A Dockerfile as far as it was read, None without a whole FROM; and why BuildKit refuses it, if it does."""

    dockerfile: Dockerfile | None
    fault: DockerfileFault | None


def attempt(text: str, *, platform: str | None = None) -> Attempt:
    """As `read`, but of what BuildKit refuses it gives what stands before the fault."""
    try:
        lines = Lines(text)
    except DockerfileFault as fault:
        return Attempt(None, fault)
    reader = _Reader(lines, _NO_ARGS, platform)
    try:
        dockerfile = reader.read(lines)
    except DockerfileFault as fault:
        return Attempt(reader.so_far(lines), fault)
    try:
        check(dockerfile, _NO_ARGS)
    except DockerfileFault as fault:
        return Attempt(dockerfile, fault)
    return Attempt(dockerfile, None)


class _Name(NamedTuple):
    """A name in --from or in a mount, before it is known which stages there are."""

    kind: Kind
    text: str
    line: int
    pieces: Pieces
    start: int
    end: int
    in_stage: int
    onbuild: bool


class _Opening(NamedTuple):
    """A stage that is being read."""

    name: str | None
    base: Use
    platform: str | None
    body: list[Instruction]

    def closed(self, index: int) -> Stage:
        return Stage(self.name, index, self.base, tuple(self.body), self.platform)


class _Reader:
    """The state of one reading."""

    def __init__(self, lines: Lines, args: Mapping[str, str], platform: str | None) -> None:
        self.place = lines.place
        self.escape = lines.directives.escape
        self.args = args
        self.env = variables(platform, args)
        self.unknown = UNKNOWN if platform is None else frozenset({STAGE})
        self.instructions: list[Instruction] = []
        self.openings: list[_Opening] = []
        self.body: list[Instruction] = []
        self.names: dict[str, int] = {}
        self.pending: list[_Name] = []

    def read(self, lines: Lines) -> Dockerfile:
        for parsed in parse(lines):
            try:
                self.take(parsed)
            except Malformed as fault:
                raise DockerfileFault(parsed.instruction.line, str(fault)) from fault
        if not self.openings:
            raise DockerfileFault(0, "no FROM begins a stage" if self.instructions else "there is no instruction")
        return self.finished(lines, [self.use(name) for name in self.pending])

    def so_far(self, lines: Lines) -> Dockerfile | None:
        """What was read before a fault; without a name that could be of a stage behind it."""
        return self.finished(lines, []) if self.openings else None

    def finished(self, lines: Lines, named: list[Use]) -> Dockerfile:
        uses = [opening.base for opening in self.openings]
        if named:
            uses = sorted([*uses, *named], key=lambda use: use.start)
        stages = tuple(opening.closed(index) for index, opening in enumerate(self.openings))
        return Dockerfile(lines.directives, tuple(self.instructions), stages, tuple(uses))

    def take(self, parsed: Parsed) -> None:
        instruction = parsed.instruction
        self.instructions.append(instruction)
        if instruction.keyword == "FROM":
            self.begin_stage(parsed)
        elif self.openings:
            self.body.append(instruction)
            if parsed.flags or parsed.trigger:
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
                self.env[name], unset = expand(default, self.env, self.escape)
                if unset & self.unknown:
                    del self.env[name]
                    self.unknown |= {name}

    def begin_stage(self, parsed: Parsed) -> None:
        name, index = stage_name(parsed.instruction.text), len(self.openings)
        text = BLANK.split(parsed.instruction.text, maxsplit=1)[0]
        resolved, unset = self.known(text)
        stage = None if resolved is None else self.names.get(resolved)
        span = self.span(parsed.pieces, parsed.start, parsed.start + len(text))
        use = Use(text, resolved, "from", stage, *span, index, unset=unset)
        self.body = []
        self.openings.append(_Opening(name, use, self.platform(parsed.flags), self.body))
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
            if value is not None:
                check_platform(value)
            return value
        return None

    def span(self, pieces: Pieces, start: int, end: int) -> tuple[int, int, int, int]:
        """Offsets, line and column in the file of a part of a logical line."""
        first, last = offset_in(pieces, start), offset_in(pieces, end - 1) + 1
        return first, last, *self.place(first)

    def take_names(self, parsed: Parsed) -> None:
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
                text = flag.value[start:end]
                name = _Name(kind, text, parsed.instruction.line, parsed.pieces, *span, len(self.openings) - 1, onbuild)
                self.pending.append(name)

    def use(self, name: _Name) -> Use:
        stage, resolved = None, None
        try:
            stage, resolved = self.stage_named(name), name.text
        except Malformed as fault:
            if not name.onbuild:
                raise DockerfileFault(name.line, str(fault)) from fault
        span = self.span(name.pieces, name.start, name.end)
        return Use(name.text, resolved, name.kind, stage, *span, name.in_stage, name.onbuild)

    def stage_named(self, name: _Name) -> int | None:
        if name.kind == "mount":
            return self.names.get(name.text.lower())
        if expand(name.text, {}, self.escape)[0] != name.text:
            raise Malformed("--from takes no variable; name a stage that is FROM the image instead")
        if not _NUMBER.fullmatch(name.text):
            return self.names.get(name.text.lower())
        if not 0 <= int(name.text) < len(self.openings):
            raise Malformed(f"there is no stage {name.text}")
        return int(name.text)


def _named(keyword: str, flag: Flag) -> tuple[Kind, int, int] | None:
    """Where in the value of a flag an image or a stage is named. Raises Malformed."""
    if keyword == "COPY" and flag.name == "from":
        return "copy", 0, len(flag.value or "")
    if keyword == "RUN" and flag.name == "mount" and (found := source_of(flag.value or "")):
        return "mount", *found
    return None
