"""What the ARGs before the first FROM of a Dockerfile mean to the references that use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.expand import expand
from forebear.dockerfile.grammar import argument_pairs
from forebear.dockerfile.model import Malformed
from forebear.dockerfile.platforms import STAGE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.model import Dockerfile, Instruction

_NAME: Final = "[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE: Final = re.compile(rf"\$(?:({_NAME})|\{{({_NAME})(\}})?)")
_ALONE: Final = re.compile(rf"\$(?:({_NAME})|\{{({_NAME})\}})").fullmatch
_MORE: Final = "@sha256:0"
_KNOWN: Final = UNKNOWN - {STAGE}  # of the platform that is judged for


class Argument(NamedTuple):
    """An ARG: its default as written, None without one, and the line of its instruction."""

    default: str | None
    line: int


class Arguments:
    """The ARGs of a Dockerfile that a FROM can use."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._escape = dockerfile.directives.escape
        self._dockerfile = dockerfile
        self.known: dict[str, Argument] = {}
        self._hollow: set[str] = set()
        for instruction in dockerfile.instructions:
            if instruction.keyword != "ARG":
                break
            for name, default in self._pairs(instruction):
                self._take(name, Argument(default, instruction.line))

    def _take(self, name: str, argument: Argument) -> None:
        self.known[name] = argument
        if argument.default is None or self.without_value(argument.default):
            self._hollow.add(name)
        else:
            self._hollow.discard(name)

    def _pairs(self, instruction: Instruction) -> list[tuple[str, str | None]]:
        try:
            return argument_pairs(instruction.text, self._escape)
        except Malformed:
            return []

    def without_value(self, text: str) -> tuple[str, ...]:
        """The variables of a text that have neither a value nor, where they stand, a default."""
        names = (name for name, plain in _variables(text) if plain)
        return tuple(dict.fromkeys(name for name in names if name in self._hollow or not self._is_known(name)))

    def _is_known(self, name: str) -> bool:
        return name in self.known or name in _KNOWN

    def through(self, text: str) -> tuple[str, ...]:
        """The ARGs, or variables with a default where they stand, that a text comes through; not the predefined."""
        return tuple(dict.fromkeys(name for name, _ in _variables(text) if name not in UNKNOWN))

    def default_of(self, text: str, resolved: str) -> tuple[str, Argument] | None:
        """The ARG that a text consists of, if its default is just `resolved` and no stage uses it for more."""
        found = _ALONE(text)
        name = found[1] or found[2] if found else ""
        argument = self.known.get(name)
        if argument is None or (argument.default or "").strip("'\"") != resolved or name in self._of_stages():
            return None
        return name, argument

    def in_place(self, text: str, resolved: str) -> int | None:
        """Where in a text its whole value stands, in quotes or as the default of a variable without a value.

        It is sure if the value grows by what is put behind it there.
        """
        at = text.find(resolved)
        if at < 0 or any(name in self.known and name not in self._hollow for name in self.through(text)):
            return None
        end = at + len(resolved)
        try:
            grown, _ = expand(f"{text[:end]}{_MORE}{text[end:]}", {}, self._escape)
        except Malformed:
            return None
        return at if grown == resolved + _MORE else None

    def _of_stages(self) -> Iterator[str]:
        for stage in self._dockerfile.stages:
            for instruction in stage.instructions:
                if instruction.keyword == "ARG":
                    yield from (name for name, _ in self._pairs(instruction))


def _variables(text: str) -> Iterator[tuple[str, bool]]:
    """The variables in a text, each with whether it stands without an operator."""
    if "$" not in text:
        return
    for found in _VARIABLE.finditer(text):
        yield found[1] or found[2], bool(found[1] or found[3])
