"""Every error a user can meet, with its exit code.

Error                   exit code
+-- InputError          2   a file or an argument is wrong; carries every fault found
+-- Busy                2   another forebear is at work in this project
+-- CheckFailed         1   a check found something: drift, findings
+-- BuildFailed         3   a build, gate or publish failed
+-- EngineError         4   the engine or registry cannot be reached or cannot do it
    +-- EngineUnreachable
    +-- EngineRefused       it answered, and said no
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file something is: lines and columns count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        """`file:line:column: key.path`, as far as it is known."""
        spot = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{spot}: {self.path}" if self.path else spot


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong: where, what, and what to do about it."""

    place: Place
    problem: str
    action: str = field(default="", compare=False)

    def __str__(self) -> str:
        """`place: problem; action`."""
        text = f"{self.place}: {self.problem}"
        return f"{text}; {self.action}" if self.action else text


class Error(Exception):
    """The root of all errors that a user can meet."""

    exit_code = 70

    def __init__(self, problem: str, action: str = "") -> None:
        super().__init__(f"{problem}; {action}" if action else problem)
        self.problem = problem
        self.action = action


class CheckFailed(Error):
    """A check found something."""

    exit_code = 1


class InputError(Error):
    """The input is wrong; `faults` holds everything that was found, in file order."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Busy(Error):
    """Another forebear is at work in this project; nothing was touched."""

    exit_code = 2


class BuildFailed(Error):
    """A build, a gate or a publication failed."""

    exit_code = 3


class EngineError(Error):
    """The engine or the registry cannot be reached or cannot do what was asked."""

    exit_code = 4


class EngineUnreachable(EngineError):
    """Nothing answers, or the connection broke."""


class EngineRefused(EngineError):
    """The engine or registry answered, and said no.

    `status` is the HTTP status, 0 where the refusal came inside a stream.
    """

    def __init__(self, problem: str, action: str = "", *, status: int = 0) -> None:
        super().__init__(problem, action)
        self.status = status
