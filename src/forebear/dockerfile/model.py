"""What a Dockerfile says: its instructions, its stages, and the images that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

SCRATCH: Final = "scratch"
Kind = Literal["from", "copy", "mount"]


class Malformed(ValueError):
    """A part of an instruction cannot be read; the message says which and why."""


class DockerfileFault(ValueError):
    """BuildKit would refuse this Dockerfile; `line` counts from 1, 0 means the whole file."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}" if line else problem)
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document; `content` is as written, with its line ends."""

    name: str
    content: str
    expand: bool
    chomp: bool
    descriptor: int


class Instruction(NamedTuple):
    """One instruction; lines count from 1, inclusive, here-documents included.

    A tuple and no dataclass, because a large family has hundreds of thousands of them.
    """

    keyword: str  # in upper case
    text: str  # the arguments, continuation lines joined, without the flags
    flags: tuple[tuple[str, str | None], ...]  # without the dashes, in order
    line: int
    end_line: int
    heredocs: tuple[Heredoc, ...] = ()
    trigger: Instruction | None = None  # what an ONBUILD will do


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names an image or a stage; `start` and `end` are offsets into the text."""

    text: str  # as BuildKit takes it, variables not expanded
    resolved: str | None  # expanded; None where it cannot be known, or is blank
    kind: Kind
    stage: int | None  # the stage of this file that it names; None: external, or scratch
    start: int
    end: int
    line: int
    column: int
    in_stage: int
    onbuild: bool = False
    unset: frozenset[str] = frozenset()  # the variables in it that had no value

    @property
    def is_scratch(self) -> bool:
        """Whether it names the empty image."""
        return self.stage is None and self.resolved == SCRATCH

    @property
    def external(self) -> bool:
        """Whether it names an image outside of this file."""
        return self.stage is None and self.resolved != SCRATCH


@dataclass(frozen=True, slots=True)
class Stage:
    """One build stage: its name in lower case, its base and what follows."""

    name: str | None
    index: int
    base: Use
    instructions: tuple[Instruction, ...]  # without its FROM
    platform: str | None  # expanded; None where none is said or it cannot be known


@dataclass(frozen=True, slots=True)
class Directives:
    """The parser directives at the top of a file, and how many lines they take."""

    syntax: str | None = None
    syntax_line: int = 0
    escape: str = "\\"
    check: str | None = None
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile that BuildKit would take."""

    directives: Directives
    instructions: tuple[Instruction, ...]  # all of them, in file order
    stages: tuple[Stage, ...]
    uses: tuple[Use, ...]  # in file order

    @property
    def externals(self) -> tuple[Use, ...]:
        """The uses of images outside of this file, in file order."""
        return tuple(use for use in self.uses if use.external)

    def target(self, name: str | None = None) -> Stage:
        """The stage of that name, the last for None. Raises DockerfileFault."""
        if name is None:
            return self.stages[-1]
        for stage in reversed(self.stages):
            if stage.name == name.lower():
                return stage
        raise DockerfileFault(0, f'no stage is named "{name}"')

    def chain(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage and those that it is FROM, down to the one on an external base or scratch."""
        chain = [stage]
        while (below := chain[-1].base.stage) is not None:
            chain.append(self.stages[below])
        return tuple(chain)

    def reached(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that building `stage` builds, in file order, itself included."""
        if len(self.stages) == 1:
            return self.stages
        reached, rest = {stage.index}, [stage.index]
        needs = self._needs()
        while rest:
            new = needs[rest.pop()] - reached
            reached |= new
            rest += new
        return tuple(self.stages[index] for index in sorted(reached))

    def steps(self, target: str | None = None) -> int:
        """How many entries building a target may add to the history of its external base.

        An upper bound for every builder: the classic one also records ONBUILD. The triggers of a
        stage count again in a stage that is FROM it. Labels that are given to the classic builder
        beside the Dockerfile add one more. Raises DockerfileFault.
        """
        chain = self.chain(self.target(target))
        own = sum(len(stage.instructions) for stage in chain)
        return own + sum(one.trigger is not None for stage in chain[1:] for one in stage.instructions)

    def _needs(self) -> list[set[int]]:
        """For each stage those that it uses; a trigger counts where it comes into effect."""
        needs: list[set[int]] = [set() for _ in self.stages]
        triggers: list[set[int]] = [set() for _ in self.stages]
        for use in self.uses:
            if use.stage is not None:
                (triggers if use.onbuild else needs)[use.in_stage].add(use.stage)
        for stage in self.stages:
            if stage.base.stage is not None:
                needs[stage.index] |= triggers[stage.base.stage]
        return needs
