"""Where each line of a rendered Dockerfile comes from: which line of which template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

# Private use characters, which no Dockerfile has a use for (Unicode, section 23.5).
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a template, by the template's path below templates/; lines count from 1."""

    template: str
    line: int


class Marks:
    """The marks that were put into templates; each stands for an origin."""

    def __init__(self) -> None:
        self._origins: list[Origin] = []

    def put(self, environment: Environment, source: str, template: str) -> str:
        """The source of a template with a mark at the beginning of each line that prints something."""
        return "".join(self._marked(environment, source, template))

    def _marked(self, environment: Environment, source: str, template: str) -> Iterator[str]:
        fresh = True  # whether what is printed next begins a line
        for line, token, value in environment.lex(source):
            if token == "data":  # noqa: S105 - a token of the template
                for number, part in enumerate(value.splitlines(keepends=True), line):
                    yield self._mark(template, number) + part if fresh and part.strip() else part
                    fresh = part.endswith("\n") or (fresh and not part.strip())
            elif token == "variable_begin":  # noqa: S105
                yield self._mark(template, line) + value if fresh else value
                fresh = False
            else:
                yield value

    def _mark(self, template: str, line: int) -> str:
        self._origins.append(Origin(template, line))
        return f"{_OPEN}{len(self._origins) - 1}{_CLOSE}"

    def without(self, text: str) -> str:
        """The text as it is rendered from templates that are not marked."""
        return _MARK.sub("", text)

    def read(self, text: str) -> tuple[Origin | None, ...]:
        """The origin of each line of a text that was rendered from marked templates: its first mark's."""
        found = (_MARK.search(line) for line in text.split("\n"))
        return tuple(self._origins[int(mark[1])] if mark else None for mark in found)
