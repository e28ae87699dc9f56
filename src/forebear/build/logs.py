"""The log of each target: a file for the output of its last build."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.build.recipe import Target
    from forebear.engine.model import Log
    from forebear.workspace import Workspace

FOLDER: Final = "logs"


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a project; those for the engine's own platform are named after the image alone."""

    workspace: Workspace
    platform: str

    @contextmanager
    def open(self, target: Target) -> Iterator[tuple[str, Log]]:
        """The log of a target: its path below the root, and what takes its lines. Raises InputError."""
        suffix = "" if target.platform == self.platform else "-" + target.platform.replace("/", "-")
        path = self.workspace.state / FOLDER / f"{target.image}{suffix}.log"
        shown = str(path.relative_to(self.workspace.root))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w", encoding="utf-8", errors="replace", buffering=1)
        except OSError as error:
            raise _unwritable(shown, error) from error
        try:
            yield shown, _lines_of(file, shown)
        finally:
            with suppress(OSError):  # told of when the line was written
                file.close()


def _lines_of(file: TextIO, shown: str) -> Log:
    def take(line: str) -> None:
        try:
            print(line, file=file)
        except OSError as error:
            raise _unwritable(shown, error) from error

    return take


def _unwritable(shown: str, error: OSError) -> InputError:
    problem = f"the log cannot be written: {(error.strerror or str(error)).lower()}"
    return InputError([Fault(Place(shown), problem, "correct that, then run this again")])
